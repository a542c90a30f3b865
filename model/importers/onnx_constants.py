"""Constant folding of an ONNX graph: nodes that do not depend on the image are computed."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from model.importers.onnx_graph import Node
from model.refusal import Refusal

ARITHMETIC: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Pow": np.power}


LARGEST = 2**25
"""Most values of all computed nodes together: a few bytes of constants can expand to any number."""


def _check_size(node: Node, values: list[np.ndarray]) -> None:
    """Raise ValueError for a node of constants that would make too many values."""
    size = sum(value.size for value in values)
    if node.kind in ARITHMETIC:
        size = math.prod(np.broadcast_shapes(*(value.shape for value in values)))
    elif node.kind == "Gather":
        axis = values[0].shape[node.attributes.get("axis", 0)]
        size = values[0].size // max(1, axis) * values[1].size
    if size > LARGEST:
        raise ValueError(f"makes {size:,} values, at most {LARGEST:,} are read")


def check_scale(node: Node, scales: list[np.ndarray]) -> None:
    """Refuse a BipolarQuant node whose levels are not +1 and -1."""
    if len(scales) != 1 or not (scales[0] == 1).all():
        raise Refusal(f"{node}: a scale other than 1 is not understood")


def bipolar(values: np.ndarray) -> np.ndarray:
    """+1 where a value >= 0, otherwise -1, as float32."""
    return np.where(values >= 0, np.float32(1), np.float32(-1))


def folded(node: Node, values: list[np.ndarray]) -> np.ndarray:
    """The output of a node whose inputs are all constants.

    Raises
    ------
    Refusal
        With the node, for an operator or constants that cannot be computed.
    """
    given = node.attributes
    if node.kind == "BipolarQuant":
        check_scale(node, values[1:])
    fold: dict[str, Callable[[], Any]] = {
        "BipolarQuant": lambda: bipolar(values[0]),
        "Concat": lambda: np.concatenate(values, given["axis"]),
        "Constant": lambda: given["value"],
        "Gather": lambda: np.take(values[0], values[1], given.get("axis", 0)),
        "Identity": lambda: values[0],
        "Transpose": lambda: np.transpose(values[0], given.get("perm")),
        "Unsqueeze": lambda: np.expand_dims(
            values[0], tuple(given["axes"] if "axes" in given else values[1])),
    }
    fold |= {kind: lambda: ARITHMETIC[node.kind](values[0], values[1]) for kind in ARITHMETIC}
    if node.kind not in fold:
        raise Refusal(f"{node} of constants is not understood")
    try:
        _check_size(node, values)
        with np.errstate(all="ignore"):
            return np.asarray(fold[node.kind]())
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise Refusal(f"{node} cannot be computed from its constants ({error})") from None
