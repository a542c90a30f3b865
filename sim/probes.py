"""Probes inside an accelerator: the bits of every layer, and signals whose toggles count."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hw.network.network import Network
from hw.plan.graph import layers
from hw.plan.layers.bits import BitsLayer
from hw.plan.layers.elementwise import ElementwiseLayer
from hw.plan.layers.hidden import HiddenLayer
from hw.plan.layers.integers import IntegersLayer
from hw.plan.layers.layer import Layer
from hw.plan.layers.product import ProductLayer
from hw.plan.memory import element_bits
from sim.player import Failure

Kind = Literal["match", "fire", "higher"]
"""Signals by name: agreeing bits of a binary layer's lanes, decisions of its comparators, and the
comparison of the scores."""

Part = Literal["bit", "pool", "integer"]
"""What of a layer a tap shows."""

Thresholding = HiddenLayer | BitsLayer
"""Layers that make bits."""

STREAM = ("payload", "valid", "ready")

TOP = "TOP"
"""The scope of the ports, which are public in every model."""


@dataclass(frozen=True)
class Tap:
    """A stream of the design that carries the map of a node, ``beat`` channels of ``width`` bits a
    beat: a pixel, a part of one, or several; ``path`` is ``scope/stream``."""

    layer: Layer
    part: Part
    path: str
    beat: int
    width: int = 1

    @property
    def node(self) -> str:
        """The node of the network whose map it is."""
        if self.part == "bit" and isinstance(self.layer, Thresholding):
            return self.layer.threshold.name
        return self.layer.output

    @property
    def place(self) -> str:
        """`path` in the simulator, to which a layer's name with a dot is one escaped name."""
        name = self.layer.name
        return self.path.replace(f".{name}.", f".\\{name} .") if "." in name else self.path


@dataclass(frozen=True)
class Toggled:
    """A signal inside the design whose bit changes are counted."""

    layer: str
    kind: Kind
    module: str

    @property
    def path(self) -> str:
        return f"{self.module}/{self.kind}"


@dataclass(frozen=True)
class Probes:
    """Every tap and every counted signal that a design has."""

    taps: tuple[Tap, ...]
    toggled: tuple[Toggled, ...]

    @property
    def public(self) -> list[tuple[str, str]]:
        """(module, signal) pairs for `sim.verilate.build`."""
        places = [tap.path.split("/") for tap in self.taps]
        streams = [
            (module, f"{stream}__{signal}")
            for module, stream in places if module != TOP for signal in STREAM
        ]  # fmt: skip
        return streams + [(each.module, each.kind) for each in self.toggled]


def probes(verilog: str, network: Network, top: str = "top") -> Probes:
    """Find them by the names that `hw.design.accelerator.Accelerator` gives.

    Every layer has its stream of bits, and one of pooled bits where it pools, or its stream of
    integers; every product has its decisions, or the comparison of the scores, if there are any,
    and its agreeing bits unless it reads integers.

    Raises
    ------
    Failure
        Any of them is not there: what would be counted without it is no count.
    """
    modules = _modules(verilog)
    return Probes(tuple(_taps(modules, network, top)), tuple(_toggled(modules, network, top)))


def _modules(verilog: str) -> dict[str, str]:
    """The text of every module by its name."""
    parts = re.split(r"^module \\?(\S+?) ?\(", verilog, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _taps(modules: dict[str, str], network: Network, top: str) -> Iterator[Tap]:
    for layer in layers(network):
        if isinstance(layer, IntegersLayer | ElementwiseLayer) and not (
                isinstance(layer, BitsLayer) or layer.heads):
            yield _integers(modules, network, f"{top}.{layer.name}", layer)
        if not isinstance(layer, Thresholding):
            continue
        stage = f"{top}.{layer.name}"
        bit = f"{stage}.widener"
        yield Tap(layer, "bit", f"{bit}/o", _width(_text(modules, bit)))
        if layer.pool:
            _text(modules, f"{stage}.pool")
            yield Tap(layer, "pool", f"{stage}.pool/o", layer.threshold.channels)


def _integers(
    modules: dict[str, str], network: Network, stage: str, layer: Layer
) -> Tap:
    """The stream of a layer of integers, out of its last component."""
    last = "narrower" if isinstance(layer, ProductLayer) else layer.kind
    width = element_bits(network.values[layer.output])
    beat = _width(_text(modules, f"{stage}.{last}")) // width
    return Tap(layer, "integer", f"{stage}.{last}/o", beat, width)


def _width(module: str) -> int:
    """Bits of a module's ``o__payload``, which is a port even where it only passes through."""
    declared = r"^ +(?:wire|reg) (?:\[(\d+):0\] )?o__payload(?: = .*)?;"
    (high,) = re.findall(declared, module, re.MULTILINE)
    return int(high or 0) + 1


def _text(modules: dict[str, str], name: str) -> str:
    if name not in modules:
        raise Failure(f"the design has no module {name}, where the network's maps pass")
    return modules[name]


def _toggled(modules: dict[str, str], network: Network, top: str) -> Iterator[Toggled]:
    for layer in layers(network):
        if not isinstance(layer, ProductLayer):
            continue
        places: list[tuple[str, Kind]] = []
        if not isinstance(layer, IntegersLayer):
            places.append(("scores", "higher") if layer.heads else ("mvu", "fire"))
        if layer.product.binary:
            places.append(("mvu.lanes", "match"))
        for child, kind in places:
            module = f"{top}.{layer.name}.{child}"
            text = _text(modules, module)
            if not re.search(rf"^ +wire (\[\S+\] )?{kind};", text, re.MULTILINE):
                raise Failure(f"module {module} has no signal {kind}, whose toggles are counted")
            yield Toggled(layer.name, kind, module)
