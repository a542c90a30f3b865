"""Small cores against their definitions: width converters, pool, lookup, skid buffer, scores."""

from dataclasses import dataclass

import numpy as np
import pytest
from amaranth import signed, unsigned

from hw.cores.lookup import Lookup
from hw.cores.pool import Pool
from hw.cores.scores import Scores
from hw.cores.stream.converter import Narrower, Widener
from hw.cores.stream.serialiser import Serialiser
from hw.cores.stream.skid import SkidBuffer
from sim.beats import field, joined
from sim.flows import Sent
from sim.workbench import WAYS, Way, Workbench

WIDTHS = {"wire": (1, 1), "bits": (1, 7), "halves": (12, 2), "odd": (3, 5), "wide": (70, 3)}
"""Width of a narrow beat, and number of narrow beats in a wide one."""

GATHERED = {
    "bits": (1, 4, 3, 1, 4),
    "one_beat": (5, 1, 2, 1, 5),
    "several": (6, 3, 4, 1, 18),
    "idle_end": (6, 3, 2, 1, 13),
    "reuse": (3, 4, 2, 3, 12),
    "turns_of_one_beat": (3, 1, 1, 2, 3),
    "turns_idle_end": (4, 3, 1, 2, 11),
}
"""Width, beats, pixels, reuse, and number of bits of a pixel that are passed on."""

PIXELS = {"bits": (1, 2), "odd": (3, 5), "several": (12, 3), "wide": (70, 4)}
"""Width of a pixel, and number of pixels side by side."""

ways = pytest.mark.parametrize("way", WAYS, ids=str)


@dataclass(frozen=True, kw_only=True)
class Pooling:
    channels: int
    taps: int
    together: int = 1

    def mask(self) -> list[bool]:
        return (np.random.default_rng(self.channels).random(self.channels) < 0.5).tolist()

    def core(self) -> Sent:
        pool = Pool(any_of=self.mask(), taps=self.taps, together=self.together)
        return Sent(pool, self.taps // self.together)


POOLS = {
    "one": Pooling(channels=1, taps=1),
    "two_by_two": Pooling(channels=6, taps=4),
    "three_by_two": Pooling(channels=11, taps=6),
    "two_at_once": Pooling(channels=3, taps=4, together=2),
    "all_at_once": Pooling(channels=5, taps=9, together=9),
}

TABLES = {
    "bits": (1, [[1 if byte > 99 else -1 for byte in range(256)]]),
    "identity": (9, [list(range(256))]),
    "complement": (8, [[127 - byte for byte in range(256)]] * 2),
    "small": (4, [[(byte * 7 + c) % 16 - 8 for byte in range(256)] for c in range(3)]),
}


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """A case of scores from counts of ``bits``, with random multipliers of both signs and 0, and
    random offsets."""

    bits: int
    is_signed: bool
    classes: int
    positions: int
    plain: bool = False

    @property
    def lowest(self) -> int:
        return -(1 << (self.bits - 1)) if self.is_signed else 0

    def affine(self) -> tuple[np.ndarray, np.ndarray]:
        if self.plain:
            return np.ones(self.classes, int), np.zeros(self.classes, int)
        rng = np.random.default_rng([self.classes, self.bits])
        multipliers = rng.integers(-1000, 1001, self.classes)
        multipliers[0] = 0
        return multipliers, rng.integers(-(1 << 20), 1 << 20, self.classes)

    def core(self) -> Scores:
        multipliers, offsets = self.affine()
        return Scores(
            count=signed(self.bits) if self.is_signed else unsigned(self.bits),
            positions=self.positions,
            multipliers=multipliers.tolist(),
            offsets=offsets.tolist(),
        )


SCORINGS = {
    "plain": Scoring(bits=6, is_signed=False, classes=10, positions=1, plain=True),
    "ties": Scoring(bits=1, is_signed=False, classes=7, positions=2, plain=True),
    "two": Scoring(bits=8, is_signed=False, classes=2, positions=1),
    "single": Scoring(bits=5, is_signed=True, classes=1, positions=3),
    "map": Scoring(bits=9, is_signed=False, classes=10, positions=16),
    "integers": Scoring(bits=7, is_signed=True, classes=5, positions=6),
    "many": Scoring(bits=4, is_signed=False, classes=100, positions=2),
}

bench = Workbench(
    {f"gather_{name}": Widener(*sizes) for name, sizes in WIDTHS.items()}
    | {f"gather_pixels_{name}": Widener(width, beats, pixels=pixels, reuse=reuse, kept=kept)
       for name, (width, beats, pixels, reuse, kept) in GATHERED.items()}
    | {f"raster_{name}": Serialiser(*sizes) for name, sizes in PIXELS.items()}
    | {f"scatter_{name}": Narrower(*sizes) for name, sizes in WIDTHS.items()}
    | {f"register_{name}": SkidBuffer(sizes[0]) for name, sizes in WIDTHS.items()}
    | {f"lookup_{name}": Lookup(element=bits, table=table)
       for name, (bits, table) in TABLES.items()}
    | {f"lookup_block_{name}": Lookup(element=bits, table=table, home="block")
       for name, (bits, table) in TABLES.items()}
    | {f"pool_{name}": case.core()
       for name, case in POOLS.items()}
    | {f"scores_{name}": case.core() for name, case in SCORINGS.items()}
)  # fmt: skip


def _wide_beats(name: str, seed: int) -> tuple[list[int], list[int]]:
    """Random narrow beats, and the wide beats that they are joined to."""
    width, beats = WIDTHS[name]
    digits = np.random.default_rng(seed).integers(0, 2, (12 * beats, width))
    narrow = [joined(row, 1) for row in digits]
    wide = [joined(narrow[k : k + beats], width) for k in range(0, len(narrow), beats)]
    return narrow, wide


@ways
@pytest.mark.parametrize("name", WIDTHS)
def test_gather_joins_beats(name: str, way: Way) -> None:
    narrow, wide = _wide_beats(name, way.seed)
    result = bench.play(f"gather_{name}", narrow, len(wide), way)
    assert result.values == wide


@ways
@pytest.mark.parametrize("name", WIDTHS)
def test_scatter_splits_beats(name: str, way: Way) -> None:
    narrow, wide = _wide_beats(name, way.seed)
    result = bench.play(f"scatter_{name}", wide, len(narrow), way)
    assert result.values == narrow


@ways
@pytest.mark.parametrize("name", GATHERED)
def test_gather_joins_each_pixel(name: str, way: Way) -> None:
    width, beats, pixels, reuse, kept = GATHERED[name]
    shape = (12, beats, reuse * pixels, width)
    parts = np.random.default_rng(way.seed).integers(0, 2, shape)
    narrow = [joined(beat, 1) for beat in parts.reshape(-1, pixels * width)]
    each = parts.transpose(0, 2, 1, 3).reshape(12, reuse * pixels, -1)[:, :, :kept]
    wide = [joined(beat, 1) for beat in each.reshape(12, -1)]
    assert bench.play(f"gather_pixels_{name}", narrow, len(wide), way).values == wide


@ways
@pytest.mark.parametrize("name", PIXELS)
def test_raster_passes_pixels_one_by_one(name: str, way: Way) -> None:
    width, pixels = PIXELS[name]
    bits = np.random.default_rng(way.seed).integers(0, 2, (20 * pixels, width))
    single = [joined(pixel, 1) for pixel in bits]
    beats = [joined(single[k : k + pixels], width) for k in range(0, len(single), pixels)]
    result = bench.play(f"raster_{name}", beats, len(single), way)
    assert result.values == single
    if not way.stall:
        assert (np.diff(result.played.received.cycles.astype(int)) == 1).all()
        assert int(result.played.received.cycles[0]) - int(result.played.sent[0]) == 1


@ways
@pytest.mark.parametrize("name", WIDTHS)
def test_register_passes_beats_on(name: str, way: Way) -> None:
    beats, _ = _wide_beats(name, way.seed)
    result = bench.play(f"register_{name}", beats, len(beats), way)
    assert result.values == beats
    if not way.stall:
        assert (result.played.received.cycles - result.played.sent == 1).all()
        assert (np.diff(result.played.sent.astype(int)) == 1).all()


@ways
@pytest.mark.parametrize("home", ["", "block_"])
@pytest.mark.parametrize("name", TABLES)
def test_lookup_reads_its_table(name: str, home: str, way: Way) -> None:
    element, table = TABLES[name]
    rng = np.random.default_rng(way.seed)
    pixels = rng.permuted(np.tile(np.arange(256), (len(table), 1)), axis=1)
    expected = [
        joined([(entry > 0) if element == 1 else entry for entry in entries], element)
        for entries in np.take_along_axis(np.array(table), pixels, axis=1).T.tolist()
    ]
    beats = [joined(pixel, 8) for pixel in pixels.T]
    result = bench.play(f"lookup_{home}{name}", beats, 256, way)
    assert result.values == expected


@ways
@pytest.mark.parametrize("name", POOLS)
def test_pool_is_or_and_and_by_channel(name: str, way: Way) -> None:
    case = POOLS[name]
    rng = np.random.default_rng(way.seed)
    share = rng.choice([0.1, 0.5, 0.9], (20, 1, 1))
    windows = rng.random((20, case.taps, case.channels)) < share
    pooled = np.where(case.mask(), windows.any(axis=1), windows.all(axis=1))
    beats = windows.reshape(-1, case.together * case.channels)
    result = bench.play(f"pool_{name}", [joined(beat, 1) for beat in beats], 20, way)
    assert result.values == [joined(pixel, 1) for pixel in pooled]


@ways
@pytest.mark.parametrize("name", SCORINGS)
def test_scores_and_lowest_best_class(name: str, way: Way) -> None:
    case, (multipliers, offsets) = SCORINGS[name], SCORINGS[name].affine()
    core = bench.components[f"scores_{name}"]
    assert isinstance(core, Scores)
    rng = np.random.default_rng(way.seed)
    counts = case.lowest + rng.integers(0, 1 << case.bits, (9, case.positions, case.classes))
    counts[:2] = [[[case.lowest]], [[case.lowest + (1 << case.bits) - 1]]]
    expected = counts.sum(axis=1) * multipliers + offsets
    result = bench.play(f"scores_{name}", counts.ravel().tolist(), expected.size, way)
    beats, bits = result.played.received.beats, core.score_shape.width
    index = max(case.classes - 1, 0).bit_length()
    assert (field(beats, 0, bits, signed=True).reshape(9, -1) == expected).all()
    last = field(beats, bits + index, 1).reshape(9, -1)
    assert (last == (np.arange(case.classes) == case.classes - 1)).all()
    assert (field(beats, bits, index).reshape(9, -1)[:, -1] == expected.argmax(axis=1)).all()
