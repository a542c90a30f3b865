"""Energy of a frame by layer and operator, in three accounts, beside the paper's figure."""

from collections.abc import Callable, Mapping, Sequence

from hw.emit.energy import PICOJOULE, Energy, account
from hw.emit.page.blocks import Block, Table, Text
from hw.emit.page.section import Section, Told
from hw.emit.paper import nearest
from hw.emit.report import Report
from hw.emit.sections.section import SMALL
from hw.network.nodes.operations import KINDS, Operations

Accounts = Callable[[Energy], list[str]]
"""Texts of the three accounts of an energy."""

ACCOUNTS = ("paper", "with counters", "activity")
BY_LAYER = ("layer", *ACCOUNTS, "share")
BY_OPERATOR = ("operator", "energy of one", "in a frame", "toggled", *ACCOUNTS)

OPERATORS: Mapping[str, str] = {
    "xnor": "XNOR", "count": "counter", "compare": "comparator", "multiply": "multiplier",
    "add": "adder",
}
"""Names of the operators of the paper's table 1."""


def blocks(told: Told) -> Sequence[Block]:
    report = told.report
    total = sum((layer.operations for layer in report.layers), Operations())
    toggles = [layer.toggled for layer in report.layers]
    toggled = sum((each for each in toggles if each), Operations()) if all(toggles) else None
    unit, accounts = _scaled(report.energy)
    layers = [[layer.name, *accounts(layer.energy), f"{layer.share:.1%}"]
              for layer in report.layers]
    return [
        Text(text=report.energy_note),
        Text(text="Paper: XNORs and comparators alone, as the paper's tables add up. With "
                  "counters: every operator; shares are of this account. Activity: what toggled in "
                  "the simulation"
                  f"{'' if report.energy.activity is not None else ', which was not run'}. "
                  f"{_printed(report, total)}"),
        Table(caption=f"Energy of a frame in {unit}, by layer", columns=BY_LAYER,
              rows=[*layers, ["all", *accounts(report.energy), "100.0%"]],
              shares={number: layer.share for number, layer in enumerate(report.layers)},
              marked={len(layers): ""}),
        Table(caption=f"Energy of a frame in {unit}, by operator", columns=BY_OPERATOR,
              rows=_operators(total, toggled, accounts)),
        Table(caption=f"Energy of a frame in {unit}, by layer and operator", folded=True,
              columns=("layer", *BY_OPERATOR), rows=[
                  [layer.name, *row] for layer in report.layers
                  for row in _operators(layer.operations, layer.toggled, accounts)]),
    ]  # fmt: skip


def _printed(report: Report, total: Operations) -> str:
    """The paper's figure for this network, or for the one that is nearest to it in size."""
    if not total.xnor:
        return ""
    net = nearest(total.xnor)
    if net.xnors == total.xnor:
        return f"The paper prints {net.printed} uJ for this network, {net}."
    return (
        f"The paper has no figure for this network of {total.xnor:,} XNORs. It prints "
        f"{net.printed} uJ for the one nearest in size, {net}, of {net.xnors:,}."
    )


def _operators(
    done: Operations, toggled: Operations | None, accounts: Accounts
) -> list[list[str]]:
    """A row for every operator that is there: operations and energies in the three accounts."""
    return [
        [OPERATORS[kind], f"{PICOJOULE[kind] * 1e3:g} fJ", f"{getattr(done, kind):,}",
         "-" if toggled is None else f"{getattr(toggled, kind):,}",
         *accounts(account(_only(done, kind), toggled and _only(toggled, kind)))]
        for kind in KINDS if getattr(done, kind)
    ]  # fmt: skip


def _only(operations: Operations, kind: str) -> Operations:
    return Operations(**{kind: getattr(operations, kind)})


def _scaled(whole: Energy) -> tuple[str, Accounts]:
    """A unit for all figures of a network, and the figures of any part of it in that unit; "-" for
    what is not known, or not in an account."""
    unit, scale = ("uJ", 1e6) if whole.counter >= SMALL else ("nJ", 1e9)

    def accounts(energy: Energy) -> list[str]:
        return [f"{each * scale:,.4g}" if each else "-"
                for each in (energy.paper, energy.counter, energy.activity)]

    return unit, accounts


SECTION = Section(order=7, heading="Energy", blocks=blocks)
