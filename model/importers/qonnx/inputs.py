"""The inputs of a node of a QONNX graph: tensors made from the image, and constants."""

import math
from typing import Any

import numpy as np

from model.importers.qonnx.constants import Constant
from model.importers.qonnx.values import Value
from model.refusal import Refusal

Input = Value | Constant | None


def constant(given: list[Input], place: int, default: Any = None) -> Any:
    """The constant at a place among the inputs; ``default`` if it is left out."""
    one = given[place] if place < len(given) else None
    if one is None:
        return default
    if not isinstance(one, Constant):
        raise Refusal("a parameter that is computed from the image; only constants are understood")
    return one.array


def number(given: list[Input], place: int, default: float) -> float:
    """The one number at a place among the inputs; ``default`` if it is left out."""
    found = np.asarray(constant(given, place, default))
    if found.size != 1:
        raise Refusal(f"a parameter of shape {list(found.shape)}; one number is understood")
    return float(found.reshape(()))


def data(given: list[Input], place: int = 0) -> Value:
    """The tensor made from the image at a place among the inputs."""
    one = given[place]
    if not isinstance(one, Value):
        raise Refusal("its first input is a constant and another is not; only the other way is"
                      " understood")
    return one


def check_steady(value: Value) -> None:
    """Refuse to change values that are to be pooled, padded or clamped first."""
    if value.pool or value.pad or value.low != -math.inf or value.high != math.inf:
        raise Refusal("stands between a MaxPool, Pad, Relu or Clip and the quantiser or Conv that"
                      " it belongs to; move it")
