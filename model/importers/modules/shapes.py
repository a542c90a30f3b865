"""Pools, flattens and padding as layers."""

import math
from dataclasses import replace

from torch import fx

from model.importers.modules.advice import ADVICE
from model.importers.modules.graph import operation
from model.importers.modules.maps import Map, fresh
from model.importers.modules.walk import Walk


def max_pool(walk: Walk, node: fx.Node) -> Map:
    x = walk.source(node)
    kernel, stride, padding, dilation, ceil = walk.constants(node, None, [], [0, 0], [1, 1], False)
    if any(padding) or any(x.padding):
        raise ValueError("is padded; pad the convolution before it instead, and train again")
    if any(each != 1 for each in dilation):
        raise ValueError("is dilated; train with dilation=1")
    kernel = list(kernel) * (2 if len(kernel) == 1 else 1)
    stride = list(stride or kernel) * (2 if len(stride) == 1 else 1)
    sizes = list(zip(x.shape[1:], kernel, stride, strict=True))
    if ceil and any((size - side) % step for size, side, step in sizes):
        raise ValueError("has ceil_mode, with windows that stand out of the map; train without")
    if x.layer is None:
        raise ValueError("pools the image before any convolution; do it to the images")
    if not x.rising:
        x = walk.settled(x)
    name = walk.named("pool")
    walk.builder.plain("max_pool", name, kernel=kernel, stride=stride)
    walk.reads(x)
    shape = (x.shape[0], *((size - side) // step + 1 for size, side, step in sizes))
    return replace(x, layer=name, shape=shape)


def average(walk: Walk, node: fx.Node) -> Map:
    """An average of the whole map; a smaller one is no layer."""
    x = walk.source(node)
    x.check_real()
    given, name = walk.constants(node), operation(node)
    whole = {
        "avg_pool2d": lambda: list(given[0]) == list(x.shape[1:]) and not any(
            given[2] if len(given) > 2 else []),
        "adaptive_avg_pool2d": lambda: list(given[0]) == [1, 1],
        "mean": lambda: sorted(each % 4 for each in given[0]) == [2, 3],
    }[name]
    if len(x.shape) != 3 or not whole():
        raise ValueError(f"there is no layer for it; {ADVICE['avg_pool2d']}")
    made = walk.named("average")
    walk.builder.plain("global_average_pool", made)
    walk.reads(x)
    pooled = replace(x, layer=made, shape=(x.shape[0], 1, 1), bits=False)
    if name == "mean" and not (len(given) > 1 and given[1]):
        return _flat(walk, pooled)
    return pooled


def view(walk: Walk, node: fx.Node) -> Map:
    x = walk.source(node)
    before, after = (tuple(walk.graph.given[each].shape)
                     for each in (node.all_input_nodes[0], node))
    if after == before:
        return x
    if len(after) != 2 or after[0] != before[0]:
        raise ValueError(f"makes {list(after)} of {list(before)}; only a flatten of each image is"
                         " read")
    if any(x.padding):
        x.check_real()
    return _flat(walk, x)


def _flat(walk: Walk, x: Map) -> Map:
    name, each = walk.named("flatten"), math.prod(x.shape[1:])
    walk.builder.plain("flatten", name)
    walk.reads(x)
    return replace(x, layer=name, shape=(x.shape[0] * each,),
                   scale=x.scale.repeat_interleave(each), shift=x.shift.repeat_interleave(each))


def pad(walk: Walk, node: fx.Node) -> Map:
    """Zeros or others around a map, for the convolution that reads it; or channels of zeros."""
    x = walk.source(node)
    sides, *others = walk.constants(node)
    value = float(([each for each in others if not isinstance(each, str)] or [0])[0] or 0)
    x.check_real()
    constant = "constant" in (*others, "constant")[:1] or not isinstance(others[0], str)
    if constant and len(sides) == 6 and not any(sides[:4]) and min(sides) >= 0 == value:
        return subsampled(walk, x, (1, 1), (sides[4], sides[5]))
    if not constant or len(sides) != 4 or (
            sides[0] != sides[1] or sides[2] != sides[3] or min(sides) < 0):
        raise ValueError(f"pads by {sides}; {ADVICE['constant_pad_nd']}")
    return replace(x, padding=(sides[2], sides[0]), pad=value)


def rows(walk: Walk, node: fx.Node) -> Map:
    """Every so many rows or columns from the first, as a shortcut of type A takes them."""
    x = walk.source(node)
    axis, start, end, step = walk.constants(node, 0, None, None, 1)
    axis %= len(x.shape) + 1
    size = len(walk.graph.given[node.all_input_nodes[0]]) if axis == 0 else x.shape[axis - 1]
    if start or (end is not None and end < size) or (step > 1 and axis < len(x.shape) - 1):
        raise ValueError(f"there is no layer for it; {ADVICE['slice']}")
    if step == 1:
        return x
    return subsampled(walk, x, (step, 1) if axis == 2 else (1, step), (0, 0))


def subsampled(walk: Walk, x: Map, stride: tuple[int, int], zeros: tuple[int, int]) -> Map:
    """A subsample of a map; one of a subsample that comes directly before is one with it."""
    x = walk.settled(x)
    if len(x.shape) != 3 or x.layer is None:
        raise ValueError(f"there is no layer for it; {ADVICE['slice']}")
    before = walk.builder.records[-1]
    if before["kind"] != "subsample" or before["name"] != x.layer:
        before = {"name": walk.named("short"), "stride": [1, 1], "before": 0, "after": 0}
        walk.builder.plain("subsample", **before)
        walk.reads(x)
        before = walk.builder.records[-1]
    before["stride"] = [one * more for one, more in zip(before["stride"], stride, strict=True)]
    before["before"] += zeros[0]
    before["after"] += zeros[1]
    shape = (x.shape[0] + sum(zeros), *(-(-size // step) for size, step in zip(
        x.shape[1:], stride, strict=True)))
    return fresh(before["name"], shape)
