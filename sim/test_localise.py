"""A fault in the hardware is found by co-simulation and named: image, layer, channel, y, x."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards.catalogue import board
from hw.design.accelerator import Accelerator
from hw.network.fold import fold
from hw.network.geometry import Geometry
from hw.network.network import Network
from hw.network.nodes.node import BITS, IMAGE, Node
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.nodes.threshold import Threshold
from hw.network.reference import Reference
from hw.plan.plan import Plan
from hw.plan.search import plan
from model.checkpoint import save
from sim import run
from sim.cosimulate import cosimulate
from sim.levels import by_seed
from sim.random_networks import random_checkpoint, random_images

RNG_SEED = 7


def right() -> Network:
    """conv1 on bytes with OR and AND pools, conv2 on bits with padding that does not count."""
    rng = np.random.default_rng(RNG_SEED)
    first = Geometry(channels=1, height=8, width=7, kernel=(3, 2))
    pooling = Geometry(channels=4, height=6, width=6, kernel=(2, 2), stride=(2, 2))
    second = Geometry(
        channels=4, height=3, width=3, kernel=(3, 3), padding=(1, 1), pad="zero"
    )  # fmt: skip
    last = Geometry(channels=6, height=3, width=3, kernel=(3, 3))

    def product(
        name: str, source: str, geometry: Geometry, outputs: int, inputs: range
    ) -> Product:
        shape = (outputs, *geometry.kernel, geometry.channels)
        weights = rng.choice([-1, 1], shape).astype(np.int8)
        return Product(
            name=name, sources=(source,), geometry=geometry, weights=weights, inputs=inputs
        )

    conv1 = product("conv1", IMAGE, first, 4, range(-128, 128))
    conv2 = product("conv2", "pool1", second, 6, BITS)
    dense = product("dense", "threshold2", last, 5, BITS)
    threshold1 = Threshold(
        name="threshold1", sources=("conv1",), thresholds=np.array([7, -30, 60, 1], np.int32)
    )
    pool1 = Pool(
        name="pool1", sources=("threshold1",), geometry=pooling,
        any_of=np.array([True, False, True, False]),
    )  # fmt: skip
    threshold2 = Threshold(
        name="threshold2", sources=("conv2",), thresholds=np.array([0, 2, -2, 4, 0, 1], np.int32)
    )
    scores = Scores(
        name="scores", sources=("dense",), multipliers=np.ones(5, int),
        offsets=np.zeros(5, int), scale=1.0,
    )  # fmt: skip
    return Network(
        input_shape=(1, 8, 7),
        table=(np.arange(256, dtype=np.int16) - 128)[None],
        nodes=(conv1, threshold1, pool1, conv2, threshold2, dense, scores),
        classes=tuple("abcde"),
    )


def changed(network: Network, node: Node) -> Network:
    """With another node of the same name."""
    nodes = (node if each.name == node.name else each for each in network.nodes)
    return replace(network, nodes=tuple(nodes))


def thresholds(network: Network) -> list[Threshold]:
    return [node for node in network.nodes if isinstance(node, Threshold)]


def threshold(number: int, channel: int, step: int) -> Callable[[Network], Network]:
    def fault(network: Network) -> Network:
        node = thresholds(network)[number]
        moved = node.thresholds.copy()
        moved[channel] += step
        return changed(network, replace(node, thresholds=moved))

    return fault


def flipped_pool(network: Network) -> Network:
    pool = network["pool1"]
    assert isinstance(pool, Pool)
    any_of = pool.any_of.copy()
    any_of[1] = True
    return changed(network, replace(pool, any_of=any_of))


def head_weight(network: Network) -> Network:
    product = network.products[-1]
    weights = product.weights.copy()
    weights[3, 1, 2, 4] *= -1
    return changed(network, replace(product, weights=weights))


def planned(network: Network) -> Plan:
    return plan(network, board("ulx3s"), "12F", fill=0.2)


def images(count: int = 12) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 1, 8, 7), np.uint8)


def first_image(faulty: Network) -> int:
    scores = [Reference(each).run(images()).scores for each in (right(), faulty)]
    return int(np.flatnonzero((scores[0] != scores[1]).any(axis=1))[0])


@pytest.mark.parametrize(
    ("fault", "number"),
    [
        pytest.param(threshold(0, 2, -40), 0, id="first_layer"),
        pytest.param(threshold(1, 5, 2), 1, id="second_layer"),
    ],
)
def test_a_changed_threshold_is_named(fault: Callable[[Network], Network], number: int) -> None:
    network, faulty = right(), fault(right())
    right_one, wrong = (thresholds(each)[number].thresholds for each in (network, faulty))
    image, layer = first_image(faulty), network.products[number].name
    sums = Reference(network).trace(images())[layer][image].transpose(1, 2, 0)
    y, x, channel = np.argwhere((sums >= right_one) != (sums >= wrong))[0]
    reference = int(sums[y, x, channel] >= right_one[channel])

    found = cosimulate(Accelerator(planned(faulty)), network, images())

    assert found.differing[0] == image
    assert str(found.mismatch) == (
        f"image {image}, layer {layer}, bit, channel {channel}, y {y}, x {x}: "
        f"hardware {1 - reference}, reference {reference} "
        f"(accumulator {sums[y, x, channel]}, threshold {right_one[channel]})"
    )


def test_a_changed_threshold_of_a_pair_is_named_with_the_sum_of_both() -> None:
    checkpoint = random_checkpoint(110, pairs=True)
    network, shown = fold(checkpoint), random_images(checkpoint, 12, 110)
    product, node, *_ = network.nodes
    assert isinstance(product, Product) and isinstance(node, Threshold)
    assert node.channels == 2 * product.outputs and not isinstance(network.nodes[2], Pool)
    traced = Reference(network).trace(shown)
    bits = traced[node.name]
    channel = int(np.argmax(bits.max(axis=(0, 2, 3)) & np.arange(node.channels) % 2))
    # Never 1 in place of sometimes.
    step = product.bound + 1 - int(node.thresholds[channel])
    faulty = threshold(0, channel, step)(network)

    found = cosimulate(Accelerator(planned(faulty)), network, shown).mismatch

    assert found is not None and channel % 2 == 1
    assert (found.layer, found.channel, found.hardware, found.reference) == (
        product.name, channel, 0, 1)
    sums = traced[product.name][found.image, channel // 2]
    assert (found.accumulator, found.threshold) == (
        sums[found.y, found.x], node.thresholds[channel])


def test_a_changed_pool_is_named() -> None:
    faulty = flipped_pool(right())
    found = cosimulate(Accelerator(planned(faulty)), right(), images())
    assert found.mismatch is not None
    assert (found.mismatch.layer, found.mismatch.part) == ("conv1", "pool")
    assert (found.mismatch.channel, found.mismatch.hardware, found.mismatch.reference) == (1, 1, 0)
    assert found.mismatch.accumulator is not None and found.mismatch.threshold == -30
    assert found.mismatch.accumulator < -30


def test_a_changed_head_is_named_by_its_score() -> None:
    faulty = head_weight(right())
    image = first_image(faulty)
    expected, hardware = (Reference(each).run(images()).scores[image] for each in (right(), faulty))

    found = cosimulate(Accelerator(planned(faulty)), right(), images())

    assert (found.scores == Reference(faulty).run(images()).scores).all()
    assert str(found.mismatch) == (
        f"image {image}, layer dense, score, channel 3: hardware {hardware[3]}, "
        f"reference {expected[3]} (accumulator {expected[3]})"
    )


def test_a_part_of_a_layer_is_named() -> None:
    """Its name has a dot, and the simulator an escape for it."""
    one = by_seed(3)
    node = next(node for node in thresholds(one.network) if "." in node.name)
    faulty = changed(one.network, replace(node, negated=~node.negated))
    found = cosimulate(Accelerator(replace(one.plan, network=faulty)), one.network, one.images)
    assert found.mismatch is not None
    assert (found.mismatch.layer, found.mismatch.part) == (node.name, "bit")


def test_without_a_fault_nothing_is_named() -> None:
    found = cosimulate(Accelerator(planned(right())), right(), images())
    assert (len(found.differing), found.mismatch) == (0, None)
    assert (found.scores == Reference(right()).run(images()).scores).all()
    assert found.cycles_per_frame == planned(right()).interval


def test_sim_run_says_where_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = random_checkpoint(5)
    network, shown = fold(checkpoint), random_images(checkpoint, 6)
    save(checkpoint, tmp_path / "net.pt")
    np.save(tmp_path / "X.npy", shown)
    first, node = network.products[0], thresholds(network)[0]
    faulty = changed(network, replace(node, thresholds=0 * node.thresholds - first.bound))
    monkeypatch.setattr(
        "sim.work.run.Accelerator", lambda p: Accelerator(replace(p, network=faulty)))
    arguments = ["--checkpoint", str(tmp_path / "net.pt"), "--images", str(tmp_path / "X.npy")]
    assert run.main([*arguments, "--out", str(tmp_path / "Z.npz")]) == 1
    said = capsys.readouterr()
    name = first.name
    assert re.search(rf"failed: image \d+, layer {name}, bit, channel \d+, y \d+, x ", said.err)
    assert "differ from the reference" in said.out
    with np.load(tmp_path / "Z.npz") as written:
        assert (written["classes"] == Reference(faulty).run(shown).classes).all()
