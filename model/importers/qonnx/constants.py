"""Constant folding of an ONNX graph: nodes that do not depend on the image are computed.

A constant that a quantiser has made is a whole number of steps; its steps are kept beside it, since
the weights of a layer are those numbers.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.importers.qonnx.graph import Node
from model.importers.qonnx.quantisers import quantiser
from model.refusal import Refusal

ARITHMETIC: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Pow": np.power}

LARGEST = 2**25
"""Most values of all computed nodes together: a few bytes of constants can expand to any number."""

SHAPING = ("Identity", "Dropout", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose")
"""Operators that leave the values as they are, and only change their places."""

TYPES: Mapping[int, type] = {1: np.float32, 6: np.int32, 7: np.int64, 10: np.float32,
                             11: np.float64}
"""ONNX's numbers of types that a Cast may have; half precision widens exactly."""


@dataclass(frozen=True)
class Constant:
    """An array, and the step that its values are whole numbers of, of a shape that broadcasts."""

    array: np.ndarray
    step: np.ndarray | None = None


def folded(node: Node, given: list[Constant | None]) -> Constant:
    """The output of a node whose inputs are all constants; None is an input that is left out.

    Raises
    ------
    Refusal
        For an operator or constants that cannot be computed.
    """
    arrays = [None if one is None else one.array for one in given]
    try:
        _check_size(node, [one for one in arrays if one is not None])
        with np.errstate(all="ignore"):
            if node.kind in ("Quant", "IntQuant", "BipolarQuant"):
                made = quantiser(node, arrays[1:])
                return Constant(made.values(arrays[0]), made.scale)  # type: ignore[arg-type]
            array = _computed(node, arrays)
            return Constant(array, _step(node, given, arrays))
    except (IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refusal(f"cannot be computed from its constants ({error})") from None


def axes(node: Node, arrays: list[np.ndarray | None]) -> tuple[int, ...] | None:
    """Axes of a Squeeze, Unsqueeze or mean: an attribute in old files, an input in new ones."""
    found = node.attributes.get("axes")
    if found is None and len(arrays) > 1 and arrays[1] is not None:
        found = arrays[1].tolist()
    return None if found is None else tuple(map(int, found))


def reshaped(node: Node, shape: tuple[int, ...], arrays: list[np.ndarray | None]
             ) -> tuple[int, ...]:
    """Shape that a Reshape, Flatten, Squeeze or Unsqueeze gives an array of ``shape``."""
    # A tensor that takes no memory, whatever its shape.
    blank = np.broadcast_to(np.int8(0), shape)
    if node.kind == "Flatten":
        axis = int(node.attributes.get("axis", 1))
        return math.prod(shape[:axis]), math.prod(shape[axis:])
    if node.kind == "Reshape":
        target = node.attributes.get("shape") if len(arrays) < 2 or arrays[1] is None else (
            arrays[1].tolist())
        if target is None:
            raise Refusal("has no shape to make; export the network again")
        kept = not node.attributes.get("allowzero", 0)
        sizes = [shape[place] if not extent and kept else int(extent)
                 for place, extent in enumerate(target)]
        open_ = [place for place, extent in enumerate(sizes) if extent == -1]
        rest = math.prod(extent for extent in sizes if extent != -1)
        if len(open_) == 1 and rest:
            sizes[open_[0]] = math.prod(shape) // rest
        if min(sizes, default=1) < 0 or math.prod(sizes) != math.prod(shape):
            raise ValueError(f"{list(shape)} to {list(map(int, target))}")
        return tuple(sizes)
    if node.kind == "Squeeze":
        return np.squeeze(blank, axes(node, arrays)).shape
    if node.kind == "Unsqueeze":
        return np.expand_dims(blank, axes(node, arrays) or ()).shape
    return shape


def _computed(node: Node, arrays: list[Any]) -> np.ndarray:
    given, kind = node.attributes, node.kind
    if kind in ARITHMETIC:
        return np.asarray(ARITHMETIC[kind](arrays[0], arrays[1]))
    if kind == "Transpose":
        return np.transpose(arrays[0], given.get("perm"))
    if kind in SHAPING:
        return arrays[0].reshape(reshaped(node, arrays[0].shape, arrays))
    if kind == "Constant":
        return np.asarray(next(given[key] for key in (
            "value", "value_float", "value_floats", "value_int", "value_ints") if key in given))
    if kind == "Concat":
        return np.concatenate(arrays, given["axis"])
    if kind == "Gather":
        return np.take(arrays[0], arrays[1], given.get("axis", 0))
    if kind == "Cast":
        return arrays[0].astype(TYPES[given["to"]])
    if kind == "Sqrt":
        return np.sqrt(arrays[0])
    if kind == "Neg":
        return -arrays[0]
    raise Refusal(f"{kind} of constants is not understood; compute it before exporting")


def _step(node: Node, given: list[Constant | None], arrays: list[Any]) -> np.ndarray | None:
    """The steps of the output, if its values are still whole numbers of them."""
    steps = [None if one is None else one.step for one in given]
    if not steps or all(step is None for step in steps):
        return None
    if node.kind in SHAPING:
        whole = np.broadcast_to(steps[0], arrays[0].shape)  # type: ignore[arg-type]
        return _computed(node, [whole, *arrays[1:]])
    if node.kind == "Neg":
        return steps[0]
    if node.kind in ("Mul", "Div") and steps[0] is not None and steps[1] is None:
        return np.abs(ARITHMETIC[node.kind](steps[0], arrays[1]))
    if node.kind == "Mul" and steps[0] is None and steps[1] is not None:
        return np.abs(arrays[0] * steps[1])
    return None


def _check_size(node: Node, values: list[np.ndarray]) -> None:
    """Raise ValueError for a node of constants that would make too many values."""
    size = sum(value.size for value in values)
    if node.kind in ARITHMETIC or node.kind in ("Quant", "IntQuant", "BipolarQuant"):
        size = math.prod(np.broadcast_shapes(*(value.shape for value in values)))
    elif node.kind == "Gather":
        axis = values[0].shape[node.attributes.get("axis", 0)]
        size = values[0].size // max(1, axis) * values[1].size
    if size > LARGEST:
        raise ValueError(f"makes {size:,} values, at most {LARGEST:,} are read")
