"""Importer of BNN-PYNQ's folders of parameters: CNV and LFC (github.com/Xilinx/BNN-PYNQ).

Their names give the bits of weights (W) and activations (A): W1A1, W1A2 or W2A2. A row is
flattened (ky, kx, channel), and its comparison ``acc > T`` is strict. With one bit for everything,
acc counts agreeing bits. Otherwise it is a sum: an activation of two bits is the number of its two
thresholds that are exceeded, minus 1, so -1, 0 or +1, which here are two bits of one sum. The first
layer of CNV sums integers, and compares twice their sum with T.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model import tables
from model.checkpoint import Checkpoint
from model.content import NAME
from model.faults import shown, told
from model.files import content
from model.importers.pynq.files import Engine, Matrix, engines, sizes
from model.refusal import Refusal

CLASSES = 2**16
"""Most bytes of classes.txt."""


@dataclass(frozen=True)
class Layer(Matrix):
    """One layer of a `Topology`; ``pool`` says that a max-pool of 2x2 follows."""

    kind: str = "dense"
    pool: bool = False


@dataclass(frozen=True, kw_only=True)
class Topology:
    """A network of BNN-PYNQ. Convolutions are 3x3, without padding.

    The rows of the last layer are the classes, and padding as the files have it.
    """

    name: str
    shape: tuple[int, int, int]
    table: list[int]
    layers: tuple[Layer, ...]

    @property
    def of_bits(self) -> bool:
        """True if the image consists of bits too."""
        return set(self.table) == {-1, 1}


TOPOLOGIES = (
    Topology(name="cnv", shape=(3, 32, 32), table=tables.pynq(), layers=(
        Layer(27, 64, "conv"),
        Layer(576, 64, "conv", pool=True),
        Layer(576, 128, "conv"),
        Layer(1152, 128, "conv", pool=True),
        Layer(1152, 256, "conv"),
        Layer(2304, 256, "conv"),
        Layer(256, 512),
        Layer(512, 512),
        Layer(512),
    )),
    Topology(name="lfc", shape=(1, 28, 28), table=tables.threshold(128), layers=(
        Layer(832, 1024), Layer(1024, 1024), Layer(1024, 1024), Layer(1024))),
)


def read(folder: Path, *, output_bits: bool = False) -> Checkpoint:
    """Read the network in ``folder``, whose ``classes.txt`` has the name of a class in each line.

    The scores are the sums of the last layer, whose thresholds are left out. With ``output_bits``
    they put that class first whose bit, the comparison with its threshold, is 1, and the last of
    several; without a bit of 1 the first class. That is how the program of LFC answers.

    Raises
    ------
    Refusal
        For a folder that does not have all files of one `Topology`, with everything that is wrong.
    """
    known, faults = sizes(folder), list[str]()
    topology = min(TOPOLOGIES, key=lambda topology: abs(len(topology.layers) - len(known)))
    classes = _classes(folder, faults)
    weight_bits, found = engines(folder, topology.layers, known, faults)
    if not faults:
        faults += _unfit(classes, weight_bits, found, output_bits)
    if faults:
        raise Refusal(f"{folder}: {told(faults)}; {topology.name.upper()} is read from a whole"
                      " folder as BNN-PYNQ publishes it")
    building = _Building(topology=topology, classes=len(classes), weight_bits=weight_bits,
                         steps=found[0].thresholds.shape[1])
    for number, (layer, engine) in enumerate(zip(topology.layers, found, strict=True)):
        building.add(number, layer, engine)
    if output_bits:
        building.highest_bit(found[-1])
    arch = {"input": {"shape": list(topology.shape),
                      "table": [topology.table] * topology.shape[0]},
            "layers": building.records}
    return Checkpoint(
        method="bnn-pynq", arch=arch, state_dict=building.tensors, classes=classes, metrics={},
        training={"importer": "bnn-pynq", "source": folder.name,
                  "topology": f"{topology.name}W{weight_bits}A{building.steps}"})


def _classes(folder: Path, faults: list[str]) -> list[str]:
    """The classes' names, as a checkpoint takes them: printable, and not too long."""
    path = folder / "classes.txt"
    try:
        given = content(path, CLASSES, hint="write one with a line for each class, so that padding"
                        " rows are known").decode()
    except Refusal as refusal:
        faults.append(str(refusal).removeprefix(f"{folder}/"))
        return []
    except UnicodeDecodeError as error:
        faults.append(f"classes.txt: cannot be read ({error})")
        return []
    names = [shown(line.strip(), NAME) for line in given.splitlines() if line.strip()]
    if not names:
        faults.append("classes.txt: no classes; write a line for each")
    return names


def _unfit(classes: Sequence[str], weight_bits: int, found: Sequence[Engine],
           output_bits: bool) -> list[str]:
    """Faults of layers that are sound by themselves."""
    last, faults = found[-1], []
    if len(classes) > len(last.weights):
        faults.append(f"classes.txt: {len(classes):,} classes; the last layer has"
                      f" {len(last.weights):,} rows")
    # Padding is 1 bits, or two bits of 0.
    elif (last.weights[len(classes):] != 2 - weight_bits).any():
        faults.append(f"the last layer has weights of more classes than the {len(classes):,} in"
                      " classes.txt; complete that file")
    if weight_bits == 2 and found[0].thresholds.shape[1] == 1:
        faults.append("weights of two bits and activations of one, for which BNN-PYNQ has no"
                      " program")
    if output_bits and last.thresholds.shape[1] != 1:
        faults.append("the last layer has no thresholds, so no output bits; leave --output-bits"
                      " out")
    return faults


@dataclass(kw_only=True)
class _Building:
    """The network so far: records and tensors, and the shape (channels, height, width) after them,
    where a channel is ``copies`` channels of bits."""

    topology: Topology
    classes: int
    weight_bits: int
    steps: int
    copies: int = 1
    records: list[dict[str, Any]] = field(default_factory=list)
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.map = self.topology.shape

    def add(self, number: int, layer: Layer, engine: Engine) -> None:
        channels, height, width = self.map
        kernel = (3, 3) if layer.kind == "conv" else (height, width)
        last = layer.rows is None
        out = self.classes if last else len(engine.weights)
        size = channels * kernel[0] * kernel[1]
        self._product(f"{layer.kind}{number}", layer.kind, engine.weights[:out, :size], kernel)
        self.map = (out, height - kernel[0] + 1, width - kernel[1] + 1)
        if not last:
            self._to_bits(number, engine, size)
        if layer.pool:
            self.records.append({"kind": "max_pool", "name": f"pool{number}", "kernel": [2, 2]})
            self.map = (out, self.map[1] // 2, self.map[2] // 2)

    def _product(self, name: str, kind: str, weights: np.ndarray, kernel: tuple[int, int]) -> None:
        record = {"kind": kind, "name": name, "out": len(weights)}
        if self.weight_bits > 1:
            record |= {"weights": "integer", "weight_bits": self.weight_bits}
        if kind == "conv":
            record["kernel"] = list(kernel)
        elif not any(known["kind"] == "flatten" for known in self.records):
            self.records.append({"kind": "flatten", "name": "flatten"})
        self.records.append(record)
        # The published rows are in the order (ky, kx, channel), also of a dense layer on a map.
        taps = weights.reshape(len(weights), *kernel, -1).repeat(self.copies, axis=-1)
        ours = np.ascontiguousarray(taps.transpose(0, 3, 1, 2))
        self.tensors[f"{name}.weight"] = torch.from_numpy(
            ours if kind == "conv" else ours.reshape(len(ours), -1))

    def highest_bit(self, last: Engine) -> None:
        """The answer of LFC's program, behind the last product: the highest class with a bit of 1.

        Class c scores twice the bits of 1 up to itself, minus twice those above, so the first class
        with the highest score is that of the last such bit, or class 0 without any.
        """
        self._threshold("output_bits", self._least(last, last.weights.shape[1])[:self.classes])
        below = 2 * np.tri(self.classes, dtype=np.int8) - 1
        self.records.append({"kind": "dense", "name": "highest", "out": self.classes, "bias": True})
        self.tensors["highest.weight"] = torch.from_numpy(below)
        self.tensors["highest.bias"] = torch.from_numpy(below.sum(axis=1, dtype=np.float32))

    def _to_bits(self, number: int, engine: Engine, size: int) -> None:
        """The activation behind the product of ``size`` inputs that was added last."""
        if self.steps > 1:
            self.records.append({"kind": "duplicate", "name": f"pair{number}"})
        self._threshold(f"threshold{number}", self._least(engine, size, first=number == 0))
        self.copies = self.steps

    def _threshold(self, name: str, least: np.ndarray) -> None:
        self.records.append({"kind": "threshold", "name": name})
        self.tensors[f"{name}.threshold"] = torch.from_numpy(
            least.reshape(-1).astype(np.float32))

    def _least(self, engine: Engine, size: int, *, first: bool = False) -> np.ndarray:
        """Our thresholds (rows, steps): the least of our sums x whose acc exceeds the published T.

        Columns beyond ``size`` read inputs of padding, which are 0 bits, or -1 of a sum.
        """
        reach = size * self.copies << self.weight_bits - 1
        if first and not self.topology.of_bits:
            reach *= max(map(abs, self.topology.table))
            return np.clip(engine.thresholds >> 1, -reach - 1, reach) + 1  # acc = 2x
        padding = engine.weights[:, size:].astype(np.int64)
        # T may be a sentinel at the end of int64's range, and must not overflow.
        above = np.clip(engine.thresholds, -2 * reach, 2 * reach) + 1
        if self.steps == 1:
            agreeing = (padding < 0).sum(axis=1, keepdims=True)
            least = 2 * (above - agreeing) - size  # acc = (x + size) / 2 + agreeing
        elif self.copies == 1:
            least = above + padding.sum(axis=1, keepdims=True)  # acc = x - padding
        else:
            least = 2 * above  # acc = x / 2
        return np.clip(least, -reach, reach + 2)
