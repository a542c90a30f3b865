"""Importer of QONNX: ONNX with quantisers, as Brevitas exports fully connected binary networks.

A pixel byte p enters such a graph as ``p / 255``, as torchvision converts images; the file does
not say so. Nodes before the first quantiser become part of the input table, computed in float32.
BipolarQuant is +1 where x >= 0, otherwise -1 (QONNX's operator reference), with a scale of 1. The
operators in `ATTRIBUTES` are read, in one chain; any other node is refused by name.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model.arch import CHANNELS, MAP
from model.checkpoint import Checkpoint
from model.faults import ROOM, shown
from model.files import quiet, reason
from model.importers.onnx_constants import ARITHMETIC, LARGEST, bipolar, check_scale, folded
from model.importers.onnx_graph import Graph, Node
from model.importers.onnx_graph import read as read_graph
from model.refusal import Refusal

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "BipolarQuant": (), "MatMul": (), "Reshape": (), "Flatten": ("axis",),
    "BatchNormalization": ("epsilon", "momentum", "training_mode"), **dict.fromkeys(ARITHMETIC, ()),
    "Shape": (), "Gather": ("axis",), "Unsqueeze": ("axes",), "Concat": ("axis",),
    "Transpose": ("perm",), "Constant": ("value",), "Identity": ()}
"""Operators that are read, each with the attributes that are understood."""

INPUTS: Mapping[str, int] = {
    "BipolarQuant": 2, "MatMul": 2, "Reshape": 2, "BatchNormalization": 5, "Gather": 2,
    "Constant": 0, **dict.fromkeys(ARITHMETIC, 2)}
"""Least number of inputs of an operator, where that is not one."""

QUANTISER_DOMAINS = ("onnx.brevitas", "finn.custom_op.general", "qonnx.custom_op.general")


@quiet()
def read(path: Path) -> Checkpoint:
    """Read the network in an ``.onnx`` file; classes are numbered, as such a file has no names.

    Raises
    ------
    Refusal
        For a file that is no ONNX model, or with the name of a node that is not understood.
    """
    graph = read_graph(path)
    try:
        walk = _Walk(graph)
        for node in graph.nodes:
            try:
                walk.step(node)
            except Refusal:
                raise
            except Exception as error:
                # An attribute or an input has another type or size than the operator takes.
                raise Refusal(f"{node} cannot be read ({reason(error)})") from None
        return walk.finished(path.name)
    except Refusal as refusal:
        raise Refusal(f"{path}: {shown(str(refusal), ROOM)}") from None


@dataclass
class _Walk:
    """A walk along the chain of nodes from the image to the scores.

    ``data`` is the name of the current tensor; ``shapes`` are by name, with a batch of 1, for it
    and those before it. ``affine`` is (slope, level) of arithmetic that takes the place of a batch
    norm; ``computed`` is the number of values of constant nodes so far.
    """

    graph: Graph
    records: list[dict[str, Any]] = field(default_factory=list)
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    affine: tuple[np.ndarray, np.ndarray] | None = None
    products: int = 0
    computed: int = 0

    def __post_init__(self) -> None:
        if len(self.graph.inputs) != 1:
            raise Refusal(f"{len(self.graph.inputs)} inputs ({', '.join(self.graph.inputs)}); a"
                          " network of images has one")
        ((self.data, shape),) = self.graph.inputs.items()
        if len(shape) != 4 or None in shape[1:] or shape[0] not in (1, None):
            raise Refusal(f"input {self.data!r} of shape {list(shape)}; expected [1, channels,"
                          " height, width]")
        self.image = [extent or 1 for extent in shape[1:]]
        if min(self.image) < 1 or self.image[0] > CHANNELS or math.prod(self.image) > MAP:
            raise Refusal(f"input {self.data!r} of shape {list(shape)}; at most {CHANNELS:,}"
                          f" channels and {MAP:,} values are read")
        self.shapes = {self.data: (1, *self.image)}
        self.constants = dict(self.graph.constants)
        self.table = np.arange(256, dtype=np.float32) / np.float32(255)

    def step(self, node: Node) -> None:
        _check(node)
        known = [self.constants.get(name) for name in node.inputs]
        (result,) = node.outputs
        if node.kind == "Shape" and node.inputs[0] in self.shapes:
            self.constants[result] = np.array(self.shapes[node.inputs[0]])
        elif all(value is not None for value in known):
            constant = folded(node, [v for v in known if v is not None])
            self.computed += constant.size
            if self.computed > LARGEST:
                raise Refusal(f"{node}: constants of more than {LARGEST:,} values in all")
            self.constants[result] = constant
        else:
            self._follow(node, [value for value in known if value is not None])
            self.data = result
            self.shapes[result] = self.shape

    def finished(self, source: str) -> Checkpoint:
        if self.graph.outputs != (self.data,):
            raise Refusal(f"output {', '.join(map(repr, self.graph.outputs))} is not that of the"
                          " last node; only a chain of nodes is read")
        if not self.products:
            raise Refusal("no MatMul, so there are no scores")
        self._settle_affine()
        arch = {"input": {"shape": self.image,
                          "table": [[int(entry) for entry in self.table]] * self.image[0]},
                "layers": self.records}
        return Checkpoint(
            method="qonnx", arch=arch, state_dict=self.tensors, metrics={},
            classes=[str(number) for number in range(self.shape[1])],
            training={"importer": "qonnx", "source": source, "input": "p / 255"})

    def _follow(self, node: Node, others: list[np.ndarray]) -> None:
        """Take in one node that changes the data; ``others`` are its constants, in order."""
        strangers = [name for name in node.inputs if name not in (self.data, *self.constants)]
        if strangers or len(others) != len(node.inputs) - 1:
            raise Refusal(f"{node} reads {', '.join(map(repr, strangers or node.inputs))}, not what"
                          " the node before it made; only a chain of nodes is read")
        self.shape = self.shapes[self.data]
        follow = {"Identity": lambda *_: None, "Reshape": self._reshape, "Flatten": self._flatten,
                  "MatMul": self._product, "BatchNormalization": self._norm,
                  "BipolarQuant": self._sign,
                  **dict.fromkeys(("Add", "Sub", "Mul", "Div"), self._arithmetic)}
        if node.kind not in follow:
            raise Refusal(f"{node} of the data; it is understood for constants only")
        follow[node.kind](node, others)

    def _reshape(self, node: Node, others: list[np.ndarray]) -> None:
        target, size = others[0].tolist(), int(np.prod(self.shape))
        if node.inputs[0] != self.data or target not in (
                [1, -1], [1, size], [-1, size], [0, -1], [0, size]):
            raise Refusal(f"{node} to {target}; only one that flattens each image is understood")
        self._flat()

    def _flatten(self, node: Node, _: list[np.ndarray]) -> None:
        if node.attributes.get("axis", 1) != 1:
            raise Refusal(f"{node} with axis {node.attributes['axis']}; only 1 is understood")
        self._flat()

    def _flat(self) -> None:
        if len(self.shape) > 2:
            self.records.append({"kind": "flatten", "name": "flatten"})
            self.shape = (1, int(np.prod(self.shape)))

    def _product(self, node: Node, others: list[np.ndarray]) -> None:
        weights = others[0]
        if node.inputs[0] != self.data or weights.ndim != 2 or len(weights) != self.shape[-1]:
            raise Refusal(f"{node} of data {list(self.shape)} and weights {list(weights.shape)}")
        if not (np.abs(weights) == 1).all():
            raise Refusal(f"{node}: weights are not all +1 or -1; they need a BipolarQuant")
        if not self.products:
            self._check_table(node)
        self._settle_affine()
        self.products += 1
        self.shape = (1, weights.shape[1])
        self.records.append({"kind": "dense", "name": f"dense{self.products}",
                             "out": weights.shape[1]})
        self.tensors[f"dense{self.products}.weight"] = torch.from_numpy(
            np.ascontiguousarray(weights.T, np.int8))

    def _check_table(self, node: Node) -> None:
        if not ((self.table == np.rint(self.table)) & (np.abs(self.table) < 1 << 15)).all():
            raise Refusal(f"{node} reads fractions, such as {self.table[1]} for byte 1; the input"
                          " needs a quantiser before it")

    def _norm(self, node: Node, others: list[np.ndarray]) -> None:
        if len(others) != 4 or {values.shape for values in others} != {self.shape[1:]}:
            raise Refusal(f"{node}: parameters of {[list(values.shape) for values in others]} for"
                          f" data of {list(self.shape)}")
        if node.attributes.get("training_mode", 0):
            raise Refusal(f"{node} in training mode; export the network after eval()")
        self._settle_affine()
        self._batch_norm(float(node.attributes.get("epsilon", 1e-5)), *others)

    def _batch_norm(self, eps: float, *parameters: np.ndarray) -> None:
        name = f"batch_norm{self.products}"
        self.records.append({"kind": "batch_norm", "name": name, "eps": eps})
        for key, values in zip(("weight", "bias", "running_mean", "running_var"), parameters,
                               strict=True):
            self.tensors[f"{name}.{key}"] = torch.from_numpy(values.astype(np.float32))
        self.tensors[f"{name}.num_batches_tracked"] = torch.tensor(0)

    def _sign(self, node: Node, others: list[np.ndarray]) -> None:
        check_scale(node, others)
        if self.products:
            self._settle_affine()
            self.records.append({"kind": "sign", "name": f"sign{self.products}"})
        else:
            self.table = bipolar(self.table)

    def _arithmetic(self, node: Node, others: list[np.ndarray]) -> None:
        (other,) = others
        if node.inputs[0] != self.data and node.kind in ("Sub", "Div"):
            raise Refusal(f"{node} of a constant by the data; only the other way is understood")
        if not self.products:
            if other.size != 1:
                raise Refusal(f"{node} of the image and {other.size} numbers; only one number for"
                              " all pixels is understood")
            self.table = ARITHMETIC[node.kind](self.table, other.reshape(()))
            return
        if other.size not in (1, self.shape[1]):
            raise Refusal(f"{node} of {self.shape[1]} channels and {other.size} numbers")
        zero = np.zeros(self.shape[1])
        slope, level = self.affine or (zero + 1, zero)
        change, number = ARITHMETIC[node.kind], other.reshape(-1).astype(np.float64)
        self.affine = change(slope, number) if node.kind in ("Mul", "Div") else slope, change(
            level, number)

    def _settle_affine(self) -> None:
        """Write the pending arithmetic as a batch norm of mean 0 and variance 1."""
        if self.affine is not None:
            slope, level = self.affine
            # eps is so small that 1 + eps is 1 in float32.
            self._batch_norm(1e-12, slope, level, np.zeros(len(slope)), np.ones(len(slope)))
            self.affine = None


def _check(node: Node) -> None:
    """Refuse a node with an unknown operator, domain, attribute or number of outputs."""
    quantiser = node.kind == "BipolarQuant"
    least = INPUTS.get(node.kind, 1)
    if node.kind in ATTRIBUTES and len(node.inputs) < least:
        raise Refusal(f"{node} has {len(node.inputs)} inputs; it needs {least}")
    if node.kind not in ATTRIBUTES or node.domain not in (
            QUANTISER_DOMAINS if quantiser else ("", "ai.onnx")):
        domain = f" of {shown(node.domain, 100)!r}" if node.domain else ""
        raise Refusal(f"{node}{domain} is not understood; understood are {', '.join(ATTRIBUTES)}")
    strange = sorted(set(node.attributes) - set(ATTRIBUTES[node.kind]))
    if strange:
        raise Refusal(f"{node}: attribute {shown(strange[0])!r} is not understood")
    if len(node.outputs) != 1:
        raise Refusal(f"{node} has {len(node.outputs)} outputs; only one is understood")
