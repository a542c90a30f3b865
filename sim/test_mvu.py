"""The matrix-vector unit against numpy: bits and integers, thresholds and counts, every home."""

from dataclasses import dataclass

import numpy as np
import pytest

from hw.cores.fabric.home import Home, WeightsHome
from hw.cores.mvu.mvu import Mvu
from hw.cores.mvu.sizes import MvuSizes
from sim.beats import joined
from sim.flows import Sent
from sim.workbench import WAYS, Way, Workbench


@dataclass(frozen=True, kw_only=True)
class Case:
    """A folding of a random matrix; ``classes`` of limits, 0 for counts instead of bits."""

    pe: int
    simd: int
    beats: int
    passes: int
    classes: int = 1
    pixels: int = 1
    reuse: int = 1
    uses: int = 1
    element: int = 1
    home: WeightsHome = "block"
    limits_home: Home = "lut"
    levels: int | None = 2
    few_registers: bool = False
    copies: int = 1
    shared: int = 1
    seed: int = 0

    @property
    def size(self) -> int:
        return self.simd * self.beats

    @property
    def outputs(self) -> int:
        return self.pe * self.passes

    @property
    def lowest(self) -> int:
        return 0 if self.element == 1 else -self.size << (self.element - 1)

    @property
    def highest(self) -> int:
        return self.size if self.element == 1 else -self.lowest - self.size

    def weights(self) -> np.ndarray:
        """Random weights, bool (outputs, size)."""
        rng = np.random.default_rng([self.seed, 1])
        once = rng.random((self.outputs, self.size // self.shared)) < 0.5
        return once.repeat(self.shared, axis=1)

    def limits(self) -> np.ndarray:
        """int (classes, uses * pixels * outputs * copies): near what is usual, and the two that
        make a channel constant. The last pixel has those of the first."""
        rng = np.random.default_rng([self.seed, 2])
        spread = int(np.ceil(np.sqrt(self.size) * (1 << (self.element - 1))))
        middle = (self.lowest + self.highest) // 2
        outputs = self.outputs * self.copies
        lanes = self.uses * self.pixels * outputs
        limits = middle + rng.integers(-spread, spread + 1, (self.classes, lanes))
        limits = np.clip(limits, self.lowest, self.highest + 1)
        limits[rng.random(limits.shape) < 0.1] = self.lowest
        limits[rng.random(limits.shape) < 0.1] = self.highest + 1
        limits[:, -outputs:] = limits[:, :outputs]
        return limits

    def unit(self) -> Sent:
        sizes = MvuSizes(
            outputs=self.outputs, inputs=self.size, pe=self.pe, simd=self.simd,
            pixels=self.pixels, reuse=self.reuse, copies=self.copies, shared=self.shared,
            element=self.element, home=self.home, thresholds=self.classes,
            thresholds_home=self.limits_home, levels=self.levels,
            few_registers=self.few_registers,
        )  # fmt: skip
        limits = None
        if self.classes:
            limits = self.limits().reshape(self.classes, self.uses, self.pixels, -1)
        return Sent(Mvu(sizes, self.weights(), limits), self.beats, self.reuse)


CASES = {
    "one_bit": Case(pe=1, simd=1, beats=1, passes=1),
    "one_lane": Case(pe=1, simd=1, beats=9, passes=4),
    "one_beat": Case(pe=3, simd=7, beats=1, passes=2),
    "one_beat_one_pass": Case(pe=5, simd=12, beats=1, passes=1),
    "odd": Case(pe=3, simd=5, beats=7, passes=3, seed=1),
    "wide": Case(pe=4, simd=64, beats=3, passes=2, seed=2),
    "tall": Case(pe=16, simd=4, beats=6, passes=1, seed=3),
    "lut": Case(pe=3, simd=6, beats=5, passes=4, home="lut", limits_home="lut", seed=4),
    "block": Case(pe=2, simd=8, beats=4, passes=12, limits_home="block", seed=5),
    "deep": Case(pe=1, simd=3, beats=30, passes=20, seed=6),
    "border_classes": Case(pe=4, simd=6, beats=3, passes=2, classes=9, seed=7),
    "border_in_block": Case(
        pe=2, simd=6, beats=3, passes=3, classes=6, limits_home="block", seed=8
    ),
    "every_level_registered": Case(pe=2, simd=31, beats=2, passes=2, levels=1, seed=9),
    "few_registers": Case(pe=2, simd=33, beats=2, passes=2, levels=4, seed=10),
    "slow_clock": Case(
        pe=2, simd=33, beats=2, passes=2, levels=None, few_registers=True, seed=67
    ),
    "slow_clock_lut": Case(
        pe=4, simd=12, beats=3, passes=4, classes=6, pixels=2, home="lut", levels=None,
        few_registers=True, seed=68,
    ),
    "slow_clock_held": Case(
        pe=3, simd=5, beats=7, passes=3, reuse=2, levels=None, few_registers=True, seed=69
    ),
    "slow_clock_paired": Case(
        pe=4, simd=34, beats=2, passes=2, classes=0, shared=2, levels=None, few_registers=True,
        seed=70,
    ),
    "slow_clock_integers": Case(
        pe=3, simd=3, beats=9, passes=2, element=9, levels=None, few_registers=True, seed=71
    ),
    "slow_clock_steps": Case(
        pe=6, simd=45, beats=1, passes=4, home="steps", levels=None, few_registers=True, seed=72
    ),
    "slow_clock_logic": Case(
        pe=5, simd=36, beats=1, passes=1, classes=9, home="logic", levels=None,
        few_registers=True, seed=73,
    ),
    "counts": Case(pe=2, simd=9, beats=4, passes=5, classes=0, seed=11),
    "counts_one_beat": Case(pe=10, simd=16, beats=1, passes=1, classes=0, seed=12),
    "counts_lut": Case(pe=1, simd=4, beats=8, passes=10, classes=0, home="lut", seed=13),
    "integers": Case(pe=3, simd=3, beats=9, passes=2, element=9, seed=14),
    "integers_one_lane": Case(pe=1, simd=1, beats=9, passes=4, element=2, seed=15),
    "integers_lut": Case(pe=4, simd=9, beats=1, passes=3, element=4, home="lut", seed=16),
    "integers_wide": Case(pe=2, simd=27, beats=2, passes=2, element=8, classes=3, seed=17),
    "integers_counts": Case(pe=2, simd=5, beats=3, passes=5, element=5, classes=0, seed=18),
    "two_pixels": Case(pe=3, simd=5, beats=7, passes=3, pixels=2, seed=19),
    "two_pixels_one_beat": Case(pe=3, simd=7, beats=1, passes=2, pixels=2, seed=20),
    "three_pixels_lut": Case(pe=2, simd=6, beats=5, passes=4, pixels=3, home="lut", seed=21),
    "four_pixels": Case(pe=2, simd=33, beats=2, passes=2, pixels=4, levels=4, seed=22),
    "three_pixels_border_classes": Case(
        pe=4, simd=6, beats=3, passes=2, classes=9, pixels=3, seed=23
    ),
    "three_pixels_border_in_block": Case(
        pe=2, simd=6, beats=3, passes=3, classes=6, pixels=3, limits_home="block", seed=24
    ),
    "two_pixels_counts": Case(pe=2, simd=9, beats=4, passes=5, classes=0, pixels=2, seed=25),
    "two_pixels_of_integers": Case(
        pe=3, simd=3, beats=9, passes=2, element=9, pixels=2, classes=3, seed=26
    ),
    "four_pixels_of_integers": Case(
        pe=4, simd=9, beats=1, passes=3, element=4, pixels=4, home="lut", seed=27
    ),
    "reuse": Case(pe=3, simd=5, beats=7, passes=3, reuse=2, seed=41),
    "held_two_pixels": Case(pe=3, simd=7, beats=4, passes=2, pixels=2, reuse=3, seed=42),
    "held_one_beat": Case(pe=3, simd=7, beats=1, passes=2, reuse=2, seed=43),
    "held_one_word": Case(pe=3, simd=7, beats=1, passes=1, reuse=2, seed=44),
    "held_four_times_in_odd_parts": Case(pe=5, simd=9, beats=3, passes=7, reuse=4, seed=45),
    "held_lut": Case(pe=2, simd=6, beats=5, passes=4, reuse=3, home="lut", seed=46),
    "held_integers": Case(pe=3, simd=3, beats=9, passes=2, element=9, reuse=2, seed=47),
    "held_pairs": Case(pe=3, simd=5, beats=7, passes=3, reuse=2, copies=2, seed=48),
    "held_border_classes": Case(
        pe=3, simd=5, beats=3, passes=3, classes=5, pixels=2, reuse=3, uses=3, seed=51
    ),
    "held_border_in_block": Case(
        pe=2, simd=6, beats=3, passes=5, classes=3, reuse=2, uses=2, limits_home="block", copies=2,
        seed=52,
    ),
    "held_counts": Case(pe=2, simd=9, beats=4, passes=5, classes=0, pixels=2, reuse=2, seed=49),
    "held_long": Case(pe=1, simd=2, beats=40, passes=2, reuse=4, seed=50),
    "logic_one_bit": Case(pe=1, simd=1, beats=1, passes=1, home="logic", seed=28),
    "logic_two_bits": Case(pe=3, simd=2, beats=1, passes=1, home="logic", seed=29),
    "logic": Case(pe=12, simd=45, beats=1, passes=1, home="logic", seed=30),
    "logic_border_classes": Case(
        pe=5, simd=36, beats=1, passes=1, classes=9, home="logic", levels=3, seed=31
    ),
    "logic_counts": Case(
        pe=10, simd=64, beats=1, passes=1, classes=0, home="logic", levels=1, seed=32
    ),
    "logic_three_pixels": Case(pe=6, simd=27, beats=1, passes=1, pixels=3, home="logic", seed=33),
    "logic_one_integer": Case(pe=2, simd=1, beats=1, passes=1, element=4, home="logic", seed=34),
    "logic_two_pixels_of_integers": Case(
        pe=9, simd=27, beats=1, passes=1, element=8, pixels=2, classes=3, home="logic", seed=35
    ),
    "logic_counts_of_integers": Case(
        pe=4, simd=12, beats=1, passes=1, element=5, classes=0, home="logic", levels=1, seed=36
    ),
    "steps_one_bit": Case(pe=1, simd=1, beats=1, passes=2, home="steps", seed=61),
    "steps": Case(pe=6, simd=45, beats=1, passes=4, home="steps", seed=62),
    "steps_of_beats": Case(pe=5, simd=33, beats=3, passes=5, home="steps", levels=1, seed=63),
    "steps_of_one_pass": Case(
        pe=4, simd=64, beats=2, passes=1, classes=0, home="steps", levels=3, seed=64
    ),
    "steps_of_three_pixels": Case(
        pe=3, simd=27, beats=1, passes=7, classes=6, pixels=3, copies=2, home="steps", seed=65
    ),
    "steps_of_integers": Case(
        pe=4, simd=9, beats=2, passes=3, element=5, home="steps", seed=66
    ),
    "pairs": Case(pe=3, simd=5, beats=7, passes=3, copies=2, seed=37),
    "pairs_of_two_pixels": Case(
        pe=2, simd=6, beats=3, passes=3, classes=6, pixels=2, copies=2, seed=38
    ),
    "shared_weights": Case(pe=3, simd=6, beats=7, passes=3, shared=3, copies=3, seed=53),
    "shared_weights_of_two_pixels_lut": Case(
        pe=2, simd=12, beats=3, passes=3, classes=6, pixels=2, shared=6, home="lut", seed=54
    ),
    "held_shared_weights": Case(pe=5, simd=9, beats=3, passes=7, reuse=4, shared=3, seed=55),
    "paired_weights": Case(pe=3, simd=16, beats=3, passes=3, shared=2, seed=57),
    "paired_weights_one_beat_one_pass": Case(pe=5, simd=12, beats=1, passes=1, shared=2, seed=58,
                                             home="lut"),
    "paired_weights_of_two_pixels_counts": Case(
        pe=4, simd=34, beats=2, passes=2, classes=0, pixels=2, shared=2, levels=3, seed=59
    ),
    "held_paired_weights": Case(
        pe=4, simd=8, beats=5, passes=3, classes=3, reuse=2, uses=2, shared=4, levels=1, seed=60
    ),
    "shared_weights_of_integers": Case(
        pe=3, simd=6, beats=4, passes=2, element=4, shared=2, seed=56
    ),
    "pairs_of_integers": Case(pe=3, simd=3, beats=9, passes=2, element=9, copies=2, seed=39),
    "logic_pairs_of_integers": Case(
        pe=9, simd=27, beats=1, passes=1, element=4, copies=2, home="logic", seed=40
    ),
}  # fmt: skip
bench = Workbench({name: case.unit() for name, case in CASES.items()})


def core(name: str) -> Mvu:
    sent = bench.components[name]
    assert isinstance(sent, Sent) and isinstance(sent.core, Mvu)
    return sent.core


def _vectors(case: Case, count: int, seed: int) -> np.ndarray:
    """int (count, reuse * pixels, size): random inputs, among them all lowest and all highest."""
    half = 1 << (case.element - 1)
    low, end = (0, 2) if case.element == 1 else (-half, half)
    shape = (count, case.reuse * case.pixels, case.size)
    vectors = np.random.default_rng(seed).integers(low, end, shape)
    vectors[:2] = [[[low]], [[end - 1]]]
    return vectors


def _beats(case: Case, vectors: np.ndarray, borders: np.ndarray) -> list[int]:
    beats, lanes = [], case.pixels * case.simd
    by_beat = vectors.reshape(len(vectors), -1, case.beats, case.simd).transpose(0, 2, 1, 3)
    for vector, border in zip(by_beat.reshape(len(vectors), -1, lanes), borders, strict=True):
        parts = [joined(part, case.element) for part in vector]
        label = int(border) << (lanes * case.element)
        beats += [part | label for part in parts] * case.passes
    return beats


def _expected(case: Case, unit: Mvu, vectors: np.ndarray, borders: np.ndarray) -> list[int]:
    """Expected beats of PE results of every pixel, for every vector, pass and use."""
    values, weights = vectors[:, :, None, :], case.weights()
    other = 1 - values if case.element == 1 else ~values
    counts = np.where(weights, values, other).sum(axis=3)
    results, bits = counts, unit.sizes.count_shape.width
    if case.classes:
        counts = counts.repeat(case.copies, axis=2)
        limits = case.limits()[borders].reshape(len(counts), case.uses * case.pixels, -1)
        results, bits = counts >= np.tile(limits, (1, case.reuse // case.uses, 1)), 1
    given = case.pe * case.copies
    passes = results.reshape(len(results), -1, case.passes, given).transpose(0, 2, 1, 3)
    return [joined(beat, bits) for beat in passes.reshape(-1, case.pixels * given)]


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_mvu_computes_the_product(name: str, way: Way) -> None:
    case = CASES[name]
    vectors = _vectors(case, 30, way.seed)
    borders = np.random.default_rng(way.seed).integers(0, max(case.classes, 1), len(vectors))
    unit = core(name)
    expected = _expected(case, unit, vectors, borders)
    result = bench.play(name, _beats(case, vectors, borders), len(expected), way)
    assert result.values == expected


@pytest.mark.parametrize("name", CASES)
def test_mvu_takes_a_beat_each_cycle(name: str) -> None:
    case = CASES[name]
    vectors = _vectors(case, 20, 3)
    beats = _beats(case, vectors, np.zeros(len(vectors), int))
    sent = bench.play(name, beats, 20 * case.reuse * case.passes).played.sent
    assert (np.diff(sent.astype(int)) == 1).all()


@pytest.mark.parametrize("name", CASES)
def test_mvu_keeps_its_latency(name: str) -> None:
    case, unit = CASES[name], core(name)
    beats = _beats(case, _vectors(case, 2, 4)[:1], np.zeros(1, int))
    played = bench.play(name, beats, case.reuse * case.passes).played
    assert int(played.received.cycles[-1]) - int(played.sent[-1]) == unit.sizes.latency
