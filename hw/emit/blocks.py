"""Words of block memory, read from DP16KD cells as the device reads them.

The layout is that of Lattice FPGA-TN-02204 and not taken from the core that packs it: a block is
2,048 bytes of 9 bits. An INITVAL parameter is 16 pairs of them, a pair in the low 18 of every 20
bits. A port of 18 bits reads pair ``A[13:4]``, one of 9 byte ``A[13:3]``; narrower ones read a part
of the low 8 bits of a byte, told by ``A[2]``, ``A[2:1]`` or ``A[2:0]``.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hw.emit.pipeline import Bit
from hw.emit.plain import Words
from hw.emit.tools import YOSYS, run

CELL = "DP16KD"
LOG, READ = "blocks.log", "blocks.json"

PINS = 14
"""Address pins of a port."""

FIXED: dict[str, list[Bit]] = {"WE": ["0"], "RST": ["0"], "CS0": ["0"], "CS1": ["0"], "CS2": ["0"]}
"""Constant inputs of a port that is selected and only read."""

WIDTHS = (1, 2, 4, 9, 18)
"""Bits that a port can have."""


class Unreadable(Exception):
    """A block memory whose connections or modes are not those of constants read in two cycles."""


def modules(folder: Path, rtlil: str, names: Mapping[str, Words]) -> dict[str, Any]:
    """The modules called ``names`` of a design's RTLIL, as yosys writes them in JSON.

    yosys works in ``folder``.
    """
    text = "\n".join(body for name, body in texts(rtlil) if name in names)
    (folder / "blocks.il").write_text(text)
    (folder / "blocks.ys").write_text(
        f"read_rtlil blocks.il\nproc\nopt_clean\nwrite_json {READ}\n"
    )
    run(YOSYS, "-q", "blocks.ys", folder=folder, log=LOG)
    found: dict[str, Any] = json.loads((folder / READ).read_text())["modules"]
    return found


def texts(rtlil: str) -> Iterator[tuple[str, str]]:
    """Name and text of every module of a design."""
    lines: list[str] = []
    name = ""
    for line in rtlil.splitlines():
        lines.append(line)
        if line.startswith("module "):
            name = line.split()[1].lstrip("\\")
        elif line == "end":
            yield name, "\n".join([*lines, ""])
            lines = []


def difference(module: Mapping[str, Any], held: Words) -> str | None:
    """The first wrong word in a module's block memories, as a text; None if all are right.

    Every word is compared with ``held``. The module has nets clk, read, address and data, which may
    be constants.

    Raises
    ------
    Unreadable
        Clock, enables or modes are others than a word after two cycles of ``read`` needs.
    """
    ports = {name: net["bits"] for name, net in module["netnames"].items()}
    count = len(held.words)
    given = _outputs(module, ports, count)
    words = [int(word, 16) for word in held.words]
    if len(ports["data"]) != held.width:
        return f"a word has {len(ports['data'])} bits where {held.width} are to be"
    for place, bit in enumerate(ports["data"]):
        right = np.array([word >> place & 1 for word in words], np.uint8)
        if bit in given:
            found = given[bit]
        elif bit in ("0", "1"):
            found = np.full(count, int(bit), np.uint8)
        else:
            raise Unreadable(f"bit {place} of the data comes from no block")
        if (wrong := np.flatnonzero(found != right)).size:
            at = int(wrong[0])
            return f"bit {place} of word {at} is {found[at]}, and {wrong.size} of {count} differ"
    return None


def _outputs(
    module: Mapping[str, Any], ports: Mapping[str, list[Bit]], count: int
) -> dict[Bit, np.ndarray]:
    """Values of every data pin of every block, one for each address of the module, by the net."""
    given: dict[Bit, np.ndarray] = {}
    for name, cell in module["cells"].items():
        if cell["type"] != CELL:
            raise Unreadable(f"{name} is a cell of the kind {cell['type']}")
        memory = _memory(cell["parameters"])
        for side in "AB":
            if f"CLK{side}" not in cell["connections"]:
                continue
            width = _port(name, cell, side, ports)
            word = _read(memory, width, _addresses(cell["connections"], side, ports, count))
            for k in range(width):
                for net in cell["connections"].get(f"DO{side}{k}", ()):
                    given[net] = (word >> k & 1).astype(np.uint8)
    return given


def _memory(parameters: Mapping[str, str]) -> np.ndarray:
    """The content of a block, 2,048 bytes of 9 bits, from its INITVAL parameters."""
    pairs = []
    for row in range(64):
        value = int(parameters[f"INITVAL_{row:02X}"], 2)
        pairs += [value >> 20 * k & 0x3FFFF for k in range(16)]
    return np.array([half for pair in pairs for half in (pair & 0x1FF, pair >> 9)], np.int64)


def _port(name: str, cell: Mapping[str, Any], side: str, ports: Mapping[str, list[Bit]]) -> int:
    """The width of a port of a block, once its pins and modes have been checked.

    It must be clocked by clk, enabled by read, and have an output register.
    """
    pins, parameters = cell["connections"], cell["parameters"]
    known = {f"{key}_{each}" for key in ("DATA_WIDTH", "REGMODE") for each in "AB"}
    if other := {key for key in parameters if not key.startswith("INITVAL_")} - known:
        raise Unreadable(f"{name} has the parameter {min(other)}")
    read = ports["read"]
    wanted = {**FIXED, "CLK": ports["clk"], "CE": read, "OCE": read}
    for pin, nets in wanted.items():
        if pins.get(f"{pin}{side}" if pin[:2] != "CS" else f"CS{side}{pin[2]}") != nets:
            raise Unreadable(f"{name}: pin {pin} of port {side} is not {_named(nets, ports)}")
    if parameters[f"REGMODE_{side}"] != "OUTREG":
        raise Unreadable(f"{name}: port {side} has no output register")
    width = int(parameters[f"DATA_WIDTH_{side}"], 2)
    if width not in WIDTHS:
        raise Unreadable(f"{name}: port {side} has {width} bits")
    return width


def _named(nets: list[Bit], ports: Mapping[str, list[Bit]]) -> str:
    return next((name for name, bits in ports.items() if bits == nets), str(nets[0]))


def _addresses(
    pins: Mapping[str, list[Bit]], side: str, ports: Mapping[str, list[Bit]], count: int
) -> np.ndarray:
    """The address at a port's pins for every address of the module."""
    asked, found = np.arange(count), np.zeros(count, np.int64)
    for k in range(PINS):
        (net,) = pins[f"AD{side}{k}"]
        if net in ports["address"]:
            bit = asked >> ports["address"].index(net) & 1
        elif net in ("0", "1"):
            bit = np.full(count, int(net))
        else:
            raise Unreadable(f"pin AD{side}{k} is no bit of the address")
        found |= bit << k
    return found


def _read(memory: np.ndarray, width: int, addresses: np.ndarray) -> np.ndarray:
    """The words that a port of ``width`` bits reads at some addresses."""
    byte = memory[addresses >> 3]
    if width == 18:
        pair = addresses >> 4
        return memory[2 * pair] | memory[2 * pair + 1] << 9
    if width == 9:
        return byte
    part = (addresses & 7) // width  # its index in the byte, in units of the width
    return byte >> part * width & (1 << width) - 1
