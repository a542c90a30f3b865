"""A floorplan of block memories: each near the cells it is connected to, by a first placement.

The placer of nextpnr puts memories into any free place: where nearly all are taken, each is some 30
columns from its logic, and that logic is spread over the device. Giving each memory one of the
places is the assignment problem, and is solved here.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hw.emit.family import REST, Netlist, home

Place = tuple[int, int]
"""Column and row on the device."""

Floor = dict[str, dict[Place, int]]
"""Number of cells at each place, of every kept module by its path, and of `REST`."""

EVERYWHERE = 40
"""Ends of a net from which it has no influence on a memory's place."""

FAR = 1.5
"""Exponent of a distance in the cost of an assignment: one long wire costs more than two that are
half as long."""

_BEL = re.compile(r"X(\d+)/?Y(\d+)/")


def assigned(cells: Netlist, kind: str, common: tuple[str, ...]) -> dict[str, str]:
    """New places of all cells of one type, by the cell's name: the old ones, assigned anew.

    Parameters
    ----------
    cells : a placed netlist, as nextpnr writes it.
    kind : type of the cells, such as "DP16KD".
    common : prefixes of pins whose nets go to nearly every cell, which are ignored.
    """
    places = {name: place for name, cell in cells.items() if (place := _place(cell)) is not None}
    names = [name for name, cell in cells.items() if cell["type"] == kind]
    bels = [cells[name]["attributes"]["NEXTPNR_BEL"] for name in names]
    if not names:
        return {}
    from scipy.optimize import linear_sum_assignment  # takes a third of a second to read

    nets = _nets(cells, places, kind)
    wanted = np.array([_wanted(cells[name], nets, places[name], common) for name in names])
    there = np.array([places[name] for name in names])
    distances = np.abs(wanted[:, None] - there[None]).sum(axis=2)
    rows, columns = linear_sum_assignment(distances**FAR)
    return {names[row]: bels[column] for row, column in zip(rows, columns, strict=True)}


def fix(modules: Mapping[str, Mapping[str, Any]], bels: Mapping[str, str]) -> None:
    """Write places of cells into a netlist of yosys, as the attribute BEL that nextpnr obeys.

    Modules are named by their instance path from top; ``bels`` are by cell, as of `assigned`.
    """
    for path, module in modules.items():
        if path == "top" or path.startswith("top."):
            before = path.removeprefix("top").removeprefix(".")
            for name, cell in module["cells"].items():
                if bel := bels.get(f"{before}.{name}".removeprefix(".")):
                    cell.setdefault("attributes", {})["BEL"] = bel


def occupied(cells: Netlist, keep: Sequence[str]) -> Floor:
    """Where the cells of every kept module are, in a placed netlist as nextpnr writes it."""
    found: dict[str, Counter[Place]] = {path: Counter() for path in (*keep, REST)}
    for name, cell in cells.items():
        if (place := _place(cell)) is not None:
            found[home(name, keep)][place] += 1
    return {path: dict(places) for path, places in found.items()}


def write(path: Path, floor: Floor) -> None:
    """Write a floor as JSON: of every module a list of column, row and number of cells."""
    kept = {name: [[*place, count] for place, count in sorted(places.items())]
            for name, places in floor.items()}
    path.write_text(json.dumps(kept) + "\n")


def read(path: Path) -> Floor:
    """The floor that `write` wrote."""
    return {name: {(x, y): count for x, y, count in places}
            for name, places in json.loads(path.read_text()).items()}


def _place(cell: Mapping[str, Any]) -> Place | None:
    found = _BEL.match(cell["attributes"].get("NEXTPNR_BEL", ""))
    return (int(found[1]), int(found[2])) if found else None


def _nets(cells: Netlist, places: Mapping[str, Place], kind: str) -> dict[int, list[Place]]:
    """Places of the cells that every net ends in, those of ``kind`` left out."""
    nets: dict[int, list[Place]] = {}
    for name, cell in cells.items():
        if cell["type"] != kind and name in places:
            for net in _ends(cell, ()):
                nets.setdefault(net, []).append(places[name])
    return nets


def _wanted(
    cell: Mapping[str, Any], nets: Mapping[int, list[Place]], place: Place, common: tuple[str, ...]
) -> np.ndarray:
    """The best place for a memory: over its pins, the median of the mean of each net's other ends.

    Column and row, float (2,); its present place where no net has another end.
    """
    ends = [nets.get(net, []) for net in _ends(cell, common)]
    pins = [np.mean(each, axis=0) for each in ends if 0 < len(each) < EVERYWHERE]
    return np.median(pins, axis=0) if pins else np.array(place, float)


def _ends(cell: Mapping[str, Any], without: tuple[str, ...]) -> Iterator[int]:
    connections: Iterable[tuple[str, list[int | str]]] = cell["connections"].items()
    for pin, bits in connections:
        if not pin.startswith(without):
            yield from (bit for bit in bits if isinstance(bit, int))
