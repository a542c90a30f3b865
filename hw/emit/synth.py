"""Synthesis for ECP5 with yosys, and what every kept module of the netlist consists of."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hw.emit import gates
from hw.emit.tools import YOSYS, Watch, run
from hw.plan.plan import Resources

NETLIST = "design.json"
LOG = "synth.log"
CELLS = "cells.json"
RESULT = "synth.json"
SCRIPT = "synth.ys"
REST = "rest"
"""The name for what lies outside every kept module."""

_PHASES = (
    ("RTLIL frontend", "reading"),
    ("FLATTEN pass", "optimising"),
    ("MEMORY_LIBMAP pass", "mapping memories"),
    ("ABC9 pass", "covering logic with LUT4"),
)
"""What yosys prints when a phase begins, and what to call it."""

_OLD_BOXES = "scratchpad -set abc9.xaiger 1"
"""How abc9 takes carry cells and memories along: the new way of yosys 0.70 stops at an assertion
(rtlil.cc:3091) in some designs; this is the switch it offers back to the old one (yosys pull
request 6174)."""

Cells = dict[str, int]
"""How many cells of each type, by the type's name in the netlist."""


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """Cells of the mapped netlist per kept module, and under `REST` all others.

    ``gates`` are operators per kept module before mapping, by `hw.emit.gates.KINDS`.
    """

    parts: dict[str, Cells]
    gates: dict[str, gates.Gates]

    @property
    def total(self) -> Resources:
        return sum((resources(cells) for cells in self.parts.values()), Resources())


def script(sources: Sequence[str], keep: Sequence[str]) -> str:
    """The yosys script of one design.

    ``keep`` are instance paths (``accelerator.conv1``) that stay modules of their own, so that a
    layer can be counted before and after placement; all below them is flattened. Wide LUTs are
    off: with them popcount logic more than doubles.
    """
    read = {".v": "read_verilog", ".sv": "read_verilog -sv", ".il": "read_rtlil"}
    lines = [f"{read[Path(source).suffix]} {source}" for source in sources]
    lines += ["hierarchy -top top", *gates.SCRIPT]
    lines += [f"setattr -mod -set keep_hierarchy 1 top.{path}" for path in keep]
    lines += [_OLD_BOXES, "synth_ecp5 -nowidelut -top top", f"tee -q -o {CELLS} stat -json"]
    lines += [f"write_json {NETLIST}"]
    return "\n".join(lines) + "\n"


def synthesise(
    folder: Path, sources: Sequence[str], keep: Sequence[str], watch: Watch | None = None
) -> Synthesis:
    """Map the sources in ``folder`` to ECP5 cells: writes design.json beside them.

    Raises
    ------
    Refusal, Failure
        As `hw.emit.tools.run` does.
    """
    (folder / SCRIPT).write_text(script(sources, keep))
    run(YOSYS, SCRIPT, folder=folder, log=LOG, watch=watch)
    parts, counted = _cells(folder, keep), gates.count(folder, keep)
    for path in keep:
        counted[path]["flip-flop"] = parts[path].get("TRELLIS_FF", 0)
    made = Synthesis(parts=parts, gates=counted)
    (folder / CELLS).unlink()
    cut_carries(folder / NETLIST)
    (folder / RESULT).write_text(json.dumps(asdict(made), indent=1) + "\n")
    return made


def cut_carries(netlist: Path) -> int:
    """Leave open both ends of every chain of CCU2C where nothing is passed; returns how many.

    yosys gives each chain's end a net of its own and its beginning a 0, and nextpnr spends two
    LUT4 on leading either: 422 of 8,231 LUT4 on the ends in the MNIST example. A beginning is
    free only where the first half takes no carry, as of the rows that cores name.
    """
    design = json.loads(netlist.read_text())
    cut = 0
    for module in design["modules"].values():
        cells = module["cells"].values()
        ends: Counter[int | str] = Counter()
        for connections in (cell["connections"].values() for cell in cells):
            ends.update(bit for bits in connections for bit in bits)
        ends.update(bit for port in module["ports"].values() for bit in port["bits"])
        for cell in (cell for cell in cells if cell["type"] == "CCU2C"):
            pins = cell["connections"]
            if ends[pins["COUT"][0]] == 1:
                pins["COUT"] = ["x"]
                cut += 1
            if pins["CIN"] == ["0"] and _takes_no_carry(cell) and ends[pins["S0"][0]] == 1:
                pins["CIN"] = ["x"]
                cut += 1
    netlist.write_text(json.dumps(design, indent=1) + "\n")
    return cut


def _takes_no_carry(cell: dict[str, Any]) -> bool:
    """Whether the first half of a carry cell passes none on: f = 0 wherever D = 1, as D is."""
    return cell["connections"]["D0"] == ["1"] and int(cell["parameters"]["INIT0"], 2) < 1 << 8


def read(folder: Path) -> Synthesis:
    """What `synthesise` found the last time."""
    return Synthesis(**json.loads((folder / RESULT).read_text()))


def _cells(folder: Path, keep: Sequence[str]) -> dict[str, Cells]:
    modules = json.loads((folder / CELLS).read_text())["modules"]
    types = {
        name.lstrip("\\").removeprefix("top."): module["num_cells_by_type"]
        for name, module in modules.items()
    }
    parts = {path: types.pop(path, {}) for path in keep}
    rest: Cells = {}
    for cells in types.values():
        for kind, count in cells.items():
            if not kind.lstrip("\\").startswith("top."):
                rest[kind] = rest.get(kind, 0) + count
    return {**parts, REST: rest}


def phase(line: str) -> str | None:
    """The name of the phase that a line of yosys' log begins."""
    return next((name for text, name in _PHASES if f"Executing {text}" in line), None)


def resources(cells: Cells) -> Resources:
    """LUT4, flip-flops and 18 kbit blocks of a synthesised part: a carry cell is two LUT4, and a
    distributed RAM of 16 x 4 takes four of them and two more for its write port."""
    return Resources(
        lut=cells.get("LUT4", 0) + 2 * cells.get("CCU2C", 0) + 6 * cells.get("TRELLIS_DPR16X4", 0),
        ff=cells.get("TRELLIS_FF", 0),
        ebr=cells.get("DP16KD", 0),
    )
