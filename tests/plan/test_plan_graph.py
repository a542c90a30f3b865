"""Layers of a graph: which nodes are computed together, and where vectors come in beats."""

from dataclasses import replace

import pytest
from plan_networks import cnv, digits, flat

from hw.network.geometry import Geometry
from hw.network.nodes.pool import Pool
from hw.plan import graph
from hw.plan.plan import Folding
from model.refusal import Refusal


def test_a_layer_is_a_product_with_what_follows_it():
    layers = graph.layers(digits())
    assert [[node.kind for node in layer.nodes] for layer in layers] == [
        ["product", "threshold", "pool"], ["product", "threshold", "pool"], ["product", "scores"]]
    assert [(layer.name, layer.kind, layer.sources, layer.output) for layer in layers] == [
        ("conv0", "hidden", ("_image",), "conv0.pool"),
        ("conv1", "hidden", ("conv0.pool",), "conv1.pool"),
        ("head", "head", ("conv1.pool",), "scores")]
    assert graph.makers(digits()) == ((None,), (0,), (1,))
    assert graph.layers(digits()) is graph.layers(digits())


def test_vectors_come_in_beats_from_the_image_and_from_dense_layers_but_not_from_pools():
    assert [(each.takes, each.gives) for each in graph.formats(flat())] == [
        (True, True), (True, True), (True, True), (True, False)]
    assert [each.takes for each in graph.formats(cnv())] == [False] * 5 + [True] * 4
    assert [each.gives for each in graph.formats(cnv())] == [False] * 4 + [True] * 4 + [False]
    assert not any(each.takes or each.gives for each in graph.formats(digits()))


def test_beats_of_a_vector_are_as_wide_as_what_comes_before():
    foldings = [Folding(pe=pe, simd=4, weights="block") for pe in (16, 8, 32, 1)]
    assert graph.arriving(flat(), foldings, 4) == ((4,), (16,), (8,), (32,))
    assert graph.arriving(digits(), foldings[:3]) == ((None,),) * 3
    # Passes of which the last has idle channels are collected to a whole vector.
    assert graph.arriving(flat(), [replace(foldings[0], pe=48), *foldings[1:]])[1] == (64,)


def test_a_pool_without_a_threshold_of_its_own_is_refused_by_its_node():
    nodes = list(digits().nodes)
    pool = nodes[2]
    assert isinstance(pool, Pool)
    geometry = replace(pool.geometry, height=14, width=14, stride=(1, 1), kernel=(1, 1))
    again = replace(pool, name="again", sources=(pool.name,), geometry=geometry)
    then = replace(nodes[3], sources=("again",))
    network = replace(digits(), nodes=(*nodes[:3], again, then, *nodes[4:]))
    with pytest.raises(Refusal, match="'again': hardware has no layer that begins with a pool"):
        graph.layers(network)


@pytest.mark.parametrize(("kernel", "padding", "covering"), [
    ((3, 4), (0, 0), True), ((3, 3), (0, 0), False), ((3, 4), (1, 0), False),
])
def test_a_vector_is_read_by_a_kernel_as_large_as_its_map_without_padding(
    kernel, padding, covering
):
    geometry = Geometry(channels=2, height=3, width=4, kernel=kernel, padding=padding, pad="zero")
    assert geometry.whole == covering
