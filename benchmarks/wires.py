"""``python -m benchmarks.wires``: the wires of one layer of a build, placed alone on the 85F.

What limits a large design is less its LUT4 than the wires between them: nextpnr finds ways for all
or does not end. A net takes at least the tree that joins the places of its pins. Such trees are
summed up for the nets of a name, with ``*`` for numbers, longest first.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

from benchmarks.packing import placed
from boards.catalogue import board
from hw.design.stages.stage import stage
from hw.emit.floorplan import Place, place_of
from hw.flow.request import NETWORK, PLAN
from hw.network import archive
from hw.plan import archive as plans
from hw.plan import graph
from hw.plan.plan import Plan
from model import options
from model.options import Parser
from model.refusal import Refusal, refusing

SHOWN = 15
"""Names that are shown."""

FIXED = ("CLK", "CLKA", "CLKB", "WCK", "LSR", "FCI", "FCO")
"""Pins of clocks and carries, which have wires of their own, and of resets that nothing drives."""

_NUMBERS = re.compile(r"\[\d+\]|\d+")


@dataclass(frozen=True, kw_only=True)
class Wires:
    """Nets of one name: their number, the pins that read them, and the tiles that they reach over.
    """

    name: str
    nets: int
    pins: int
    tiles: int


def wires(module: Mapping[str, Any]) -> list[Wires]:
    """The wires of a placed module by name, longest first."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for name, places in _nets(module):
        found[_NUMBERS.sub("*", name)].append((len(places) - 1, tree(places)))
    every = [
        Wires(name=name, nets=len(nets), pins=sum(pins for pins, _ in nets),
              tiles=sum(tiles for _, tiles in nets))
        for name, nets in found.items()
    ]  # fmt: skip
    return sorted(every, key=lambda one: (-one.tiles, one.name))


def tree(places: Sequence[Place]) -> int:
    """Tiles of the shortest tree that joins some places in lines along rows and columns."""
    points = np.unique(np.array(places), axis=0)
    return int(minimum_spanning_tree(cdist(points, points, "cityblock")).sum())


def _nets(module: Mapping[str, Any]) -> Iterator[tuple[str, list[Place]]]:
    """Every net that a placed cell drives and another reads: its name, the place of the pin that
    drives it, and those of the pins that read it."""
    drives: dict[int, Place] = {}
    reads: dict[int, list[Place]] = defaultdict(list)
    for cell in module["cells"].values():
        if (place := place_of(cell)) is None:
            continue
        for pin, bits in cell["connections"].items():
            for bit in bits if pin not in FIXED else ():
                if cell["port_directions"][pin] == "output":
                    drives[bit] = place
                else:
                    reads[bit].append(place)
    names: dict[int, str] = {}
    for name, net in module["netnames"].items():
        for bit in net["bits"]:
            names.setdefault(bit, name)
    for bit, places in reads.items():
        if bit in drives:
            yield names[bit], [drives[bit], *places]


def table(found: Sequence[Wires]) -> Table:
    """The longest, and all."""
    made = Table("net", "nets", "pins", "tiles", "a net")
    for column in made.columns[1:]:
        column.justify = "right"
    total = Wires(
        name="all", nets=sum(one.nets for one in found), pins=sum(one.pins for one in found),
        tiles=sum(one.tiles for one in found),
    )  # fmt: skip
    for one in (*found[:SHOWN], total):
        made.add_row(one.name, f"{one.nets:,}", f"{one.pins:,}", f"{one.tiles:,}",
                     f"{one.tiles / max(one.nets, 1):.1f}")
    return made


def planned(folder: Path) -> Plan:
    """The plan of a build folder.

    Raises
    ------
    Refusal
        It has none.
    """
    try:
        told = json.loads((folder / PLAN).read_text())
        target = board(told["board"])
        (device,) = (each for each in target.devices.values() if each.name == told["device"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Refusal(f"{folder}: no build folder with a {PLAN}; hw.build writes one, with "
                      "--stop-after plan in seconds") from None
    return plans.read(folder / PLAN, archive.load(folder / NETWORK), target, device)


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Place one layer and print its wires."""
    parser = Parser(prog="python -m benchmarks.wires", description=__doc__)
    parser.add_argument("build", type=options.path("BUILD"), help="a build folder of hw.build")
    parser.add_argument("--layer", required=True, help="the layer that is placed, minutes")
    given = parser.parse_args(argv)
    plan = planned(given.build)
    network, foldings = plan.network, plan.foldings
    names = [layer.name for layer in graph.layers(network)]
    if given.layer not in names:
        raise Refusal(f"--layer {given.layer}: the layers are {', '.join(names)}")
    number = names.index(given.layer)
    component = stage(
        graph.layers(network)[number], foldings[number], graph.formats(network)[number],
        graph.arriving(network, foldings, plan.entry)[number],
    )
    Console().print(table(wires(placed(component))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
