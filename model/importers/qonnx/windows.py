"""What the products, pools and paddings of a QONNX graph do to maps and vectors."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from model.importers.qonnx.constants import Constant, axes
from model.importers.qonnx.graph import Node
from model.importers.qonnx.inputs import Input, check_steady, constant, data, number
from model.importers.qonnx.network import Network
from model.importers.qonnx.quantisers import Weights, weights
from model.importers.qonnx.values import Value
from model.refusal import Refusal


def _window(node: Node, value: Value, kernel: list[int]) -> tuple[list[int], list[int]]:
    """Stride and padding (rows, columns) of a Conv or MaxPool on a map."""
    given = node.attributes
    if not value.plain or len(value.shape) != 4:
        raise Refusal(f"reads {list(value.shape)}; only a map [1, channels, height, width], that is"
                      " not transposed, is understood")
    stride = list(map(int, given.get("strides", [1, 1])))
    if len(kernel) != 2 or len(stride) != 2 or min(*kernel, *stride) < 1:
        raise Refusal(f"a window of {kernel} with strides {stride}; two numbers each are"
                      " understood")
    if any(step != 1 for step in given.get("dilations", [])):
        raise Refusal(f"dilations {list(given['dilations'])}; only 1 is understood")
    pads = list(map(int, given.get("pads", [0, 0, 0, 0])))
    automatic = given.get("auto_pad", "NOTSET")
    if automatic in ("SAME_UPPER", "SAME_LOWER") and value.pad is None:
        ends = [max(0, (-(-size // step) - 1) * step + side - size) for size, step, side in zip(
            value.shape[2:], stride, kernel, strict=True)]
        low = [end // 2 if automatic == "SAME_UPPER" else end - end // 2 for end in ends]
        pads = [*low, *(end - begin for end, begin in zip(ends, low, strict=True))]
    elif automatic not in ("NOTSET", "VALID"):
        raise Refusal(f"auto_pad {automatic!r} is not understood here; use pads")
    if len(pads) != 4 or pads[:2] != pads[2:] or min(pads) < 0:
        raise Refusal(f"pads {pads}; only as many on both sides are understood, so pad evenly")
    return stride, pads[:2]


def conv(network: Network, node: Node, given: list[Input]) -> Value:
    value, parts = data(given), _weights(given, 1, lambda array: array)
    if parts.whole.ndim != 4:
        raise Refusal(f"weights of shape {list(parts.whole.shape)}; [out, in, height, width] is"
                      " understood")
    if node.attributes.get("group", 1) != 1:
        raise Refusal(f"{node.attributes['group']} groups; only one is understood, so use a full"
                      " convolution")
    kernel = list(parts.whole.shape[2:])
    if list(node.attributes.get("kernel_shape", kernel)) != kernel:
        raise Refusal(f"kernel_shape {list(node.attributes['kernel_shape'])} and weights of"
                      f" {list(parts.whole.shape)}")
    check_steady(replace(value, pad=None))
    stride, padding = _window(node, value, kernel)
    if parts.whole.shape[1] != value.channels:
        raise Refusal(f"data {list(value.shape)} and weights {list(parts.whole.shape)}")
    fill = 0.0
    if value.pad is not None:
        rows, columns, fill = value.pad
        if any(padding) and fill != 0:
            raise Refusal(f"pads with 0 what a Pad has padded with {fill:g}; let one of them pad")
        value, padding = replace(value, pad=None), [padding[0] + rows, padding[1] + columns]
    window = {"kernel": kernel, "stride": stride, "padding": padding,
              "pad": _padded(value, fill) if any(padding) else "none"}
    return _biased(network.conv(value, parts, window), given, 1.0)


def _padded(value: Value, fill: float) -> str:
    """What a tap outside the map reads, as a record says it."""
    if value.kind not in ("image", "bits"):
        return "zero"  # The product says what is wrong with it.
    slope, level = value.uniform(), value.level
    code = (fill - float(level.flat[0])) / (slope * value.copies) if slope else math.nan
    if (level != level.flat[0]).any() or code not in (0, 1, -1):
        raise Refusal(f"is padded with {fill:g}, between the levels of what it reads, which would"
                      " take a number that is no bit; use levels with 0 in the middle or at the"
                      " lowest, or no padding")
    return {0: "zero", 1: "+1", -1: "-1"}[int(code)]


def dense(network: Network, node: Node, given: list[Input]) -> Value:
    value, attributes = data(given), node.attributes
    turned = node.kind == "MatMul" or not attributes.get("transB", 0)
    if attributes.get("transA", 0):
        raise Refusal("transA is not understood; transpose before it")
    parts = _weights(given, 1, np.transpose if turned else lambda array: array)
    if parts.whole.ndim != 2 or value.shape != (1, parts.whole.shape[1]):
        shape = list(parts.whole.shape)
        raise Refusal(f"data {list(value.shape)} and weights {shape[::-1] if turned else shape}; a"
                      " flat vector and a matrix are understood")
    check_steady(value)
    made = network.dense(value, parts)
    if node.kind == "MatMul":
        return made
    alpha, beta = (float(attributes.get(key, 1.0)) for key in ("alpha", "beta"))
    return _biased(made if alpha == 1 else made.changed(times=alpha), given, beta)


def _weights(given: list[Input], place: int, turn: Callable[[np.ndarray], np.ndarray]) -> Weights:
    one = given[place]
    if not isinstance(one, Constant):
        raise Refusal("weights that are computed from the image; only constants are understood")
    step = None if one.step is None else turn(np.broadcast_to(one.step, one.array.shape))
    if not one.array.size or one.array.ndim < 2:
        raise Refusal(f"weights of shape {list(one.array.shape)}")
    return weights(turn(one.array), step)


def _biased(value: Value, given: list[Input], beta: float) -> Value:
    bias = constant(given, 2)
    if bias is None:
        return value
    number = np.asarray(bias, np.float64).reshape(-1) * beta
    if number.size not in (1, value.channels):
        raise Refusal(f"a bias of shape {list(np.shape(bias))} for {value.channels} outputs")
    return value.changed(plus=number.reshape(1, -1, *[1] * (len(value.shape) - 2)))


def max_pool(network: Network, node: Node, given: list[Input]) -> Value:
    value = data(given)
    kernel = list(map(int, node.attributes.get("kernel_shape", [])))
    stride, padding = _window(node, value, kernel)
    if any(padding):
        raise Refusal(f"padding {padding}; leave it out, or pad the Conv before it")
    if value.kind == "image" or value.averaged or value.pad:
        raise Refusal("reads the image, an average or a padded map; put it behind a Conv")
    room = [size - side for size, side in zip(value.map[1:], kernel, strict=True)]
    if node.attributes.get("ceil_mode", 0) and any(
            free % step for free, step in zip(room, stride, strict=True)):
        raise Refusal("ceil_mode with windows that reach beyond the map; leave it out, or choose"
                      " sizes that fit")
    window = (kernel[0], kernel[1]), (stride[0], stride[1])
    if (value.slope >= 0).all():
        return network.max_pool(value, *window)
    if value.kind == "bits":
        raise Refusal("reads bits times a negative number; leave that out")
    # A quantiser never turns around which of two numbers is larger: it may come first.
    return network.deferred_pool(value, *window)


def average(network: Network, node: Node, given: list[Input]) -> Value:
    value = data(given)
    if node.kind == "ReduceMean":
        found = axes(node, [None, constant(given, 1)]) or ()
        if sorted(axis % len(value.shape) for axis in found) != [2, 3]:
            raise Refusal(f"a mean over the axes {list(found)}; only that of a whole map, 2 and 3,"
                          " is understood")
    check_steady(value)
    if not value.plain or len(value.map) != 3 or value.kind == "image" or value.averaged:
        raise Refusal(f"reads {list(value.shape)}; a map that a layer made is understood")
    averaged = replace(value, shape=(1, value.channels, 1, 1), averaged=True)
    if node.attributes.get("keepdims", 1) == 0:
        return averaged.reshaped((1, value.channels))
    return averaged


def pad(network: Network, node: Node, given: list[Input]) -> Value:
    value = data(given)
    pads = [int(pad) for pad in node.attributes.get("pads", constant(given, 1, []))]
    fill = number(given, 2, node.attributes.get("value", 0.0))
    if node.attributes.get("mode", "constant") != "constant" or len(given) > 3:
        raise Refusal("only a constant around the whole map is understood")
    even = len(pads) == 8 and pads[:2] == pads[4:6] == [0, 0] and pads[2:4] == pads[6:]
    if not even or min(pads) < 0 or not value.plain or value.pad or value.averaged:
        raise Refusal(f"pads {pads} of {list(value.shape)}; only as many on both sides of a map,"
                      " directly before a Conv, are understood")
    return replace(value, pad=(pads[2], pads[3], fill)) if any(pads) else value
