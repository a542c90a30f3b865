# amaranth: UnusedElaboratable=no
"""A new kind of layer is a file each in three rooms; maps fork and join, and nothing is a chain.

The kind is a concat of two maps, in ``kinds/`` beside this file: a node, the layer that computes
it, and its stage. No file of the program knows it.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from design_runs import check, drawn_plan

from boards.catalogue import board
from hw.cores.stream import fifo, fork
from hw.design import stages
from hw.emit import energy
from hw.network import archive, nodes
from hw.network.geometry import Geometry
from hw.network.network import Network
from hw.network.nodes.node import BITS, IMAGE, Node
from hw.network.nodes.operations import Operations
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.nodes.threshold import Threshold
from hw.plan import graph, layers, skew
from hw.plan.search import plan

FRAMES = 5
SIDE = 6
KINDS = Path(__file__).with_name("kinds")


@pytest.fixture(autouse=True)
def concat(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Node]]:
    """The kind of node, whose files lie beside the others as the packages see it."""
    for package in (nodes, layers, stages):
        folder = KINDS / package.__name__.rpartition(".")[2]
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    yield import_module("hw.network.nodes.concat").NODE
    for package in (nodes, layers, stages):
        if sys.modules.pop(f"{package.__name__}.concat", None):
            delattr(package, "concat")


def binarised(
    rng: np.random.Generator, name: str, source: str, channels: int, *, kernel: int = 3,
    inputs: range = BITS,
) -> tuple[Node, Node]:
    """A padded convolution to 3 channels, and its thresholds."""
    geometry = Geometry(
        channels=channels, height=SIDE, width=SIDE, kernel=(kernel, kernel),
        padding=(kernel // 2, kernel // 2), pad="zero" if kernel > 1 else "none",
    )
    weights = rng.choice(np.array([-1, 1], np.int8), (3, kernel, kernel, channels))
    return (
        Product(name=name, sources=(source,), geometry=geometry, weights=weights, inputs=inputs),
        Threshold(name=f"{name}.threshold", sources=(name,),
                  thresholds=rng.integers(-3, 4, 3).astype(np.int32)),
    )


def branching(concat: type[Node], seed: int) -> Network:
    """Two layers read the image; what one gives is read by three, joined twice."""
    rng = np.random.default_rng(seed)
    image = range(-128, 128)
    geometry = Geometry(channels=6, height=SIDE, width=SIDE, kernel=(SIDE, SIDE))
    return Network(
        input_shape=(2, SIDE, SIDE),
        table=np.tile(np.arange(-128, 128, dtype=np.int16), (2, 1)),
        nodes=(
            *binarised(rng, "wide", IMAGE, 2, inputs=image),
            *binarised(rng, "narrow", IMAGE, 2, kernel=1, inputs=image),
            concat(name="both", sources=("wide.threshold", "narrow.threshold")),
            *binarised(rng, "deep", "both", 6),
            *binarised(rng, "deeper", "deep.threshold", 3),
            concat(name="all", sources=("deeper.threshold", "narrow.threshold")),
            Product(name="head", sources=("all",), geometry=geometry, inputs=BITS,
                    weights=rng.choice(np.array([-1, 1], np.int8), (4, SIDE, SIDE, 6))),
            Scores(name="scores", sources=("head",), multipliers=np.arange(1, 5),
                   offsets=np.arange(4), scale=1.0),
        ),
        classes=tuple("abcd"),
    )


@pytest.mark.parametrize("seed", range(6))
def test_scores_interval_and_latency_are_the_planned_ones(concat: type[Node], seed: int) -> None:
    network = branching(concat, seed)
    made = drawn_plan(network, seed)
    images = np.random.default_rng(seed).integers(
        0, 256, (FRAMES, *network.input_shape), dtype=np.uint8
    )
    check(made, images)


def test_the_graph_is_that_of_the_nodes(concat: type[Node]) -> None:
    network = branching(concat, 0)
    assert [layer.name for layer in graph.layers(network)] == [
        "wide", "narrow", "both", "deep", "deeper", "all", "head"]
    assert graph.makers(network) == ((None,), (None,), (0, 1), (2,), (3,), (4, 1), (5,))
    assert not any(each.gives for each in graph.formats(network)[:-1])


def test_what_comes_by_the_short_branch_waits_for_the_long_one(concat: type[Node]) -> None:
    network = branching(concat, 0)
    made = drawn_plan(network, 0)
    depths = skew.depths(network, made.foldings)
    # Two windows hold back a row and a pixel each, one of them before the first join.
    assert {("both", 1), ("all", 1)} == {*depths}
    assert depths["both", 1] > SIDE and depths["all", 1] > 2 * SIDE
    waiting = fifo.resources(3, depths["both", 1]) + fifo.resources(3, depths["all", 1])
    # The image and the narrow branch fork.
    assert skew.resources(network, made.foldings) == waiting + fork.resources(2) + fork.resources(2)


def test_it_is_planned_within_a_board_and_kept_in_files(
    concat: type[Node], tmp_path: Path
) -> None:
    network = branching(concat, 1)
    made = plan(network, board("ulx3s"), fps=10_000)
    around = sum((stage.estimate for stage in made.stages), skew.resources(network, made.foldings))
    assert made.estimate.lut > around.lut
    archive.save(network, tmp_path / "network.npz")
    loaded = archive.load(tmp_path / "network.npz")
    assert archive.digest(loaded) == archive.digest(network)
    assert [node.kind for node in loaded.nodes].count("concat") == 2


def test_a_layer_without_a_product_is_told_like_others(concat: type[Node]) -> None:
    network = branching(concat, 0)
    made = drawn_plan(network, 0)
    shares = {layer.name: layer.utilisation(folding, made.interval)
              for layer, folding, _ in graph.folded(network, made.foldings)}
    assert shares["both"] == SIDE * SIDE / made.interval and max(shares.values()) <= 1
    assert energy.of_network(network)["both"] == Operations()
    assert graph.readers(network, IMAGE) == graph.readers(network, "narrow.threshold") == 2


def test_no_file_of_the_program_knows_it() -> None:
    root = Path(__file__).resolve().parents[2]
    rooms = [path for room in ("hw", "sim", "model", "boards") for path in (root / room).rglob("*")]
    named = [path.name for path in rooms if path.suffix == ".py" and "concat" in path.stem]
    assert named == []
