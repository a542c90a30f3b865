"""Affine and add: integer maps in the middle of a network, and the values that they may hold."""

import numpy as np
import pytest

from hw.network.geometry import Geometry
from hw.network.network import Network
from hw.network.nodes.add import Add
from hw.network.nodes.affine import Affine
from hw.network.nodes.node import BITS, IMAGE
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.nodes.threshold import Threshold


def affine(multipliers: list[list[int]], offsets: list[int], shift: int, bits: int) -> Affine:
    return Affine(name="a", sources=("x",), multipliers=np.array(multipliers, np.int32),
                  offsets=np.array(offsets, np.int64), shift=shift, bits=bits)


def test_an_affine_rounds_down_and_saturates() -> None:
    node = affine([[3], [-5]], [1, 0], 2, 6)
    values = np.array([[0, 0], [1, 1], [-1, 3], [100, 100], [-100, -100]]).reshape(5, 1, 1, 2)
    assert node.arithmetic()(values).reshape(5, 2).tolist() == [
        [0, 0], [1, -2], [-1, -4], [31, -32], [-32, 31]]


def test_an_affine_joins_neighbouring_channels() -> None:
    node = affine([[1, 1, 2], [4, 0, -1]], [0, 7], 0, 8)
    assert node.shape((6, 2, 3)) == (2, 2, 3)
    assert node.arithmetic()(np.arange(6).reshape(1, 1, 1, 6)).reshape(-1).tolist() == [5, 14]


@pytest.mark.parametrize("seed", range(8))
def test_values_hold_every_result_and_reach_their_ends(seed: int) -> None:
    rng = np.random.default_rng(seed)
    node = affine(rng.integers(-9, 10, (3, 2)).tolist(), rng.integers(-40, 41, 3).tolist(),
                  int(rng.integers(0, 4)), int(rng.integers(2, 10)))
    source = range(-4, 6)
    every = np.stack(np.meshgrid(source, source), axis=-1).reshape(-1, 1, 1, 2).repeat(3, axis=-1)
    every = every[..., [0, 3, 1, 4, 2, 5]]
    results = node.arithmetic()(every)
    assert (results.min(), results.max()) == (node.values(source)[0], node.values(source)[-1])


def test_an_add_is_the_sum() -> None:
    node = Add(name="s", sources=("x", "y"))
    assert node.values(range(-3, 5), range(10)) == range(-3, 14)
    big = np.full((1, 1, 1, 1), 1 << 20, np.int32)
    assert node.arithmetic()(big, big).tolist() == [[[[1 << 21]]]]
    with pytest.raises(ValueError, match="reads a map of"):
        node.shape((2, 3, 3), (3, 3, 3))


def test_a_product_reads_only_what_it_is_made_for() -> None:
    geometry = Geometry(channels=1, height=1, width=1, kernel=(1, 1))
    product = Product(name="p", sources=(IMAGE,), geometry=geometry, inputs=range(-4, 4),
                      weights=np.ones((1, 1, 1, 1), np.int8))
    scores = Scores(name="s", sources=("q",), multipliers=np.ones(1, np.int64),
                    offsets=np.zeros(1, np.int64), scale=1.0)
    kept = {"input_shape": (1, 1, 1), "table": np.zeros((1, 256), np.int16), "classes": ("a",)}

    def network(inputs: range) -> Network:
        second = Product(name="q", sources=("p",), geometry=geometry, inputs=inputs,
                         weights=np.ones((1, 1, 1, 1), np.int8))
        return Network(nodes=(product, second, scores), **kept)

    assert network(range(-4, 5)).values == {
        IMAGE: range(-4, 4), "p": range(-4, 5), "q": range(-4, 5), "s": range(-4, 5)}
    for inputs in (range(-4, 4), BITS):
        with pytest.raises(ValueError, match="q is made for"):
            network(inputs)


def test_a_threshold_may_be_negated_and_several_on_a_sum() -> None:
    node = Threshold(name="t", sources=("x",), thresholds=np.array([-1, 0, 2, 3, 3, 3]),
                     negated=np.array([0, 0, 1, 0, 1, 0], bool))
    assert node.shape((2, 1, 1)) == (6, 1, 1)
    assert node.arithmetic()(np.array([[[[0, 3]], [[2, 2]]]])).tolist() == [
        [[[1, 1, 1, 1, 0, 1]], [[1, 1, 0, 0, 1, 0]]]]
    with pytest.raises(ValueError, match=r"expected that of t\.negated"):
        Threshold(name="t", sources=("x",), thresholds=np.zeros(2), negated=np.zeros(3, bool))
    with pytest.raises(ValueError, match="more times as many"):
        node.shape((4, 1, 1))
