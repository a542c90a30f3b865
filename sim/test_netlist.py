"""The synthesised netlist of small boards: its layers, its pins, and faults planted in it.

The faults are in the netlist all the time, each behind a pin of its own that turns it on: so all of
them cost one compilation.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boards.catalogue import board, device
from hw.design.top import LAYERS
from hw.emit import synth
from hw.emit.tools import Failure
from hw.flow.job import PLAN
from hw.flow.taken import BELOW
from hw.network.fold import fold
from hw.network.reference import Reference
from hw.plan.archive import read
from hw.plan.latency import latency
from hw.plan.plan import Plan
from model.checkpoint import load
from sim import netlist, pins
from sim.cosimulate import Cosimulation, cosimulate
from sim.levels import listed
from sim.netlist import RESET, Bench, bench, synthesised
from sim.random_networks import random_images
from sim.roads import CHECKPOINT, OUT, ROADS, copy

VARIANTS = {"ulx3s": "12F", "icebreaker": "UP5K"}
"""Devices of the roads."""

PLANTS = ("reset", "tx", "layer", "score")
"""Faults: the PLL's lock inverted, the serial output stuck at 1, a bit of the first layer's and one
of the scores inverted."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """The synthesised board of a road (`sim.roads`), with its faults planted."""

    plan: Plan
    bench: Bench
    images: np.ndarray


@cache
def made(name: str, base: Path) -> Made:
    folder = copy(name, base, base / f"netlist-{name}")
    checkpoint, out, target = load(folder / CHECKPOINT), folder / OUT, board(name)
    planned = read(out / PLAN, fold(checkpoint), target, device(target, VARIANTS[name]))
    synthesis, path = synth.read(out / BELOW), out / BELOW / synth.NETLIST
    design = json.loads(path.read_text())
    plant(design["modules"], planned)
    path.write_text(json.dumps(design))
    known = netlist._PINS
    try:
        netlist._PINS = known | {f"plant_{fault}": f"plant_{fault}" for fault in PLANTS}
        opened = bench(path, synthesis, planned)
    finally:
        netlist._PINS = known
    return Made(plan=planned, bench=opened, images=random_images(checkpoint, 6))


def plant(modules: dict[str, Any], planned: Plan) -> None:
    """Add every fault of `PLANTS` to a netlist, each enabled by an input of the board."""
    top = modules["top"]
    cells = top["cells"]
    buffer, into = {"ecp5": ("TRELLIS_IO", "I"), "ice40": ("SB_IO", "D_OUT_0")}[
        planned.board.family.name
    ]
    pll = next(cell for cell in cells.values() if cell["type"] in ("EHXPLLL", "SB_PLL40_PAD"))
    serial = next(cell for name, cell in cells.items()
                  if name.startswith("tx") and cell["type"] == buffer)
    first, *_, last = (cells[f"{LAYERS}.{stage.name}"] for stage in planned.stages)
    behind(top, pll, "LOCK", "$xor", "plant_reset")
    before(top, serial, into, "$or", "plant_tx")
    for layer, fault in ((first, "plant_layer"), (last, "plant_score")):
        module = modules[layer["type"]]
        behind(module, *driver(module, "o__payload"), "$xor", fault)
        layer["connections"][fault] = new_input(top, fault)
        layer["port_directions"][fault] = "input"


def driver(module: dict[str, Any], stream: str) -> tuple[dict[str, Any], str]:
    """The cell that drives the lowest bit of a stream that comes first at its pin, and the pin."""
    wanted = next(net["bits"] for name, net in module["netnames"].items()
                  if name.partition("$")[0] == stream)
    for bit in wanted:
        for cell in module["cells"].values():
            for pin, bits in cell["connections"].items():
                if cell["port_directions"][pin] == "output" and bits[:1] == [bit]:
                    return cell, pin
    raise AssertionError(f"nothing drives {stream}")


def new_input(module: dict[str, Any], name: str) -> list[int]:
    """Add an input to a module."""
    bits = [fresh(module)]
    module["ports"][name] = {"direction": "input", "bits": bits}
    module["netnames"][name] = {"hide_name": 0, "bits": bits, "attributes": {}}
    return bits


def gate(top: dict[str, Any], kind: str, fault: str, a: Any, y: Any) -> None:
    (control,) = new_input(top, fault)
    widths = {name: f"{1:032b}" for name in ("A_WIDTH", "B_WIDTH", "Y_WIDTH")}
    signs = {name: f"{0:032b}" for name in ("A_SIGNED", "B_SIGNED")}
    top["cells"][f"{fault}_gate"] = {
        "hide_name": 0, "type": kind, "parameters": widths | signs,
        "port_directions": {"A": "input", "B": "input", "Y": "output"},
        "connections": {"A": [a], "B": [control], "Y": [y]},
    }  # fmt: skip


def behind(top: dict[str, Any], cell: dict[str, Any], pin: str, kind: str, fault: str) -> None:
    """Insert a gate after the first bit of a cell's output."""
    old, new = cell["connections"][pin][0], fresh(top)
    cell["connections"][pin][0] = new
    gate(top, kind, fault, new, old)


def before(top: dict[str, Any], cell: dict[str, Any], pin: str, kind: str, fault: str) -> None:
    """Insert a gate before the first bit of a cell's input."""
    old, new = cell["connections"][pin][0], fresh(top)
    cell["connections"][pin][0] = new
    gate(top, kind, fault, old, new)


def fresh(top: dict[str, Any]) -> int:
    """The number of a new net."""
    bits = [bit for net in top["netnames"].values() for bit in net["bits"]]
    for cell in top["cells"].values():
        bits += [bit for pin in cell["connections"].values() for bit in pin]
    bits += [bit for port in top["ports"].values() for bit in port["bits"]]
    return 1 + max(bit for bit in bits if isinstance(bit, int))


@pytest.fixture(params=ROADS)
def one(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    name: str = request.param
    return made(name, tmp_path_factory.getbasetemp())


def run(one: Made, *plants: str, stall: float = 0.0) -> Cosimulation:
    high = [f"plant_{fault}" for fault in plants]
    return cosimulate(one.bench, one.plan.network, one.images, stall=stall, high=high)


def test_every_score_is_the_reference_s_in_the_planned_cycles(one: Made) -> None:
    found = run(one)
    assert len(found.differing) == 0
    expected = Reference(one.plan.network).run(one.images)
    assert (found.scores == expected.scores).all() and (found.classes == expected.classes).all()
    assert found.cycles_per_frame == one.plan.interval
    # The input table, which is outside the layers, takes a cycle.
    planned = latency(one.plan.network, one.plan.foldings, one.plan.entry)
    assert found.latency_cycles == planned - 1


def test_stalls_change_nothing(one: Made) -> None:
    assert len(run(one, stall=0.4).differing) == 0


def test_the_first_wrong_bit_of_a_layer_is_named(one: Made) -> None:
    found = run(one, "layer")
    assert found.mismatch is not None
    assert found.mismatch.layer == one.plan.network.products[0].name
    assert found.mismatch.image == found.differing[0]


def test_a_wrong_score_is_named(one: Made) -> None:
    found = run(one, "score")
    assert list(found.differing) == list(range(len(one.images)))
    assert found.mismatch is not None and found.mismatch.layer == one.plan.network.products[-1].name


def test_the_whole_board_answers_at_its_pins(one: Made) -> None:
    pins.exchange(one.bench.model(), one.plan, one.images[:2], edges=RESET)


@pytest.mark.parametrize(
    ("fault", "said"),
    [("reset", "the board sent 0 bytes"), ("tx", "the board sent 0 bytes"),
     ("score", "kind 0x82 of 0 with"), ("layer", "kind 0x82 of 0 with")],
)  # fmt: skip
def test_a_fault_is_seen_at_the_pins(fault: str, said: str, one: Made) -> None:
    with pytest.raises(Failure, match=said):
        pins.exchange(
            one.bench.model(), one.plan, one.images[:1], edges=RESET, high=[f"plant_{fault}"]
        )



ONE_CLASS = [0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1]
"""Decisions for `sim.levels.listed` that `benchmarks.random_networks` has found."""


def test_a_head_of_one_class_is_synthesised(tmp_path: Path) -> None:
    """It makes no decision, and its comparators are counted all the same."""
    assert synthesised(listed(ONE_CLASS).plan, tmp_path).total.lut > 0
