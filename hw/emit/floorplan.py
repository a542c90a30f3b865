"""A floorplan of block memories: each near where it would be if it could be anywhere.

The placer of nextpnr puts memories into any free place: where nearly all are taken, each is some 30
columns from its logic, and that logic is spread over the device. So a first placement has cells of
logic in their stead, which lie anywhere. Giving each memory one of the places that there are is the
assignment problem, and is solved here.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hw.emit.family import REST, Memory, Netlist, home

Place = tuple[int, int]
"""Column and row on the device."""

Floor = dict[str, dict[Place, int]]
"""Number of cells at each place, of every kept module by its path, and of `REST`."""

FAR = 1.5
"""Exponent of a distance in the cost of an assignment: one long wire costs more than two that are
half as long."""

_BEL = re.compile(r"X(\d+)/?Y(\d+)/")
_PART, _EMPTY = "$part", "$empty"


def free(modules: Mapping[str, Any], memory: Memory, count: int) -> None:
    """Replace all memories of a netlist of yosys by logic, and add ``count`` that nothing is
    connected to: they will lie in all places that the device has."""
    for module in modules.values():
        bits = Counter(_bits(module))
        fresh = 1 + max(bits, default=0)
        for name, cell in list(module["cells"].items()):
            if cell["type"] == memory.kind:
                del module["cells"][name]
                # What is at one pin alone is read by nothing.
                nets = {pin: bit for pin, (bit, *_) in cell["connections"].items() if bits[bit] > 1}
                for number, part in enumerate(memory.instead(nets, fresh)):
                    module["cells"][f"{name}{_PART}{number}"] = part
                    fresh = max(fresh, 1 + max(_ends(part)))
    modules["top"]["cells"] |= {f"{_EMPTY}{k}": memory.empty() for k in range(count)}


def assigned(cells: Netlist, memory: Memory) -> dict[str, str]:
    """Places of all memories by name, each near what was placed instead of it, as of `free`.

    ``cells`` is the placed netlist, as nextpnr writes it.
    """
    parts: dict[str, list[Place]] = {}
    for name, cell in cells.items():
        owner, found, _ = name.partition(_PART)
        if found and (place := place_of(cell)) is not None:
            parts.setdefault(owner, []).append(place)
    empty = [cell for cell in cells.values() if cell["type"] == memory.kind]
    if not parts:
        return {}
    from scipy.optimize import linear_sum_assignment  # takes a third of a second to read

    wanted = np.array([np.mean(places, axis=0) for places in parts.values()])
    there = np.array([place_of(cell) for cell in empty])
    distances = np.abs(wanted[:, None] - there[None]).sum(axis=2)
    rows, columns = linear_sum_assignment(distances**FAR)
    names = list(parts)
    return {names[row]: empty[column]["attributes"]["NEXTPNR_BEL"]
            for row, column in zip(rows, columns, strict=True)}


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
        if (place := place_of(cell)) is not None:
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


def place_of(cell: Mapping[str, Any]) -> Place | None:
    """Where a cell is in a placed netlist as nextpnr writes it; None: nowhere yet."""
    found = _BEL.match(cell["attributes"].get("NEXTPNR_BEL", ""))
    return (int(found[1]), int(found[2])) if found else None


def _bits(module: Mapping[str, Any]) -> list[int]:
    """Numbers of the nets at all ports and pins of a module."""
    ports = [bit for port in module["ports"].values() for bit in port["bits"]]
    bits = [bit for bit in ports if isinstance(bit, int)]
    return bits + [bit for cell in module["cells"].values() for bit in _ends(cell)]


def _ends(cell: Mapping[str, Any]) -> list[int]:
    """Numbers of the nets at a cell's pins."""
    return [bit for bits in cell["connections"].values() for bit in bits if isinstance(bit, int)]
