"""Signs, comparisons with a number, and what stands before a sign, as layers."""

import math
from dataclasses import replace

from torch import fx

from model.importers.modules.graph import operation
from model.importers.modules.maps import Map, channelwise, fresh, uniform
from model.importers.modules.walk import Walk


def sign(walk: Walk, node: fx.Node) -> Map:
    return step_at(walk, walk.source(node), 0.0, tie=True)


def step_at(walk: Walk, x: Map, level: float, *, tie: bool) -> Map:
    """Signs of ``x - level``; with ``tie`` they are 0 at 0, which is noted."""
    x = replace(x, squashed="") if level == 0 else x
    if x.bits and uniform(x.scale) and uniform(x.shift):
        low, high = (float(x.shift[0] + way * x.scale[0]) - level for way in (-1, 1))
        if low < 0 < high:
            middle = float(x.shift[0]) - level
            walk.ties = [each for each in walk.ties if each != x.layer or middle <= 0]
            around = x.pad - level
            pad = float(around > 0) - float(around < 0) or (0.0 if tie else 1.0)
            return replace(fresh(x.layer, x.shape, bits=True), padding=x.padding, pad=pad)
    if any(x.padding):
        raise ValueError("reads a padded map; pad the bits behind it instead")
    x = x if level == 0 else x.moved(1.0, -level)
    if x.layer is None:
        raise ValueError("makes bits of the image; convert a network that reads real input, or"
                         " train with --table threshold")
    if not x.rising or bool(x.shift.any()):
        x = walk.settled(x)
    name = walk.named("sign")
    walk.builder.plain("sign", name)
    walk.reads(x)
    walk.ties += [name] if tie else []
    return fresh(name, x.shape, bits=True)


def compare(walk: Walk, node: fx.Node) -> Map:
    """1 where x >= level, otherwise 0; of > and <= the value at the level itself is noted."""
    (level,), name = walk.constants(node), operation(node)
    level = float(channelwise(level, (1,))[0])
    bits = step_at(walk, walk.source(node), level, tie=name in ("gt", "le"))
    return bits.moved(0.5, 0.5) if name in ("ge", "gt") else bits.moved(-0.5, 0.5)


def where(walk: Walk, node: fx.Node) -> Map:
    chosen, other = (float(channelwise(each, (1,))[0]) for each in walk.constants(node))
    return walk.source(node).moved(chosen - other, other)


def relu(walk: Walk, node: fx.Node) -> Map:
    x = walk.source(node)
    x.check_real()
    if not x.rising or bool(x.shift.any()) or x.layer is None:
        x = walk.settled(x)
    name = walk.named("relu")
    walk.builder.plain("relu", name)
    walk.reads(x)
    return replace(x, layer=name)


SAME_SIGN = ("max_pool2d", "view", "reshape", "flatten", "_unsafe_view", "squeeze")
"""Operations whose signs are those of the signs that they read."""


def squash(walk: Walk, node: fx.Node) -> Map:
    """An operation that keeps the sign of a number: left out if only signs read it, otherwise a
    clamp."""
    x, name = walk.source(node), operation(node)
    low, high = (-1, 1) if name == "tanh" else walk.constants(node, None, None)[:2]
    low = -math.inf if low is None else float(low)
    high = math.inf if high is None else float(high)
    keeps = low < 0 < high and math.isinf(low) == math.isinf(high)
    if not x.bits and keeps and (name == "tanh" or _only_signs(walk, node)):
        return replace(x, squashed=name)
    if x.bits or name == "tanh" or not (low < high and math.isfinite(high - low)):
        raise ValueError("changes signs; there is no layer for it")
    x, made = walk.settled(x), walk.named("clamp")
    walk.builder.plain("clamp", made, low=low, high=high)
    walk.reads(x)
    return fresh(made, x.shape)


def _only_signs(walk: Walk, node: fx.Node) -> bool:
    """True if nothing but signs is made of what an operation gives."""
    readers = walk.graph.readers(node)
    return bool(readers) and all(
        operation(each) == "sign"
        or (operation(each) in ("ge", "gt", "lt", "le") and walk.constants(each)[0] == 0)
        or (operation(each) in SAME_SIGN and _only_signs(walk, each)) for each in readers)
