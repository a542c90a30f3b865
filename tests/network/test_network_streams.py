"""Streams: networks with forks, adds, affines and integer weights, PyTorch to the bit."""

from collections import Counter

import numpy as np
import pytest
import torch

from hw.network.agreement import parting
from hw.network.archive import digest, load, save
from hw.network.fold import fold, pattern_of
from hw.network.nodes.add import Add
from hw.network.nodes.affine import Affine
from hw.network.nodes.node import IMAGE
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.threshold import Threshold
from hw.network.reading.pieces import ProductPiece
from hw.network.reference import Reference
from model.checkpoint import Checkpoint
from model.networks import build
from model.refusal import Refusal
from model.work.evaluate import evaluate
from sim.pytorch import differing
from sim.random_clamps import clamped_checkpoint
from sim.random_networks import random_images
from sim.random_streams import stream_checkpoint

BYTES = [[value - 128 for value in range(256)]]


def pytorch(checkpoint, images):
    with torch.no_grad():
        return checkpoint.module()(torch.from_numpy(images)).numpy()


@pytest.mark.parametrize(("first", "drawn"), [
    *((first, stream_checkpoint) for first in range(0, 120, 20)),
    *((first, clamped_checkpoint) for first in range(0, 60, 20))])
def test_every_map_and_class_is_pytorchs(first, drawn):
    for seed in range(first, first + 20):
        checkpoint = drawn(seed)
        network, images = fold(checkpoint), random_images(checkpoint, 20, seed)
        assert differing(checkpoint, network, images) == [], seed
        classes, wanted = Reference(network).run(images).classes, pytorch(checkpoint, images)
        parted = parting(checkpoint, network, images, classes, wanted.argmax(1))
        assert not len(parted.real), seed
        exact = [piece.name for piece in pattern_of(checkpoint).pieces
                 if isinstance(piece, ProductPiece) and piece.averaged]
        assert exact or not len(parted.images), seed


@pytest.mark.parametrize("drawn", [stream_checkpoint, clamped_checkpoint])
@pytest.mark.parametrize("seed", range(12))
def test_values_hold_every_number_of_a_map(seed, drawn):
    checkpoint = drawn(seed)
    network = fold(checkpoint)
    traced = Reference(network).trace(random_images(checkpoint, 20, seed))
    for name, values in network.values.items():
        if name in traced and values.step == 1 and name != network.scores.name:
            assert values[0] <= traced[name].min() and traced[name].max() <= values[-1], name


def test_the_seeds_meet_every_kind():
    """What the comparison above stands on."""
    found = Counter()
    for seed in range(60):
        network = fold(stream_checkpoint(seed))
        kind = {node.name: node.kind for node in network.nodes}
        for node in network.nodes:
            sources = [kind.get(source, IMAGE) for source in node.sources]
            copies = (node.channels // network.shapes[node.sources[0]][0]
                      if isinstance(node, Threshold) else 1)
            found.update({
                f"{node.kind} of {' and '.join(sorted(sources))}",
                *(["negated"] if isinstance(node, Threshold) and node.negated.any() else []),
                *(["planes"] if isinstance(node, Affine) and node.joined > 1 else []),
                *(["a shift"] if isinstance(node, Affine) and node.shift > 1 else []),
                *(["AND"] if isinstance(node, Pool) and not node.any_of.all() else []),
                *([f"{copies} thresholds"] if copies > 1 else []),
                *(["a fork"] if len(network.readers(node.name)) > 1 else []),
                *(["padded integers"] if isinstance(node, Product) and not node.binary
                  and IMAGE not in node.sources and node.geometry.pad != "none" else []),
            })
    assert found.keys() >= {
        "threshold of product", "threshold of add", "threshold of affine", "scores of product",
        "scores of add", "scores of affine", "product of affine", "product of pool",
        "add of add and affine", "add of affine and product", "add of affine and affine",
        "affine of add", "affine of affine", "affine of product", "negated", "planes", "a shift",
        "AND", "2 thresholds", "3 thresholds", "4 thresholds", "a fork", "padded integers"}


def test_the_seeds_meet_every_kind_of_clamped_stream():
    found = Counter()
    for seed in range(60):
        network = fold(clamped_checkpoint(seed))
        for node in network.nodes:
            read = network.values[node.sources[0]]
            found.update({
                node.kind,
                *(["cuts"] if node.kind == "clamp" and network.values[node.name] != read else []),
                *(["a power of two"] if node.kind == "clamp" and node.low == -node.high else []),
                *(["zeros"] if node.kind == "subsample" and node.before + node.after else []),
                *(["no zeros"] if node.kind == "subsample" and not node.before + node.after
                  else [])})
    assert found.keys() >= {"clamp", "subsample", "global_sum", "cuts", "a power of two", "zeros",
                            "no zeros"}


@pytest.mark.parametrize("drawn", [stream_checkpoint, clamped_checkpoint])
def test_archive_keeps_a_network_of_streams(tmp_path, drawn):
    for seed in range(6):
        network = fold(drawn(seed))
        save(network, tmp_path / "network.npz")
        assert digest(load(tmp_path / "network.npz")) == digest(network)


def made(layers, *, classes, state=None, shape=(1, 2, 2)):
    """A checkpoint of a few layers on bytes, with weights +1 but those of ``state``."""
    torch.manual_seed(1)
    network = build({"input": {"shape": list(shape), "table": BYTES * shape[0]}, "layers": layers})
    tensors = {name: torch.where(tensor >= 0, 1, -1).to(torch.int8)
               if name.endswith("weight") and tensor.dim() > 1 and tensor.dtype != torch.int8
               else tensor for name, tensor in network.state_dict().items()}
    given = {name: torch.as_tensor(value) for name, value in (state or {}).items()}
    return Checkpoint(method="test", arch=network.arch.plain(), state_dict={**tensors, **given},
                      classes=[f"c{number}" for number in range(classes)], metrics={}, training={})


def conv(name, out=2, **fields):
    return {"kind": "conv", "name": name, "out": out, "kernel": [1, 1], **fields}


def layer(kind, name=None, **fields):
    return {"kind": kind, "name": name or kind, **fields}


def norm(name, gamma, beta, mean):
    count = len(gamma)
    values = {"weight": gamma, "bias": beta, "running_mean": mean, "running_var": [1.0] * count}
    return {f"{name}.{key}": torch.tensor(value, dtype=torch.float32)
            for key, value in values.items()}


FORK = [
    conv("c1"), layer("batch_norm", "b1"), layer("sign", "s1"), conv("c2"),
    layer("add", "sum", **{"from": "c1"}), layer("batch_norm", "b2"), layer("sign", "s2"),
    layer("flatten"), layer("dense", "fc", out=2),
]


def forked(gamma):
    return made(FORK, classes=2, state={
        "c1.weight": np.ones((2, 1, 1, 1), np.int8), "c2.weight": np.ones((2, 2, 1, 1), np.int8),
        **norm("b1", gamma, [0.0, 0.0], [3.0, 3.0]), **norm("b2", gamma, [0.0, 0.0], [0.5, -4.0])})


@pytest.mark.parametrize("gamma", [[1.0, -1.0], [0.0, -2.0], [-1.0, 0.0]])
def test_sums_with_two_readers_are_not_negated(gamma):
    checkpoint = forked(gamma)
    network = fold(checkpoint)
    assert [node.name for node in network.nodes] == [
        "c1", "s1.threshold", "c2", "sum", "s2.threshold", "fc", "fc.scores"]
    assert (network["c1"].weights == 1).all()
    for name in ("s1.threshold", "s2.threshold"):
        assert network[name].negated.tolist() == [each < 0 for each in gamma]
    images = np.arange(256, dtype=np.uint8).reshape(64, 1, 2, 2)
    assert differing(checkpoint, network, images) == []


def test_a_turned_threshold_is_one_above_the_last_that_gives_one():
    """-(acc - 3) >= 0 up to 3; of no integer that the map may hold it is the end of these."""
    network = fold(forked([1.0, -1.0]))
    assert network["s1.threshold"].thresholds.tolist() == [3, 4]
    assert network.values["c1"] == range(-128, 129)
    far = made(FORK, classes=2, state={**norm("b1", [1.0, -1.0], [0.0, 0.0], [1e6, 1e6]),
                                       **norm("b2", [1.0, -1.0], [0.0, 0.0], [-1e6, -1e6])})
    network = fold(far)
    assert network["s1.threshold"].thresholds.tolist() == [129, 129]
    assert network["s2.threshold"].thresholds.tolist() == [-130, -130]
    assert "layer 's1': 2 of 2 channels are constant" in network.notes


@pytest.mark.parametrize("order", [
    ("max_pool", "batch_norm", "sign"), ("batch_norm", "max_pool", "sign"),
    ("batch_norm", "sign", "max_pool"), ("max_pool", "sign"), ("sign", "max_pool"),
    ("threshold", "max_pool"), ("max_pool", "threshold")])
def test_a_pool_of_a_stream(order):
    steps = [layer(kind, **({"kernel": [2, 1]} if kind == "max_pool" else {})) for kind in order]
    state = norm("batch_norm", [1.0, -1.0], [0.0, 0.5], [3.0, -5.0]) if "batch_norm" in order else (
        {"threshold.threshold": torch.tensor([2.5, -3.0])} if "threshold" in order else {})
    checkpoint = made(
        [conv("c1"), layer("affine", "a", shift=1, bits=6), *steps, layer("flatten"),
         layer("dense", "fc", out=2)], classes=2,
        state={**state, "a.multiplier": torch.tensor([3, -5], dtype=torch.int32),
               "a.offset": torch.tensor([-7, 11])})
    network = fold(checkpoint)
    last = order[-1]
    assert {f"{last}.threshold", f"{last}.pool"} <= {node.name for node in network.nodes}
    if "batch_norm" in order:
        first = order.index("max_pool") < order.index("batch_norm")
        assert network[f"{last}.pool"].any_of.tolist() == [True, not first]
    images = np.random.default_rng(0).integers(0, 256, (400, 1, 2, 2), dtype=np.uint8)
    assert differing(checkpoint, network, images) == []


def test_bits_that_are_read_pooled_and_whole_have_a_threshold_each():
    checkpoint = made(
        [conv("c1"), layer("sign", "s1"), layer("max_pool", "p", kernel=[2, 2]), conv("c2"),
         layer("flatten", "f1"), conv("c3", **{"from": "s1"}),
         layer("max_pool", "q", kernel=[2, 2]), layer("sign", "s3"), conv("c4"),
         layer("flatten", "f2"), layer("add", "sum", **{"from": "f1"})], classes=2)
    network = fold(checkpoint)
    assert {node.name for node in network.readers("c1")} == {"s1.threshold", "p.threshold"}
    images = np.random.default_rng(0).integers(0, 256, (400, 1, 2, 2), dtype=np.uint8)
    assert differing(checkpoint, network, images) == []
    assert (pytorch(checkpoint, images).argmax(1) == Reference(network).run(images).classes).all()


@pytest.mark.parametrize(("side", "rounds"), [(2, False), (3, True)])
def test_the_average_of_bits_is_told_where_pytorch_rounds_it(side, rounds):
    checkpoint = made(
        [conv("c1", 3), layer("sign"), layer("global_average_pool", "average"), layer("flatten"),
         layer("dense", "fc", out=2, bias=True)], classes=2, shape=(1, side, side))
    network = fold(checkpoint)
    assert network["fc"].geometry.kernel == (1, 1)
    assert network["fc"].geometry.positions == side**2
    assert rounds is ("layer 'fc': PyTorch rounds the averages over 9 positions that it reads, and "
                      "with them its scores' last bits" in network.notes)
    images = np.random.default_rng(0).integers(0, 256, (200, 1, side, side), dtype=np.uint8)
    found = evaluate(checkpoint, images, integer=True, device="cpu")
    assert found.differing == found.rounded
    scores = pytorch(checkpoint, images)
    near = network.scores.scale * found.scores
    assert np.abs(near - scores).max() < 1e-4


def test_scores_of_a_stream_are_its_sums():
    checkpoint = made(
        [conv("c1", 3), layer("sign"), conv("c2", 3), layer("add", "sum", **{"from": "c1"}),
         layer("global_average_pool")], classes=3)
    network = fold(checkpoint)
    assert network.scores.name == "sum.scores" and network.scores.sources == ("sum",)
    images = np.random.default_rng(0).integers(0, 256, (50, 1, 2, 2), dtype=np.uint8)
    scores = Reference(network).run(images).scores
    assert (scores == 4 * pytorch(checkpoint, images)).all()


def test_another_integer_in_front_of_the_scores_is_real():
    checkpoint = made(
        [conv("c1", 2), layer("sign"), conv("c2", 2), layer("add", "sum", **{"from": "c1"}),
         layer("global_average_pool")], classes=2,
        state={"c1.weight": np.array([1, -1], np.int8).reshape(2, 1, 1, 1)})
    network = fold(checkpoint)
    add = network["sum"]
    assert isinstance(add, Add)
    broken = network.__class__(**{
        **{name: getattr(network, name) for name in ("input_shape", "table", "classes", "notes")},
        "nodes": tuple(Add(name="sum", sources=("c2", "c2")) if node is add else node
                       for node in network.nodes)})
    images = np.full((1, 1, 2, 2), 200, np.uint8)
    right = Reference(network).run(images).classes
    assert not len(parting(checkpoint, network, images, right, right).images)
    assert parting(checkpoint, broken, images, 1 - right, right).real.tolist() == [0]


def test_every_problem_of_a_stream_is_told_when_it_is_folded():
    layers = [dict(each) for each in FORK]
    layers[4:6] = [layer("batch_norm", "bn"), layer("add", "sum", **{"from": "b1"})]
    with pytest.raises(Refusal) as refusal:
        fold(made(layers, classes=2))
    assert [line.split(":")[0] for line in str(refusal.value).splitlines()] == [
        "2 things hardware cannot do", "layer 'b1'", "layer 'bn'"]
