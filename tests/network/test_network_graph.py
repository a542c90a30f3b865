"""The graph of a network: what its nodes read, their shapes, and what is no network."""

from dataclasses import replace

import numpy as np
import pytest

from hw.network.fold import fold
from hw.network.geometry import Geometry
from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.network.nodes.operations import Operations
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.nodes.threshold import Threshold
from sim.random_networks import random_checkpoint

CONV = Product(
    name="conv", sources=(IMAGE,), inputs=range(-4, 4),
    geometry=Geometry(channels=2, height=5, width=4, kernel=(2, 1)),
    weights=np.ones((3, 2, 1, 2), np.int8),
)
PAIRS = Threshold(name="pairs", sources=("conv",), thresholds=np.zeros(6, np.int32))
POOL = Pool(
    name="pool", sources=("pairs",), any_of=np.ones(6, bool),
    geometry=Geometry(channels=6, height=4, width=4, kernel=(2, 2), stride=(2, 2)),
)
DENSE = Product(
    name="dense", sources=("pool",), inputs=range(-1, 2, 2),
    geometry=Geometry(channels=6, height=2, width=2, kernel=(2, 2)),
    weights=np.ones((2, 2, 2, 6), np.int8),
)
SCORES = Scores(name="scores", sources=("dense",), multipliers=np.ones(2, np.int64),
                offsets=np.zeros(2, np.int64), scale=1.0)
NODES = CONV, PAIRS, POOL, DENSE, SCORES


def network(*nodes, **changes):
    given = {"input_shape": (2, 5, 4), "table": np.zeros((2, 256), np.int16),
             "nodes": nodes or NODES, "classes": ("a", "b"), **changes}
    return Network(**given)


def test_edges_and_shapes_are_those_of_the_nodes():
    one = network()
    assert one.shapes == {IMAGE: (2, 5, 4), "conv": (3, 4, 4), "pairs": (6, 4, 4),
                          "pool": (6, 2, 2), "dense": (2, 1, 1), "scores": (2, 1, 1)}
    assert one["pool"] is POOL and one.products == (CONV, DENSE) and one.scores is SCORES
    assert one.readers(IMAGE) == (CONV,) and one.readers("pool") == (DENSE,)
    assert one.readers("scores") == () and one.inputs == range(-4, 4)
    assert [node.kind for node in one.nodes] == ["product", "threshold", "pool", "product",
                                                 "scores"]


@pytest.mark.parametrize(("once", "times", "shared"), [
    ([[1, -1, 1], [1, 1, -1]], 1, 1), ([[1, -1, 1], [1, 1, -1]], 2, 2),
    ([[1, -1, 1], [1, 1, -1]], 3, 3), ([[1, -1, -1, 1]], 1, 1), ([[1, 1, -1, 1]], 1, 1),
    ([[1, 1, -1, -1, -1, -1]], 1, 2), ([[1, 1]], 1, 2),
])
def test_channels_share_weights_where_every_row_and_tap_says_so(once, times, shared):
    weights = np.array(once, np.int8).repeat(times, axis=1)
    channels = weights.shape[1]
    taps = np.stack([np.ones_like(weights), weights], axis=1)[:, :, None]
    product = replace(CONV, weights=taps, inputs=range(-1, 2, 2), geometry=Geometry(
        channels=channels, height=5, width=4, kernel=(2, 1)))
    assert product.shared == shared


def test_operations_are_counted_as_the_paper_does():
    assert CONV.operations((2, 5, 4)) == Operations(xnor=4 * 48, count=4 * 48)
    assert PAIRS.operations((3, 4, 4)) == Operations(compare=96)
    assert POOL.operations((6, 4, 4)) == Operations()
    assert SCORES.operations((2, 1, 1)) == Operations(compare=2)


@pytest.mark.parametrize(("build", "told"), [
    (lambda: network(*NODES[:-1]), "the last node gives no scores"),
    (lambda: network(classes=("a", "b", "c")), "2 scores for 3 classes"),
    (lambda: network(table=np.zeros((1, 256))), r"table has shape \(1, 256\), expected \(2, 256\)"),
    (lambda: network(CONV, replace(PAIRS, name="conv"), *NODES[2:]),
     "several nodes are called 'conv'"),
    (lambda: network(CONV, replace(PAIRS, name="more"), *NODES[1:]), "nothing reads node 'more'"),
    (lambda: network(CONV, POOL, PAIRS, DENSE, SCORES),
     "node 'pool' reads 'pairs', and none before it is called so"),
    (lambda: network(input_shape=(2, 6, 4)),
     r"product 'conv' reads a map of \(2, 6, 4\), not of \(2, 5, 4\)"),
    (lambda: network(CONV, replace(PAIRS, thresholds=np.zeros(5)), *NODES[2:]),
     r"pairs.thresholds has shape \(5,\), expected that of pairs.negated, \(6,\)"),
    (lambda: replace(CONV, weights=np.ones((3, 2, 2, 2))),
     r"conv.weights has shape \(3, 2, 2, 2\), expected \(3, 2, 1, 2\)"),
    (lambda: replace(POOL, any_of=np.ones(5, bool)), r"pool.any_of has shape \(5,\)"),
    (lambda: replace(SCORES, offsets=np.zeros(3)), r"scores.offsets has shape \(3,\)"),
    (lambda: replace(SCORES, multipliers=np.ones((2, 1)), offsets=np.zeros((2, 1))),
     r"scores.offsets has shape \(2, 1\)"),
    (lambda: replace(PAIRS, thresholds=np.zeros((6, 1))), r"pairs.thresholds has shape \(6, 1\)"),
])
def test_what_is_no_network_is_an_error(build, told):
    with pytest.raises(ValueError, match=told):
        build()


def test_two_products_read_the_same_integers_from_the_image():
    wide = replace(CONV, name="wide", inputs=range(-9, 9))
    last = replace(DENSE, name="last", sources=("wide",))
    with pytest.raises(ValueError, match="two read other integers from it"):
        network(CONV, wide, PAIRS, POOL, DENSE, last, replace(SCORES, sources=("dense", "last")))


def test_fold_makes_a_chain_of_the_layers_names():
    nodes = fold(random_checkpoint(3)).nodes
    sources = [IMAGE, *(node.name for node in nodes[:-1])]
    assert [node.sources for node in nodes] == [(source,) for source in sources]
    assert all(node.name.partition(".")[2] in ("", node.kind) for node in nodes)
