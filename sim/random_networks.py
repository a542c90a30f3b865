"""Random small networks of every kind that hardware supports, with weights, for tests.

They have kernels, strides, pads and pools of any shape, batch norms with gammas of both signs or
zero, or no batch norm, and every form of head; maps are at most 10 x 10 and have at most 12
channels, so that a simulation takes seconds.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from model.checkpoint import Checkpoint, export
from model.networks import build
from sim.chance import BySeed, Choices
from sim.random_weights import fill

Record = dict[str, Any]

SIDE = 10
CHANNELS = 12


def random_checkpoint(seed: int, *, pairs: bool = False, flat: bool = False) -> Checkpoint:
    """A random network by a seed, as the checkpoint of a finished training.

    With ``pairs``, most hidden layers have two thresholds for a sum, some with gammas of both
    signs. With ``flat``, all layers are dense; there may be none but the head.
    """
    return drawn_checkpoint(BySeed(seed, 1), pairs=pairs, flat=flat)


def drawn_checkpoint(
    chance: Choices,
    *,
    pairs: bool = False,
    flat: bool = False,
    sides: tuple[int, int] = (4, SIDE),
    classes: tuple[int, int] = (2, CHANNELS),
) -> Checkpoint:
    """A random network by any source of decisions, with bounds for image sides and classes."""
    return finished(Drawing(chance, pairs, dense=flat, sides=sides, classes=classes))


def finished(drawing: "Drawing") -> Checkpoint:
    """The checkpoint of a drawing that is drawn by this, with random weights."""
    drawing.draw()
    arch = {"input": {"shape": drawing.input_shape, "table": drawing.table},
            "layers": drawing.records}
    with torch.random.fork_rng(devices=[]):
        network = build(arch)
    fill(network, drawing.spreads, drawing.copies, drawing.chance.noise(),
         alike=0.7 if drawing.pairs else 0.0)
    names = [f"class {number}" for number in range(network.arch.classes)]
    return Checkpoint(method="random", arch=network.arch.plain(), state_dict=export(network),
                      classes=names, metrics={}, training={})


def random_images(checkpoint: Checkpoint, count: int, seed: int = 0) -> np.ndarray:
    """Random images, uint8 (count, C, H, W); some are black, white or dark."""
    rng = np.random.default_rng([seed, 2])
    shape = (count, *checkpoint.arch["input"]["shape"])
    brightest = rng.choice([0, 20, 255, 255, 255], (count, 1, 1, 1))
    images = rng.integers(0, brightest + 1, shape)
    white = rng.random((count, 1, 1, 1)) < 0.05
    return np.where(white, 255, images).astype(np.uint8)


@dataclass
class Drawing:
    """A drawing in progress: the records so far, and the shape of the map after them.

    ``source`` is the layer that the next record reads, if it is not the one before.
    """

    chance: Choices
    pairs: bool = False
    dense: bool = False
    sides: tuple[int, int] = (4, SIDE)
    classes: tuple[int, int] = (2, CHANNELS)
    records: list[Record] = field(default_factory=list)
    spreads: dict[str, float] = field(default_factory=dict)
    """Standard deviations of sums, by the name of the layer with parameters that reads them."""
    copies: dict[str, int] = field(default_factory=dict)
    """Channels that read one sum, by the name of their batch norm, where there are several."""
    source: str = ""

    def draw(self) -> None:
        """Draw the records."""
        self._begin()
        for number in range(self.chance.between(0 if self.dense else 1, 3)):
            self._hidden(f"_{number}")
        self._head()

    def _begin(self) -> None:
        self.channels = self._up_to(4)
        self.height, self.width = (self.chance.between(*self.sides) for _ in range(2))
        self.input_shape = [self.channels, self.height, self.width]
        self.table, self.square = self._input_table()
        self.flat = False

    def _input_table(self) -> tuple[list[list[int]], float]:
        """An input table, and the mean square of its entries."""
        byte = np.arange(256)
        choices = [byte, byte - 128, (byte - 128) // 16, np.where(byte < 100, -1, 1), byte // 128]
        drawn = [choices[self.chance.between(0, 4)]] * self.channels
        if self.chance.odds(0.3):
            drawn = [np.roll(channel, self.chance.between(0, 255)) for channel in drawn]
        return [channel.tolist() for channel in drawn], float(np.mean(np.square(drawn)))

    def _hidden(self, suffix: str) -> None:
        dense = self.dense or self.flat or self.chance.odds(0.1)
        spread = self._dense(suffix) if dense else self._conv(suffix, self._kernel())
        self._to_bits(suffix, spread)

    def _to_bits(self, suffix: str, spread: float, *, pools: bool = True) -> None:
        """What stands behind integers of a standard deviation, down to bits."""
        steps = [self._step_to_bits()]
        if steps == ["sign"] and self.chance.odds(0.85):
            steps.insert(0, "batch_norm")
        if pools and not self.flat and self.chance.odds(0.5):
            steps.insert(self.chance.between(0, len(steps)), "max_pool")
        copies = 1
        if self.pairs and "batch_norm" in steps and self.chance.odds(0.8):
            steps.insert(self.chance.between(0, steps.index("batch_norm")), "duplicate")
            copies = self._copies()
        for kind in steps:
            if kind == "max_pool":
                self._pool(f"pool{suffix}")
            elif kind == "duplicate":
                self._add(kind, f"{kind}{suffix}", **({} if copies == 2 else {"count": copies}))
                self.channels *= copies
            else:
                self._add(kind, f"{kind}{suffix}", spread)
        if copies > 1:
            self.copies[f"batch_norm{suffix}"] = copies
        self.square = 1.0

    def _step_to_bits(self) -> str:
        return "sign"

    def _copies(self) -> int:
        return 2

    def _bias(self) -> bool:
        return self.chance.odds(0.4)

    def _weights(self) -> tuple[Record, float]:
        """Fields of a product's record, and the root of its weights' mean square."""
        return {}, 1.0

    def _head(self) -> None:
        forms = ["dense", "conv", "average", "average"]
        form = "dense" if self.dense or self.flat else self.chance.pick(forms)
        if form == "dense":
            spread = self._dense("_head", outputs=self.chance.between(*self.classes))
        else:
            whole = (self.height, self.width)
            spread = self._conv("_head", whole if form == "conv" else self._kernel(),
                                outputs=self.chance.between(*self.classes),
                                slides=form == "average")
        steps = ["batch_norm"] if self.chance.odds(0.5) else []
        if form == "average":
            steps.insert(self.chance.between(0, len(steps)), "global_average_pool")
        if form != "dense" and self.chance.odds(0.5):
            steps.append("flatten")
        for kind in steps:
            self._add(kind, f"{kind}_head", spread)

    def _conv(self, suffix: str, kernel: tuple[int, int], outputs: int = 0,
              slides: bool = True) -> float:
        padding = [0, 0]
        if slides and self.chance.odds(0.8):
            padding = [self.chance.between(0, min(2, extent - 1)) for extent in kernel]
        pad = self.chance.pick(["zero", "zero", "-1", "+1"]) if any(padding) else "none"
        stride = [self._step(), self._step()] if slides else [1, 1]
        fields, size = self._weights()
        spread = size * float(np.sqrt(self.channels * kernel[0] * kernel[1] * self.square))
        self.channels = outputs or self._up_to(CHANNELS)
        self._add("conv", f"conv{suffix}", out=self.channels, kernel=list(kernel), stride=stride,
                  padding=padding, pad=pad, bias=self._bias(), **fields)
        self._slide(kernel, stride, padding)
        return spread

    def _dense(self, suffix: str, outputs: int = 0) -> float:
        if not self.flat or self.chance.odds(0.2):
            self._add("flatten", f"flatten{suffix}")
        fields, size = self._weights()
        spread = size * float(np.sqrt(self.channels * self.height * self.width * self.square))
        self.flat, self.height, self.width = True, 1, 1
        self.channels = outputs or self._up_to(CHANNELS)
        self._add("dense", f"dense{suffix}", out=self.channels, bias=self._bias(), **fields)
        return spread

    def _pool(self, name: str) -> None:
        kernel = min(self._up_to(3), self.height), min(self._up_to(3), self.width)
        stride = [self._up_to(extent + 1) for extent in kernel]
        self._add("max_pool", name, kernel=list(kernel), stride=stride)
        self._slide(kernel, stride, [0, 0])

    def _slide(self, kernel: tuple[int, int], stride: list[int], padding: list[int]) -> None:
        self.height = (self.height + 2 * padding[0] - kernel[0]) // stride[0] + 1
        self.width = (self.width + 2 * padding[1] - kernel[1]) // stride[1] + 1

    def _add(self, kind: str, name: str, spread: float = 0.0, **fields: Any) -> None:
        source = {"from": self.source} if self.source else {}
        self.records.append({"kind": kind, "name": name, **source, **fields})
        self.source = ""
        if kind in ("batch_norm", "threshold", "affine"):
            self.spreads[name] = spread

    def _kernel(self) -> tuple[int, int]:
        return min(self._up_to(5), self.height), min(self._up_to(5), self.width)

    def _step(self) -> int:
        return self.chance.pick([1, 1, 1, 1, 2, 3])

    def _up_to(self, high: int) -> int:
        return self.chance.between(1, high)
