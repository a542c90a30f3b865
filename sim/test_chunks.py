"""Runs in chunks: any number of processes gives the same answers, counts and first difference."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

from boards.catalogue import board
from hw.design.accelerator import Accelerator
from hw.emit.verilog import emit
from hw.network.fold import fold
from hw.network.network import Network
from hw.network.nodes.threshold import Threshold
from hw.network.reference import Reference
from hw.plan.search import plan
from sim.chunks import CHUNK, chunks
from sim.cosimulate import Cosimulation, cosimulate
from sim.player import Failure, Request
from sim.random_networks import random_checkpoint, random_images

COUNT = 2 * CHUNK + 3
SEED = 5


@cache
def network() -> Network:
    return fold(random_checkpoint(SEED))


@cache
def faulty() -> Network:
    """The same but for one threshold of the first layer, which few images depend on."""
    product, threshold, *others = network().nodes
    assert isinstance(threshold, Threshold)
    moved = threshold.thresholds + np.eye(threshold.channels, dtype=np.int32)[0]
    nodes = product, replace(threshold, thresholds=moved), *others
    return replace(network(), nodes=nodes)


@cache
def verilog(right: bool = True) -> str:
    planned = plan(network(), board("ulx3s"))
    return emit(Accelerator(planned if right else replace(planned, network=faulty())))


@cache
def images() -> np.ndarray:
    return random_images(random_checkpoint(SEED), COUNT)


@cache
def simulated(jobs: int) -> Cosimulation:
    return cosimulate(verilog(), network(), images(), jobs=jobs)


def test_every_image_of_every_chunk_is_answered_in_its_place() -> None:
    expected = Reference(network()).run(images())
    assert len(np.unique(expected.scores, axis=0)) > 1
    assert (simulated(3).scores == expected.scores).all()
    assert (simulated(3).classes == expected.classes).all()


def test_the_number_of_processes_changes_nothing_but_the_time() -> None:
    for field in fields(Cosimulation):
        one, three = (getattr(simulated(jobs), field.name) for jobs in (1, 3))
        if field.name != "seconds":
            assert np.array_equal(one, three), field.name


def test_cycles_are_those_of_all_chunks() -> None:
    few = cosimulate(verilog(), network(), images()[:CHUNK])
    assert few.cycles_per_frame == simulated(1).cycles_per_frame
    assert few.latency_cycles == simulated(1).latency_cycles
    assert simulated(1).cycles > 2 * few.cycles


def test_progress_counts_all_chunks_and_never_backwards() -> None:
    said: list[int] = []
    cosimulate(verilog(), network(), images(), jobs=2, progress=said.append)
    assert said == sorted(said)
    assert said[-1] > 2 * CHUNK


def test_a_difference_in_a_later_chunk_is_named_by_its_image() -> None:
    noise = random_images(random_checkpoint(SEED), 400, seed=1)
    right, wrong = (Reference(each).run(noise).scores for each in (network(), faulty()))
    changes = (right != wrong).any(axis=1)
    assert changes.any() and not changes.all()
    same, first = noise[~changes][0], CHUNK + 5
    shown = np.stack([*[same] * first, noise[changes][0], same])
    found = cosimulate(verilog(right=False), network(), shown, jobs=2)
    assert found.differing.tolist() == [first]
    assert found.mismatch is not None
    assert (found.mismatch.image, found.mismatch.layer) == (first, network().products[0].name)


def test_a_chunk_that_stops_fails_the_run() -> None:
    with pytest.raises(Failure, match="no beat moved for 1 cycles"):
        cosimulate(verilog(), network(), images(), jobs=2, patience=1)


@pytest.mark.parametrize(
    ("frames", "sizes"),
    [(1, [1]), (CHUNK, [CHUNK]), (CHUNK + 1, [CHUNK, 1]), (3 * CHUNK, [CHUNK] * 3)],
)
def test_chunks_hold_every_beat_once_and_in_order(frames: int, sizes: list[int]) -> None:
    beats = np.arange(5 * frames, dtype=np.uint8)[:, None]
    found = chunks(Request(beats=beats, expect=3 * frames), frames)
    assert [each.expect for each in found] == [3 * size for size in sizes]
    assert np.array_equal(np.concatenate([each.beats for each in found]), beats)


def test_chunks_of_unequal_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="7 beats and 4 answers are not 2 equal frames"):
        chunks(Request(beats=np.zeros((7, 1), np.uint8), expect=4), 2)
