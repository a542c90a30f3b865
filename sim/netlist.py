"""The synthesised netlist of a board as a design that simulates, at its pins and at its layers.

Beside the pins the top gets three kinds of ports, which change nothing while ``direct`` is 0: the
stream ``i`` into the first layer and ``o`` out of the last one, so that images need not come over
the serial line, and a stream ``layer_<name>`` that shows what each layer hands on.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from amaranth import Shape

from hw.design.accelerator import Accelerator
from hw.design.adjustable import Adjustable
from hw.design.top import LAYERS
from hw.design.tops import top
from hw.emit import synth
from hw.emit.families import family
from hw.emit.project import platform, project
from hw.emit.synth import Synthesis
from hw.emit.tools import Failure
from hw.network.network import Network
from hw.plan import graph, memory
from hw.plan.plan import Plan
from sim.cells import simulated
from sim.models.fabric import Bits, Part
from sim.probes import TOP, Probes, Tap, Thresholding
from sim.verilate import BRIEF, Model, Waves, build

DIRECT = "direct"
"""The port that, while 1, takes the first layer's input and the last one's output to ports."""

RESET = 8192
"""Cycles without an image after power-up: more than the reset of any board takes at any clock. Of
an image that comes before its end the first pixels are lost, and the last layer waits for ever."""

_PINS = {r"uart_\d+__rx__io": "rx", r"uart_\d+__tx__io": "tx", r"clk\w*__io": "clk"}
"""Names of pins, by the patterns of Amaranth's names."""

_LED = re.compile(r"led_(\d+)__io")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A netlist to compile with `sim.verilate.build`, what can be seen in it, and the pixels of a
    beat that enters."""

    verilog: str
    probes: Probes
    entry: int

    def model(self, *, waves: Waves | None = None) -> Model:
        """The compiled netlist; raises as `sim.verilate.build` does."""
        return build(self.verilog, public=self.probes.public, waves=waves, optimise=BRIEF)


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
    opened = _Top(design["modules"], made, plan)
    opened.open()
    return Bench(
        verilog=simulated(design, family(plan.board)),
        probes=Probes(tuple(opened.taps()), ()),
        entry=plan.entry,
    )


def entering(network: Network, images: np.ndarray, together: int) -> np.ndarray:
    """uint8 (beats, bytes): what the input table makes of images (N, C, H, W), ``together`` pixels
    a beat, as the first layer takes it: elements of `hw.plan.memory.element_bits`, packed."""
    width = memory.element_bits(network.inputs)
    table = network.table
    channels = images.shape[1]
    looked = np.stack([table[c][images[:, c]] for c in range(channels)], axis=-1)
    codes = looked > 0 if width == 1 else looked
    elements = codes.astype(np.int64).reshape(-1, together * channels)
    bits = elements[:, :, None] >> np.arange(width) & 1
    return np.packbits(bits.reshape(len(elements), -1) > 0, axis=1, bitorder="little")


def synthesised(plan: Plan, folder: Path, adjustable: Adjustable | None = None) -> Synthesis:
    """Make the netlist of a plan's board in a folder; with ``adjustable`` one that can be given
    other clocks.

    Raises
    ------
    Refusal
        yosys is missing.
    Failure
        It did not succeed.
    """
    devices = plan.board.devices.items()
    variant = next(name for name, device in devices if device == plan.device)
    whole = project(top(plan, Accelerator(plan), adjustable), platform(plan.board, variant))
    whole.write(folder)
    keep = [f"{LAYERS}.{stage.name}" for stage in plan.stages]
    return synth.synthesise(family(plan.board), folder, whole.sources, keep)


class _Top:
    """The module ``top`` of a netlist while ports are added to it."""

    def __init__(self, modules: dict[str, Part], made: Synthesis, plan: Plan) -> None:
        self._module, self._streams = modules["top"], made.streams
        self._plan = plan
        self._layers = graph.layers(plan.network)
        # Bits of a beat that each layer hands on.
        self._handed = [
            layer.handed(folding, formats)
            for layer, folding, formats in graph.folded(plan.network, plan.foldings)
        ]
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
        for number, layer in enumerate(self._layers):
            if not layer.heads:
                self._show(number)
        self._leave(direct[0])

    def taps(self) -> Iterator[Tap]:
        """Taps of what each layer of bits hands on: of integers some bits may be constants, which
        no port shows."""
        for layer, width in zip(self._layers, self._handed, strict=True):
            if not isinstance(layer, Thresholding):
                continue
            part = f"{TOP}/{_stream(layer.name)}"
            yield Tap(layer, "pool" if layer.pool else "bit", part, width)

    def _enter(self, direct: int | str) -> None:
        first = self._stages[0]
        network = self._plan.network
        width = self._plan.entry * network.input_shape[0] * memory.element_bits(network.inputs)
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
        self._port("o__valid", "output", self._valid(len(self._stages) - 1))
        ready = self._port("o__ready", "input", 1)
        pin = _name(last, "o__ready")
        last["connections"][pin] = self._mux(direct, last["connections"][pin], ready)

    def _show(self, number: int) -> None:
        """Add a port for the stream from one layer to the next."""
        cell, name = self._stages[number], _stream(self._layers[number].name)
        payload = self._payload(number, self._handed[number])
        self._port(f"{name}__payload", "output", payload)
        self._port(f"{name}__valid", "output", self._valid(number))
        self._port(f"{name}__ready", "output", _pins(cell, "o__ready"))

    def _valid(self, number: int) -> Bits:
        """The net of the valid that a layer hands on."""
        stage = self._plan.stages[number].name
        (place,) = self._streams[f"{LAYERS}.{stage}"].get("valid", [[]])
        if not place:
            raise Failure(f"{stage} has no pin o__valid")
        return [self._stages[number]["connections"][place[0]][place[1]]]

    def _payload(self, number: int, width: int) -> Bits:
        """Nets of a layer's payload, in order; a constant among them is undefined."""
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
    direction = "output" if prefix == "i__ready" else "input"
    found = [pin for pin in cell["connections"] if pin.partition("$")[0] == prefix
             and cell["port_directions"][pin] == direction]
    if len(found) != 1:
        raise Failure(f"{cell['type']} has no pin {prefix}")
    return found[0]


def _pins(cell: Part, prefix: str) -> Bits:
    bits: Bits = cell["connections"][_name(cell, prefix)]
    return bits
