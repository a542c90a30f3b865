"""The operations of PyTorch that are read, by name."""

from collections.abc import Mapping

from model.importers.modules import activations, arithmetic, products, shapes
from model.importers.modules.walk import Operation

OPERATIONS: Mapping[str, Operation] = {
    "conv2d": products.conv, "linear": products.linear, "batch_norm": products.batch_norm,
    "sign": activations.sign, "relu": activations.relu, "where": activations.where,
    **dict.fromkeys(("hardtanh", "clamp", "clip", "tanh"), activations.squash),
    **dict.fromkeys(("ge", "gt", "lt", "le"), activations.compare),
    "max_pool2d": shapes.max_pool, "constant_pad_nd": shapes.pad, "pad": shapes.pad,
    "slice": shapes.rows,
    **dict.fromkeys(("avg_pool2d", "adaptive_avg_pool2d", "mean"), shapes.average),
    **dict.fromkeys(("view", "reshape", "flatten", "_unsafe_view", "squeeze"), shapes.view),
    **dict.fromkeys(("add", "sub", "rsub", "mul", "div"), arithmetic.arithmetic),
    "neg": arithmetic.negated,
    **dict.fromkeys(("log_softmax", "softmax", "_log_softmax", "_softmax"), arithmetic.softmax),
}
"""What each becomes."""
