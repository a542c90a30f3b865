"""What each operator of a QONNX graph does to the image and to what layers make of it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from model.importers.qonnx import windows as qonnx_windows
from model.importers.qonnx.constants import ARITHMETIC, Constant, reshaped
from model.importers.qonnx.graph import Node
from model.importers.qonnx.inputs import Input, check_steady, constant, data, number
from model.importers.qonnx.network import Network
from model.importers.qonnx.quantisers import Quantiser, quantiser
from model.importers.qonnx.values import Norm, Value
from model.refusal import Refusal

Operator = Callable[[Network, Node, list[Input]], Value]


def _same(network: Network, node: Node, given: list[Input]) -> Value:
    if node.attributes.get("training_mode") or np.any(constant(given, 2, False)):
        raise Refusal("in training mode; export the network after eval()")
    return data(given)


def _cast(network: Network, node: Node, given: list[Input]) -> Value:
    if node.attributes.get("to") not in (1, 10, 11, 16):
        raise Refusal("makes integers of the data; leave it out")
    return data(given)


def _shape(network: Network, node: Node, given: list[Input]) -> Value:
    value = data(given)
    arrays = [None, *(constant(given, place) for place in range(1, len(given)))]
    return value.reshaped(reshaped(node, value.shape, arrays))


def _transpose(network: Network, node: Node, given: list[Input]) -> Value:
    value = data(given)
    backwards = range(len(value.shape))[::-1]
    return value.transposed(tuple(map(int, node.attributes.get("perm", backwards))))


def _arithmetic(network: Network, node: Node, given: list[Input]) -> Value:
    if isinstance(given[0], Value) and isinstance(given[1], Value):
        if node.kind != "Add":
            raise Refusal("of two tensors; only their sum is understood")
        return network.add(given[0], given[1])
    turned = not isinstance(given[0], Value)
    value, other = data(given, int(turned)), constant(given, int(not turned))
    if (turned and node.kind == "Div") or node.kind == "Pow":
        raise Refusal("of the data; a Div by a constant, and Add, Sub and Mul, are understood")
    check_steady(value)
    number = _axes(np.asarray(other, np.float32), value)
    if value.kind == "image" and value.untouched:
        one = number if number.size == 1 else value.by_channel(number)[:, None]
        change = ARITHMETIC[node.kind]
        pair = (one, value.table) if turned else (value.table, one)
        with np.errstate(all="ignore"):
            return replace(value, table=change(*pair).reshape(-1, 256).astype(np.float32))
    number = number.astype(np.float64)
    with np.errstate(all="ignore"):
        if node.kind == "Mul":
            return value.changed(times=number)
        if node.kind == "Div":
            return replace(value, slope=value.slope / number, level=value.level / number, norm=None)
        sign = -1.0 if turned and node.kind == "Sub" else 1.0
        return value.changed(times=sign, plus=-number if node.kind == "Sub" and not turned
                             else number)


def _negative(network: Network, node: Node, given: list[Input]) -> Value:
    return _arithmetic(network, replace(node, kind="Mul"), [given[0], Constant(np.array(-1.0))])


def _axes(number: np.ndarray, value: Value) -> np.ndarray:
    """A constant with as many axes as the tensor that it is applied to."""
    lengths = (1,) * (len(value.shape) - number.ndim) + number.shape
    if len(lengths) != len(value.shape) or any(
            one not in (1, whole) for one, whole in zip(lengths, value.shape, strict=True)):
        raise Refusal(f"numbers of shape {list(number.shape)} for a tensor {list(value.shape)}; one"
                      " for each channel, or for all, is understood")
    return number.reshape(lengths)


def _norm(network: Network, node: Node, given: list[Input]) -> Value:
    value = data(given)
    check_steady(value)
    if node.attributes.get("training_mode", 0):
        raise Refusal("in training mode; export the network after eval()")
    if len(value.shape) not in (2, 4):
        raise Refusal(f"reads {list(value.shape)}; a map or a vector is understood")
    arrays = [np.asarray(constant(given, place), np.float32) for place in range(1, 5)]
    if {array.shape for array in arrays} != {(value.shape[1],)}:
        raise Refusal(f"parameters of {[list(array.shape) for array in arrays]} for data of"
                      f" {list(value.shape)}")
    eps = float(node.attributes.get("epsilon", 1e-5))
    names = ("gamma", "beta", "mean", "variance")
    if wrong := [name for name, array in zip(names, arrays, strict=True)
                 if not np.isfinite(array).all()]:
        raise Refusal(f"numbers that are not finite in its {' and '.join(wrong)}; train the network"
                      " again")
    gamma, beta, mean, variance = (array.astype(np.float64).reshape(
        1, -1, *[1] * (len(value.shape) - 2)) for array in arrays)
    if not (variance + eps > 0).all():
        raise Refusal("a variance and epsilon of 0 or less; train the network again")
    slope = gamma / np.sqrt(variance + eps)
    if value.kind == "image" and value.untouched:
        return _arithmetic(network, replace(node, kind="Add"), [
            _arithmetic(network, replace(node, kind="Mul"), [value, Constant(slope)]),
            Constant(beta - mean * slope)])
    norm = Norm(eps=eps, **dict(zip(names, arrays, strict=True))) if (
        value.untouched and eps > 0 and value.plain) else None
    return value.changed(times=slope, plus=beta - mean * slope, norm=norm)


def _clamped(network: Network, node: Node, given: list[Input]) -> Value:
    value = data(given)
    if value.pool or value.pad or value.averaged:
        check_steady(replace(value, pool=((1, 1), (1, 1))))
    low, high = -math.inf, math.inf
    if node.kind == "Relu":
        low = 0.0
    else:
        low, high = (number(given, place, node.attributes.get(key, default))
                     for place, key, default in ((1, "min", low), (2, "max", high)))
    if value.kind == "image" and value.untouched and value.table is not None:
        return replace(value, table=np.clip(value.table, np.float32(low), np.float32(high)))
    if math.isnan(low) or math.isnan(high) or max(low, value.low) > min(high, value.high):
        raise Refusal(f"clamps to {low} and {high}, which nothing lies between")
    return replace(value, low=max(low, value.low), high=min(high, value.high))


def _quantised(network: Network, node: Node, given: list[Input]) -> Value:
    value = data(given)
    made = quantiser(node, [constant(given, place) for place in range(1, len(given))])
    if value.pad:
        check_steady(value)
    if not (np.isfinite(value.slope).all() and np.isfinite(value.level).all()):
        raise Refusal("reads numbers that are not finite; train the network again")
    if value.kind == "image":
        return _image(value, made)
    if value.kind == "bits":
        return _again(value, made)
    return network.bits(value, made)


def _image(value: Value, made: Quantiser) -> Value:
    """A quantised image: whole numbers of a step in the input table."""
    table = value.table
    assert table is not None
    slope, level, scale = (value.by_channel(_axes(np.asarray(part), value)).astype(
        np.float32)[:, None] for part in (value.slope, value.level, made.scale))
    if (scale != scale[0]).any():
        raise Refusal("quantises the image with another scale in every channel; use one for all")
    real = table if value.untouched else slope * table + level
    if not np.isfinite(real).all():
        raise Refusal("reads an image of numbers that are not finite")
    levels = made.levels(real, scale if len(real) > 1 else scale[:1])
    one = (1,) * len(value.shape)
    return replace(value, table=levels, slope=np.full(one, float(scale[0, 0])),
                   level=np.zeros(one), norm=None)


def _again(value: Value, made: Quantiser) -> Value:
    """Bits behind a second quantiser, which may change their scale but not what they are."""
    at = np.arange(-value.copies, value.copies + 1, 2, dtype=np.float64)
    slope, level, scale = (part.item() if part.size == 1 else None
                           for part in (value.slope, value.level, made.scale))
    if slope is None or level is None or scale is None:
        raise Refusal("quantises again what has a scale for each channel; use one for all")
    levels = scale * made.levels(np.clip(slope * at + level, value.low, value.high))
    steps = np.diff(levels)
    if not (steps == steps[0]).all() or steps[0] <= 0:
        raise Refusal("quantises an activation again, to other levels; leave one of the two out")
    one = (1,) * len(value.shape)
    return replace(value, slope=np.full(one, steps[0] / 2), low=-math.inf, high=math.inf,
                   level=np.full(one, levels[0] + value.copies * steps[0] / 2))


OPERATORS: Mapping[str, Operator] = {
    "Identity": _same, "Dropout": _same, "Cast": _cast, "Transpose": _transpose,
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), _shape),
    **dict.fromkeys(ARITHMETIC, _arithmetic), "Neg": _negative, "BatchNormalization": _norm,
    **dict.fromkeys(("Relu", "Clip"), _clamped),
    **dict.fromkeys(("BipolarQuant", "Quant", "IntQuant"), _quantised),
    "Conv": qonnx_windows.conv, "MatMul": qonnx_windows.dense, "Gemm": qonnx_windows.dense,
    "MaxPool": qonnx_windows.max_pool, "GlobalAveragePool": qonnx_windows.average,
    "ReduceMean": qonnx_windows.average, "Pad": qonnx_windows.pad}
"""Operators of the data, by name."""
