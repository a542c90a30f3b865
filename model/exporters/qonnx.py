"""Exporter of QONNX: a checkpoint as an ONNX graph with quantisers, for QONNX's own tools.

The graph reads images as p / 255, and its first nodes give the integers of the input table. Its
scores are those of the checkpoint. The two or more thresholds of a `duplicate` become copies of the
sums, as ONNX has no operator for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.arch import Arch, parse
from model.checkpoint import Checkpoint
from model.exporters.input_lines import line
from model.faults import told
from model.files import Name, whole
from model.records import AnyRecord, Conv, Dense, Duplicate, Subsample
from model.refusal import Refusal

DOMAIN, OPSET = "qonnx.custom_op.general", 13

ADVICE: Mapping[str, str] = {
    "affine": "export the network from before model.quantise, or without residual streams",
    "relu": "train it with signs", "real": "make integers of them with python -m model.quantise"}


def write(checkpoint: Checkpoint, path: Name) -> None:
    """Write a checkpoint to ``path`` as QONNX, complete or not at all.

    Raises
    ------
    Refusal
        With every layer that QONNX cannot say exactly; or if the package onnx is missing.
    """
    content = model(checkpoint).SerializeToString()
    with whole(path) as file:
        file.write(content)


def model(checkpoint: Checkpoint) -> Any:
    """The checkpoint as an ONNX ``ModelProto``. Raises as `write` does."""
    try:
        from onnx import TensorProto, helper
    except ImportError:
        raise Refusal("writing ONNX files needs the package onnx; install it with"
                      " pip install 'purelogic[qonnx]'") from None
    arch = parse(checkpoint.arch)
    if faults := _faults(arch):
        raise Refusal(told(faults))
    drawing = _Drawing(arch, {key: value.numpy() for key, value in checkpoint.state_dict.items()})
    drawing.draw()
    shapes = ("image", (1, *arch.input.shape)), (drawing.last, (1, arch.classes))
    image, scores = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                     for name, shape in shapes)
    graph = helper.make_graph(drawing.nodes, "purelogic", [image], [scores], drawing.constants)
    return helper.make_model(graph, producer_name="purelogic", ir_version=8, opset_imports=[
        helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)])


def _faults(arch: Arch) -> list[str]:
    """Everything that QONNX cannot say exactly, with what to change."""
    faults = []
    for place, record in enumerate(arch.layers):
        kind = "real" if isinstance(record, Conv | Dense) and record.weights == "real" else (
            record.kind)
        if kind in ADVICE:
            what = "real weights" if kind == "real" else f"{kind} has no exact form in QONNX"
            faults.append(f"layer {record.name!r}: {what}; {ADVICE[kind]}")
        if isinstance(record, Duplicate) and not _product(arch, place):
            faults.append(f"layer {record.name!r}: duplicate of another layer than a conv or dense,"
                          " or one that others read too; put it directly behind one")
    return faults


def _product(arch: Arch, place: int) -> str | None:
    """The product whose sums, pooled or not, a duplicate at ``place`` copies, and nothing else
    reads."""
    name: str | None = arch.layers[place].name
    kinds = {record.name: record.kind for record in arch.layers}
    while name is not None and kinds[name] in ("duplicate", "max_pool"):
        name = arch.reads[name]
        readers = [one for one in arch.layers
                   if name is not None and name in (arch.reads[one.name], one.source)]
        if len(readers) != 1:
            return None
    return name if name is not None and kinds[name] in ("conv", "dense") else None


@dataclass
class _Drawing:
    """The nodes and constants so far; ``last`` is the name of the scores.

    ``outputs`` are the names of the layers' tensors, ``copies`` how often each row of a product
    stands in the graph.
    """

    arch: Arch
    tensors: Mapping[str, np.ndarray]
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    outputs: dict[str | None, str] = field(default_factory=dict)
    copies: dict[str, int] = field(default_factory=dict)
    last: str = ""

    def draw(self) -> None:
        self.outputs[None] = self._input()
        for place, record in enumerate(self.arch.layers):
            if isinstance(record, Duplicate) and (product := _product(self.arch, place)):
                self.copies[product] = record.count
        for record in self.arch.layers:
            read = self.outputs[self.arch.reads[record.name]]
            self.outputs[record.name] = self.layer(record, read)
        final = self.arch.layers[-1].name
        self.last = self.outputs[final]
        if len(self.arch.shapes[final]) == 3:
            self.last = self._node("Flatten", "scores", self.last, axis=1)

    def layer(self, record: AnyRecord, read: str) -> str:
        """Draw a layer; gives the name of its output."""
        name, at = record.name, self.tensors
        draw: dict[str, Callable[[], str]] = {
            "conv": lambda: self._conv(record, read),  # type: ignore[arg-type]
            "dense": lambda: self._node("Gemm", name, read, *self._weights(record), transB=1),
            "max_pool": lambda: self._node("MaxPool", name, read, kernel_shape=list(
                record.kernel), strides=list(record.stride)),  # type: ignore[union-attr]
            "batch_norm": lambda: self._node("BatchNormalization", name, read, *(
                self._constant(f"{name}.{key}", at[f"{name}.{key}"]) for key in (
                    "weight", "bias", "running_mean", "running_var")),
                epsilon=record.eps),  # type: ignore[union-attr]
            "sign": lambda: self._bipolar(name, read),
            "threshold": lambda: self._bipolar(name, self._node(
                "Sub", f"{name}.sub", read, self._constant(f"{name}.threshold", self._shaped(
                    name, at[f"{name}.threshold"])))),
            "flatten": lambda: self._node("Flatten", name, read, axis=1),
            "global_average_pool": lambda: self._node("GlobalAveragePool", name, read),
            "add": lambda: self._node("Add", name, read, self.outputs[record.source]),
            "clamp": lambda: self._node("Clip", name, read, *(
                self._constant(f"{name}.{end}", np.float32(getattr(record, end)))
                for end in ("low", "high"))),
            "subsample": lambda: self._subsample(record, read),  # type: ignore[arg-type]
            "global_sum": lambda: self._node("ReduceSum", name, read, self._constant(
                f"{name}.axes", np.array([2, 3], np.int64)), keepdims=1),
            "duplicate": lambda: read, "dropout": lambda: read}
        return draw[record.kind]()

    def _input(self) -> str:
        found = line(np.array(self.arch.input.table, np.int64))
        made = "image"
        for kind, numbers in (("Mul", found.slope), ("Add", found.level)):
            if (numbers == numbers[0]).all():
                numbers = numbers[:1]
            name = f"input.{kind.lower()}"
            made = self._node(kind, name, made, self._constant(f"{name}.by", numbers.reshape(
                1, -1, 1, 1)))
        if not found.bits:
            return self._bipolar("input.quant", made)
        return self._quant("input.quant", made, found.bits, found.signed)

    def _conv(self, record: Conv, read: str) -> str:
        rows, columns = record.padding
        pads = [rows, columns, rows, columns]
        if record.pad in ("-1", "+1"):
            fill = self._constant(f"{record.name}.fill", np.float32(int(record.pad)))
            around = self._constant(f"{record.name}.pads", np.array(
                [0, 0, rows, columns, 0, 0, rows, columns], np.int64))
            read = self._node("Pad", f"{record.name}.pad", read, around, fill, mode="constant")
            pads = [0, 0, 0, 0]
        return self._node("Conv", record.name, read, *self._weights(record), pads=pads,
                          kernel_shape=list(record.kernel), strides=list(record.stride))

    def _subsample(self, record: Subsample, read: str) -> str:
        """Rows and columns by a Slice, channels of zeros by a Pad."""
        parts = {"starts": [0, 0], "ends": [2**31 - 1] * 2, "axes": [2, 3], "steps": record.stride}
        taken = self._node("Slice", f"{record.name}.slice", read, *(
            self._constant(f"{record.name}.{key}", np.array(part, np.int64))
            for key, part in parts.items()))
        around = [0, record.before, 0, 0, 0, record.after, 0, 0]
        return self._node("Pad", record.name, taken, self._constant(
            f"{record.name}.pads", np.array(around, np.int64)), mode="constant")

    def _weights(self, record: Any) -> list[str]:
        """Names of a product's quantised weights, and of its bias if it has one."""
        key, copies = f"{record.name}.weight", self.copies.get(record.name, 1)
        latent = self._constant(f"{key}.whole", self.tensors[key].astype(np.float32).repeat(
            copies, axis=0))
        bits = record.weight_bits
        names = [self._bipolar(key, latent) if bits is None else self._quant(
            key, latent, bits, True)]
        if record.bias:
            bias = self.tensors[f"{record.name}.bias"].repeat(copies)
            names.append(self._constant(f"{record.name}.bias", bias))
        return names

    def _shaped(self, name: str, numbers: np.ndarray) -> np.ndarray:
        return numbers.reshape(1, -1, *[1] * (len(self.arch.shapes[name]) - 1))

    def _bipolar(self, name: str, read: str) -> str:
        return self._node("BipolarQuant", name, read, self._constant(
            f"{name}.scale", np.float32(1)))

    def _quant(self, name: str, read: str, bits: int, signed: bool) -> str:
        numbers = {"scale": 1, "zero": 0, "bits": bits}
        return self._node("Quant", name, read, *(
            self._constant(f"{name}.{key}", np.float32(number)) for key, number in numbers.items()),
            signed=int(signed), narrow=0, rounding_mode="ROUND")

    def _constant(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _node(self, kind: str, name: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; its output has its name."""
        from onnx import helper

        domain = DOMAIN if kind in ("Quant", "BipolarQuant") else ""
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, domain=domain,
                                           **attributes))
        return name
