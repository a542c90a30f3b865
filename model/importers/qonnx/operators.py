"""Operators of QONNX that are understood, and what to change about others."""

from collections.abc import Mapping

from model.faults import shown
from model.importers.qonnx.constants import ARITHMETIC
from model.importers.qonnx.graph import Node
from model.refusal import Refusal

_WINDOW = ("auto_pad", "dilations", "kernel_shape", "pads", "strides")
_INTEGER = ("narrow", "rounding_mode", "signed")

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "BipolarQuant": (), "Quant": _INTEGER, "IntQuant": _INTEGER,
    "Conv": (*_WINDOW, "group"), "MatMul": (), "Gemm": ("alpha", "beta", "transA", "transB"),
    "BatchNormalization": ("epsilon", "momentum", "training_mode", "spatial", "is_test"),
    "MaxPool": (*_WINDOW, "ceil_mode", "storage_order"), "GlobalAveragePool": (),
    "ReduceMean": ("axes", "keepdims", "noop_with_empty_axes"), "Pad": ("mode", "pads", "value"),
    **dict.fromkeys(ARITHMETIC, ()), "Neg": (), "Sqrt": (), "Relu": (), "Clip": ("min", "max"),
    "Reshape": ("allowzero", "shape"), "Flatten": ("axis",), "Squeeze": ("axes",),
    "Unsqueeze": ("axes",), "Transpose": ("perm",), "Identity": (), "Cast": ("to", "saturate"),
    "Dropout": ("ratio", "seed", "is_test"), "Shape": (), "Gather": ("axis",),
    "Concat": ("axis",),
    "Constant": ("value", "value_float", "value_floats", "value_int", "value_ints"),
    "ArgMax": ("axis", "keepdims", "select_last_index"), "TopK": ("axis", "largest", "sorted", "k"),
    "Softmax": ("axis",), "LogSoftmax": ("axis",)}
"""Operators that are read, each with the attributes that are understood."""

INPUTS: Mapping[str, int] = {
    "BipolarQuant": 2, "Quant": 4, "IntQuant": 4, "Conv": 2, "MatMul": 2, "Gemm": 2,
    "BatchNormalization": 5, "Gather": 2, "Constant": 0, **dict.fromkeys(ARITHMETIC, 2)}
"""Least number of inputs of an operator, where that is not one."""

QUANTISERS = ("BipolarQuant", "Quant", "IntQuant")

QUANTISER_DOMAINS = ("onnx.brevitas", "finn.custom_op.general", "qonnx.custom_op.general")

ELEMENTWISE = ("Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid",
               "HardSwish", "Tanh", "Softplus", "Erf", "Gelu", "Mish", "Abs", "Sign", "Round",
               "Floor", "Ceil", "Exp", "Log", "Clip", "Trunc", "FloatQuant",
               "InstanceNormalization", "LayerNormalization", "GroupNormalization")
"""Operators whose output has the shape of the first input, understood or not."""

_ACTIVATION = "put a quantiser of few bits, such as BipolarQuant, in its place and train on"

ADVICE: Mapping[str, str] = {
    **dict.fromkeys(ELEMENTWISE, _ACTIVATION),
    **dict.fromkeys(("InstanceNormalization", "LayerNormalization", "GroupNormalization"),
                    "use BatchNormalization"),
    "Sign": "use BipolarQuant, which gives +1 for 0",
    "AveragePool": "use MaxPool, or GlobalAveragePool before the scores",
    "QuantAvgPool2d": "use MaxPool, or GlobalAveragePool before the scores",
    **dict.fromkeys(("QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul"),
                    "export the network with brevitas.export.export_qonnx, not with QCDQ"),
    **dict.fromkeys(("MultiThreshold", "XnorPopcountMatMul", "Im2Col"),
                    "give the file from before FINN's transformations")}
"""What to change about an operator that is not understood."""


def check(node: Node, wanted: frozenset[str]) -> None:
    """Refuse a node with an unknown operator, domain, attribute or number of inputs or outputs.

    Parameters
    ----------
    wanted : names of all tensors that something reads.
    """
    kind = node.kind
    domains = QUANTISER_DOMAINS if kind in QUANTISERS else ("", "ai.onnx")
    if kind not in ATTRIBUTES or node.domain not in domains:
        domain = f" of {shown(node.domain, 100)!r}" if node.domain else ""
        advice = ADVICE.get(kind) or f"understood are {', '.join(ATTRIBUTES)}"
        raise Refusal(f"{node}{domain} is not understood; {advice}")
    least = INPUTS.get(kind, 1)
    if len(node.inputs) < least or not all(node.inputs[:least]):
        raise Refusal(f"{node} has {sum(map(bool, node.inputs))} inputs; it needs {least}")
    strange = sorted(set(node.attributes) - set(ATTRIBUTES[kind]))
    if strange:
        raise Refusal(f"{node}: attribute {shown(strange[0])!r} is not understood; leave it out")
    more = [name for name in node.outputs[1:] if name in wanted]
    if not node.outputs or (not node.outputs[0] and kind != "TopK"):
        raise Refusal(f"{node} has no output; leave it out")
    if more and kind != "TopK":
        raise Refusal(f"{node} has {1 + len(more)} outputs that are read; only the first is"
                      " understood")
