"""A section of a report: the facts of its own that a build keeps for it, and its table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from hw.emit.report import NetlistSimulation, Proofs, Report, Simulation

if TYPE_CHECKING:  # a table of a report needs none of it, and some takes long to import
    from hw.emit.place import Placement
    from hw.emit.synth import Synthesis
    from hw.network.network import Network
    from hw.plan.plan import Plan

SMALL = 1e-7
"""Joules below which an energy is told in nJ."""

BAD = "bold red"
"""The style of what did not hold."""


class Products(Protocol):
    """Products of the steps of a build so far; None for steps it did not come to."""

    @property
    def network(self) -> "Network": ...

    @property
    def plan(self) -> "Plan": ...

    simulation: Simulation | None
    proofs: Proofs | None
    synthesis: "Synthesis | None"
    netlist: NetlistSimulation | None
    placement: "Placement | None"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A kind of section is a module of `hw.emit.sections` whose ``SECTION`` it is.

    Parameters
    ----------
    order : int
        Sections are shown from the lowest to the highest, the last one nearest to the prompt.
    table : the section as a terminal shows it; None where there is nothing to show.
    facts : what ``report.json`` keeps of the products for this section, under its name in
        `Report.sections`, as JSON has it; None for nothing.
    """

    order: int
    table: Callable[[Report], Table | None]
    facts: Callable[[Products], Any] = lambda products: None


def figures_table(title: str, *columns: str) -> Table:
    """An empty table for figures, with a name in the first column."""
    table = Table(
        title=Text(title, style="bold"), title_justify="left", box=SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
    )  # fmt: skip
    for index, name in enumerate(columns):
        table.add_column(name, justify="right" if index else "left", no_wrap=True)
    return table


def energy_text(energy: float) -> str:
    """An energy as a text, in uJ as in the paper, or in nJ below `SMALL`."""
    return f"{energy * 1e6:.4g} uJ" if energy >= SMALL else f"{energy * 1e9:.4g} nJ"
