"""Synthesis with yosys, and the cells, resources and gates of every kept module of the netlist."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from boards.resources import Resources
from hw.emit import gates
from hw.emit.family import REST, Cells, Family
from hw.emit.tools import YOSYS, Failure, Watch, run

NETLIST = "design.json"
LOG = "synth.log"
CELLS = "cells.json"
RESULT = "synth.json"
SCRIPT = "synth.ys"
_PHASES = (
    ("RTLIL frontend", "reading"),
    ("FLATTEN pass", "optimising"),
    ("MEMORY_LIBMAP pass", "mapping memories"),
    ("ABC9 pass", "covering logic with LUT4"),
)
"""Texts that yosys prints when a phase begins, each with the phase's name."""

_NAMES = "rename -hide w:*[[]*"
"""yosys command that renames wires called ``x[0]``, as Amaranth names elements of an array: abc9
takes them for bit 0 of ``x``, and then stops at an assertion (rtlil.cc:3091 of yosys 0.70) or
crashes."""


Streams = dict[str, list[list[Any]]]
"""Ports that carry a module's stream payloads, by ``i`` or ``o`` and the payload's width, and the
``valid`` of what leaves: for every bit the port's name and the bit's index in it, or an empty list
where the bit is a constant."""


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """The mapped netlist, counted per kept module.

    Parameters
    ----------
    modules : number of cells of every kept module, and under `REST` of all others.
    used : resources that these cells take.
    gates : operators of every kept module before mapping, by `hw.emit.gates.KINDS`.
    streams : ports that carry the payloads of every kept module, as `streams_of` gives them.
    """

    modules: dict[str, Cells]
    used: dict[str, Resources]
    gates: dict[str, gates.Gates]
    streams: dict[str, Streams]

    @property
    def total(self) -> Resources:
        return sum(self.used.values(), Resources())


def script(family: Family, sources: Sequence[str], keep: Sequence[str]) -> str:
    """The yosys script of one design.

    ``keep`` are instance paths (``accelerator.conv1``) that stay modules of their own, so that a
    layer can be counted before and after placement; all below them is flattened.
    """
    read = {".v": "read_verilog", ".sv": "read_verilog -sv", ".il": "read_rtlil"}
    lines = [f"{read[Path(source).suffix]} {source}" for source in sources]
    lines += ["hierarchy -top top", *gates.SCRIPT]
    lines += [f"setattr -mod -set keep_hierarchy 1 top.{path}" for path in keep]
    lines += [_NAMES, *family.synthesis, f"tee -q -o {CELLS} stat -json"]
    lines += [f"write_json {NETLIST}"]
    return "\n".join(lines) + "\n"


def synthesise(
    family: Family,
    folder: Path,
    sources: Sequence[str],
    keep: Sequence[str],
    watch: Watch | None = None,
) -> Synthesis:
    """Map the sources in ``folder`` to cells of a family: writes design.json beside them.

    Raises
    ------
    Refusal, Failure
        As `hw.emit.tools.run` does.
    """
    (folder / SCRIPT).write_text(script(family, sources, keep))
    run(YOSYS, SCRIPT, folder=folder, log=LOG, watch=watch)
    modules, operators = _cells(folder, keep), gates.operators(folder)
    counted = gates.count(operators, keep)
    for path in keep:
        counted[path]["flip-flop"] = sum(
            number for kind, number in modules[path].items() if kind.startswith(family.flip_flop)
        )
    finish(family, folder / NETLIST)
    synthesis = Synthesis(
        modules=modules, used=_used(family, folder, keep), gates=counted,
        streams={path: streams_of(operators[f"top.{path}"]) for path in keep},
    )
    (folder / CELLS).unlink()
    (folder / RESULT).write_text(json.dumps(asdict(synthesis), indent=1) + "\n")
    return synthesis


def finish(family: Family, netlist: Path) -> None:
    """Change what a family changes in a netlist that yosys wrote."""
    if family.finish:
        design = json.loads(netlist.read_text())
        family.finish(design["modules"])
        netlist.write_text(json.dumps(design, indent=1) + "\n")


def read(folder: Path) -> Synthesis:
    """The synthesis that `synthesise` left in a folder."""
    kept = json.loads((folder / RESULT).read_text())
    used = {path: Resources(**counts) for path, counts in kept.pop("used").items()}
    return Synthesis(used=used, **kept)


def _used(family: Family, folder: Path, keep: Sequence[str]) -> dict[str, Resources]:
    """Resources of every kept module, and under `REST` of all others."""
    modules: Mapping[str, Any] = json.loads((folder / NETLIST).read_text())["modules"]
    used = dict.fromkeys((*keep, REST), Resources())
    for name, module in modules.items():
        path = name.removeprefix("top.")
        used[path if path in keep else REST] += family.mapped(module["cells"])
    return used


def streams_of(module: Mapping[str, Any]) -> Streams:
    """The ports that carry the payloads of a module's streams.

    A payload that is a concatenation of signals has a port for each of them, and no name of its own
    once the netlist is mapped, nor has a valid that only passes through: this is read from the
    netlist before.
    """
    sides = {"i": "input", "o": "output"}
    streams: Streams = {}
    for side, direction in sides.items():
        places = {
            bit: [name, place] for name, port in module["ports"].items()
            if port["direction"] == direction for place, bit in enumerate(port["bits"])
        }  # fmt: skip
        for name, net in module["netnames"].items():
            bits, called = net["bits"], name.partition("$")[0]
            if any(bit not in places for bit in bits if isinstance(bit, int)):
                continue
            if called == f"{side}__payload":
                streams[f"{side}{len(bits)}"] = [places.get(bit, []) for bit in bits]
            elif called == "o__valid" and side == "o":
                streams["valid"] = [places.get(bit, []) for bit in bits]
    return streams


def _cells(folder: Path, keep: Sequence[str]) -> dict[str, Cells]:
    modules = json.loads((folder / CELLS).read_text())["modules"]
    types = {
        name.lstrip("\\").removeprefix("top."): module["num_cells_by_type"]
        for name, module in modules.items()
    }
    if lost := [path for path in keep if path not in types]:
        raise Failure(f"the netlist has no module {', '.join(lost)}, whose cells are counted")
    kept = {path: types.pop(path) for path in keep}
    rest: Cells = {}
    for cells in types.values():
        for kind, count in cells.items():
            if not kind.lstrip("\\").startswith("top."):
                rest[kind] = rest.get(kind, 0) + count
    return {**kept, REST: rest}


def phase(line: str) -> str | None:
    """The name of the phase that a line of yosys' log begins."""
    return next((name for text, name in _PHASES if f"Executing {text}" in line), None)
