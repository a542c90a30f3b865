"""Registers right behind block memories of ECP5, as the memories' own output registers.

A memory's word comes late in the cycle (5.8 ns at speed grade 6, 1.0 ns behind its own register),
so that a register that reads it must be near. yosys maps a memory without that register."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hw.emit.family import Modules, Netlist

MEMORY, REGISTER = "DP16KD", "TRELLIS_FF"
OUTPUTS = 18
"""Pins that a side of a memory gives a word at."""

WIDE = 36
"""Bits of a port that takes the pins of both sides."""

_PLAIN = {"CEMUX": "1", "CLKMUX": "CLK", "REGSET": "RESET"}
"""Parameters of a register that always takes what comes, and is 0 before."""


def absorb(modules: Modules) -> int:
    """Make the registers behind memories their own, where all that a port gives goes into one and
    nowhere else, always and with the same clock; returns the number of registers."""
    return sum(map(_absorb, modules.values()))


def _absorb(module: Mapping[str, Any]) -> int:
    cells, readers = module["cells"], _readers(module)
    gone: set[str] = set()
    for memory in [cell for cell in cells.values() if cell["type"] == MEMORY]:
        for sides in _ports(memory):
            behind = _behind(memory, sides, cells, readers)
            for pin, name in behind.items():
                memory["connections"][pin] = cells[name]["connections"]["Q"]
                gone.add(name)
            for side in sides if behind else ():
                memory["parameters"][f"REGMODE_{side}"] = "OUTREG"
                memory["connections"][f"OCE{side}"] = ["1"]
    for name in gone:
        del cells[name]
    return len(gone)


def _readers(module: Mapping[str, Any]) -> Mapping[int | str, Sequence[str]]:
    """The cells that read each net, once for every pin; "" is one outside the module."""
    readers: dict[int | str, list[str]] = defaultdict(list)
    for name, cell in module["cells"].items():
        for pin, bits in cell["connections"].items():
            if cell["port_directions"][pin] == "input":
                for bit in bits:
                    readers[bit].append(name)
    for port in module["ports"].values():
        for bit in port["bits"]:
            readers[bit].append("")
    return readers


def _behind(
    memory: Mapping[str, Any], sides: Sequence[str], cells: Netlist,
    readers: Mapping[int | str, Sequence[str]],
) -> dict[str, str]:
    """The registers behind a port by the memory's pin that each takes; none where anything else
    reads the port."""
    found: dict[str, str] = {}
    for pin in (f"DO{side}{k}" for side in sides for k in range(OUTPUTS)):
        for name in (name for bit in memory["connections"].get(pin, ()) for name in readers[bit]):
            if pin in found or not name or not _follows(cells[name], memory, sides[0]):
                return {}
            found[pin] = name
    return found


def _ports(memory: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    """The sides of a memory that give words without a register and always; both, if they are one
    port."""
    widths = [memory["parameters"].get(f"DATA_WIDTH_{side}", "0") for side in "AB"]
    plain = [side for side in "AB" if _always(memory, side)]
    if WIDE not in {int(width, 2) for width in widths}:
        yield from plain
    elif len(plain) == 2 and memory["connections"]["CLKA"] == memory["connections"]["CLKB"]:
        yield plain


def _always(memory: Mapping[str, Any], side: str) -> bool:
    """True if a side reads in every cycle, is never reset, and has no register yet."""
    pins, parameters = memory["connections"], memory["parameters"]
    return (
        pins.get(f"CE{side}") == ["1"]
        and pins.get(f"RST{side}") == ["0"]
        and parameters.get(f"REGMODE_{side}") == "NOREG"
        and parameters.get(f"CLK{side}MUX") == f"CLK{side}"
    )


def _follows(cell: Mapping[str, Any], memory: Mapping[str, Any], side: str) -> bool:
    """True if a cell is a register that always takes what a side of a memory gives."""
    if cell["type"] != REGISTER:
        return False
    pins, parameters = cell["connections"], cell["parameters"]
    plain = all(parameters.get(name, "").strip() == value for name, value in _PLAIN.items())
    still = pins.get("LSR", ["0"]) == ["0"] and pins.get("CE", ["1"]) == ["1"]
    return plain and still and pins["CLK"] == memory["connections"][f"CLK{side}"]
