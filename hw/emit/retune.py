"""Other parameters for cells of a design, in its netlist and in its configuration."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hw.design.adjustable import Settings
from hw.emit.tools import Failure

PLACED = ("", "_LC", "_PLL")
"""Suffixes of nextpnr for the names of cells that it packs."""

CALLED = {"INIT": ("INIT", "LUT_INIT", "INITVAL")}
"""Names of a parameter in the cells of families and of nextpnr."""


def retune(cells: Mapping[str, Any], settings: Settings) -> None:
    """Set parameters of cells by name, as yosys or nextpnr writes them.

    Raises
    ------
    ValueError
        There is no such cell or parameter, or it had a value of another length.
    """
    for path, parameters in settings.items():
        names = [path + behind for behind in PLACED if path + behind in cells]
        if len(names) != 1:
            raise ValueError(f"the netlist has {len(names)} cells {path}")
        has = cells[names[0]]["parameters"]
        for name, value in parameters.items():
            called = [each for each in CALLED.get(name, (name,)) if each in has]
            if len(called) != 1 or len(has[called[0]]) != len(value):
                raise ValueError(f"the cell {names[0]} takes no {name} of {len(value)} bits")
            has[called[0]] = value


def retune_file(folder: Path, name: str, made: str, settings: Settings) -> None:
    """Write a netlist with other parameters of its top's cells.

    Raises
    ------
    Failure
        There is no such cell or parameter.
    """
    design = json.loads((folder / name).read_text())
    try:
        retune(design["modules"]["top"]["cells"], settings)
    except ValueError as error:
        raise Failure(f"no other clock can be given to this design: {error}") from None
    (folder / made).write_text(json.dumps(design))


def changed(configuration: str, before: str, after: str) -> str:
    """A configuration with what differs between two others of the same placement.

    They need not be like it: of a placed design that is read again, nextpnr (0.11.1) writes block
    memories in another order for the iCE40, and leaves out the constants at their pins for the
    ECP5. The tiles of the ECP5 then have lines in any order, and none of bits alone, whose place
    counts.

    Raises
    ------
    ValueError
        It has not what is to be changed.
    """
    was, now = _tiles(before), _tiles(after)
    if was.keys() != now.keys():
        raise ValueError("it has other tiles")
    parts = configuration.split("\n\n")
    other = {name for name in was if was[name] != now[name]}
    for number, part in enumerate(parts):
        name, lines = _tile(part)
        if name in other:
            made = now[name] if lines == was[name] else _replaced(lines, was[name], now[name])
            if made is None:
                raise ValueError(f"{name} has not what is to be changed")
            parts[number] = part.replace(part.strip("\n"), "\n".join([name, *made]))
            other.remove(name)
    if other:
        raise ValueError(f"it has no {', '.join(sorted(other))}")
    return "\n\n".join(parts)


def _tiles(configuration: str) -> dict[str, list[str]]:
    """The lines of every tile by its name."""
    return dict(map(_tile, configuration.split("\n\n")))


def _tile(part: str) -> tuple[str, list[str]]:
    """The name of a tile and its lines."""
    name, *lines = part.strip("\n").split("\n")
    return name, lines


def _replaced(lines: list[str], was: list[str], now: list[str]) -> list[str] | None:
    """Lines in any order with what differs between two others; None where they have not that."""
    gone, come = Counter(was) - Counter(now), Counter(now) - Counter(was)
    if not gone <= Counter(lines) or any(set(line) <= {"0", "1"} for line in (*lines, *now)):
        return None
    return [*(Counter(lines) - gone + come).elements()]
