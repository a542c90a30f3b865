"""Arithmetic with constants, and the sum of two maps, as layers."""

from torch import fx

from model.importers.modules.advice import ADVICE
from model.importers.modules.graph import operation
from model.importers.modules.maps import Map, channelwise, fresh
from model.importers.modules.walk import Walk


def arithmetic(walk: Walk, node: fx.Node) -> Map:
    """Addition, subtraction, multiplication or division; of two maps there is only a sum."""
    name, pair = operation(node), node.args[:2]
    factor = float(node.kwargs.get("alpha", 1))  # type: ignore[arg-type]
    if all(walk.graph.moves(each) for each in pair):
        if name != "add" or factor != 1:
            raise ValueError(f"there is no layer for it; {ADVICE['mul']}" if name == "mul" else
                             "takes two maps; only a sum of two is read")
        return add(walk, node)
    first = walk.graph.moves(pair[0])
    x = walk.source(node, 0 if first else 1)
    other = channelwise(walk.graph.constant(pair[1 if first else 0]), x.shape)
    if name == "mul":
        return x.moved(other)
    if name == "div":
        if not first:
            raise ValueError("divides by a map; there is no layer for it")
        return x.moved(1 / other)
    if name == "add":
        return x.moved(1.0 if first else factor, factor * other if first else other)
    low, high = (x.moved(1.0, -factor * other), x.moved(-factor, other))
    return low if first == (name == "sub") else high


def add(walk: Walk, node: fx.Node) -> Map:
    pair = [walk.source(node, index) for index in (0, 1)]
    for x in pair:
        if x.squashed:
            raise ValueError(f"adds the real numbers of a {x.squashed}, for which there is no"
                             " layer; train with hardtanh in its place")
    pair = [walk.settled(x) for x in pair]
    if pair[0].shape != pair[1].shape:
        raise ValueError("adds maps of two shapes; pad or pool neither, but use a 1x1 convolution"
                         " in the shortcut")
    last = next((each for each in pair if each.layer == walk.builder.last), None)
    if last is None or any(each.layer is None for each in pair):
        raise ValueError("adds the image, or two maps before the last; compute one of them last")
    other = pair[0] if last is pair[1] else pair[1]
    name = walk.named("add")
    walk.builder.plain("add", name, **{"from": other.layer})
    return fresh(name, last.shape)


def negated(walk: Walk, node: fx.Node) -> Map:
    return walk.source(node).moved(-1.0)


def softmax(walk: Walk, node: fx.Node) -> Map:
    x = walk.source(node)
    x.check_real()
    if walk.graph.root(walk.graph.scores) is not node or len(x.shape) != 1:
        raise ValueError("there is no softmax inside a network")
    walk.softmax = operation(node)
    return x
