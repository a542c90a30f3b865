"""The search, against trying every combination; and what it says when nothing fits."""

import itertools
import operator
import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from plan_networks import cnv, digits, tiny, vectors

from boards.known.ulx3s import BOARD
from boards.resources import Resources
from hw.network.network import Network
from hw.plan import cost, entry, search, wires
from hw.plan.choices import choices
from hw.plan.graph import formats, layers
from hw.plan.plan import Folding, Slots
from hw.plan.search import fits, plan
from model.refusal import Refusal

TWO = Slots(count=2)
SHARE_OF_TINY = 0.02
"""Of an 85F: the smallest folding of `tiny` fits, the fastest does not."""


def every(network) -> Iterator[tuple[Folding, ...]]:
    """Every combination of foldings."""
    known = zip(layers(network), formats(network), strict=True)
    yield from itertools.product(*(list(layer.foldings(ends)) for layer, ends in known))


@cache
def combinations(
    made_by: Callable[[], Network], share: float, pixels: int = 1
) -> list[tuple[int, int]]:
    """Interval and area of every combination of foldings within a share of the logic, so many
    pixels in a beat."""
    network, found = made_by(), list[tuple[int, int]]()
    device, around = BOARD.devices["85F"], cost.surroundings(network, pixels, TWO)
    every_layer, ends = layers(network), formats(network)
    entering = network.input_shape[0] * pixels

    @cache
    def stage(number: int, folding: Folding, arriving: int | None) -> Resources:
        came = arriving if ends[number].takes else None
        return cost.stage(every_layer[number], folding, ends[number], (came,))

    for combination in every(network):
        arriving = [entering, *(layer.handed(before, end) if end.gives else None
                                for layer, before, end in zip(every_layer, combination, ends,
                                                              strict=True))]
        total = sum(map(stage, range(len(every_layer)), combination, arriving), around)
        if max(total.lut, total.ff) <= int(device.lut * share) and total.ebr <= device.ebr:
            each = [layer.interval(*chosen)
                    for layer, *chosen in zip(every_layer, combination, ends, strict=True)]
            found.append((max(entry.beats(network, pixels), *each), size(total)))
    return found


def size(total: Resources) -> int:
    """The scarcer of LUT4 and flip-flops, the other for a quarter, and the blocks."""
    return 4 * max(total.lut, total.ff) + min(total.lut, total.ff) + 4 * total.ebr


def area(made) -> int:
    return size(made.estimate)


def test_fastest_within_a_share_is_the_fastest_and_then_the_smallest():
    made = plan(tiny(), BOARD, fill=SHARE_OF_TINY)
    known = sorted(combinations(tiny, SHARE_OF_TINY))
    assert (made.interval, area(made)) == known[0]
    assert made.interval > plan(tiny(), BOARD, fill=1.0).interval


@pytest.mark.parametrize("share", [0.013, 0.014])
def test_fastest_is_so_however_many_pixels_enter_at_once(share):
    made = plan(vectors(), BOARD, fill=share)
    known = {
        pixels: combinations(vectors, share, pixels) for pixels in entry.choices(vectors())
    }
    every = min(
        each for pixels, all_of in known.items() for each in all_of
        if pixels == entry.pixels(vectors(), each[0])
    )
    assert (made.interval, area(made)) == every
    assert made.entry == entry.pixels(vectors(), made.interval)


@pytest.mark.parametrize(("network", "limit"), [
    *(pytest.param(tiny, limit, id=f"tiny-{limit}") for limit in (40, 72, 150, 1000)),
    *(pytest.param(vectors, limit, id=f"vectors-{limit}")
      for limit in (3, 5, 8, 9, 12, 18, 27, 100)),
])
def test_smallest_at_a_rate_is_the_smallest(network, limit):
    made = plan(network(), BOARD, fps=80e6 / limit)
    known = combinations(network, 1.0, entry.pixels(network(), limit))
    enough = [area for interval, area in known if interval <= limit]
    assert area(made) == min(enough)
    assert made.frames_per_second >= 80e6 / limit


def test_neighbours_are_folded_for_each_other(monkeypatch):
    """If parts of one width were those of another for nothing, other foldings would be best."""
    rates = [80e6 / limit for limit in (9, 12, 18, 27, 100)]
    made = [plan(vectors(), BOARD, fps=fps).foldings for fps in rates]
    monkeypatch.setattr(search, "converter_cost", lambda taken, given, family: Resources())
    assert [plan(vectors(), BOARD, fps=fps).foldings for fps in rates] != made


@pytest.mark.parametrize(("network", "fill"), [
    pytest.param(digits(), 0.05, id="digits-0.05"),
    pytest.param(digits(), 0.2, id="digits-0.2"),
    pytest.param(cnv(), 0.6, id="cnv-0.6"),
    pytest.param(cnv(), 1.0, id="cnv-1.0"),
])
def test_plan_stays_within_its_share(network, fill):
    made = plan(network, BOARD, fill=fill)
    assert made.estimate.lut <= fill * made.device.lut
    assert made.estimate.ff <= fill * made.device.ff
    assert made.estimate.ebr <= made.device.ebr
    around = cost.surroundings(network, made.entry, TWO)
    stages = sum((stage.estimate for stage in made.stages), around)
    assert made.estimate == stages
    assert made.interval == max(stage.cycles for stage in made.stages)


def test_more_of_the_device_is_never_slower():
    intervals = [plan(digits(), BOARD, fill=fill).interval for fill in (0.05, 0.1, 0.2, 0.4)]
    assert intervals == sorted(intervals, reverse=True)


def test_a_faster_clock_needs_less_area():
    slow, fast = (plan(digits(), BOARD, fps=10_000, clock=clock) for clock in (50e6, 100e6))
    assert area(fast) < area(slow)
    assert (slow.clock, fast.clock) == (50e6, 100e6)


@pytest.mark.parametrize(("network", "fill"), [
    pytest.param(digits(), 0.2, id="digits-0.2"),
    pytest.param(cnv(), 0.6, id="cnv-0.6"),
])
def test_the_rate_of_a_share_takes_no_more_than_the_share(network, fill):
    fast = plan(network, BOARD, fill=fill, clock=100e6)
    small = plan(network, BOARD, fps=100e6 / fast.interval, clock=100e6)
    assert (small.interval, area(small)) == (fast.interval, area(fast))


def test_blocks_are_for_all_whatever_the_share_of_the_logic():
    assert plan(cnv(), BOARD, fill=0.6).estimate.ebr > 0.6 * 208


def test_pareto_choices_lose_nothing():
    for layer, ends in zip(layers(tiny()), formats(tiny()), strict=True):
        kept, spent = choices(layer, ends), layer.cost(ends)
        for folding in layer.foldings(ends):
            assert any(
                each.cycles <= layer.interval(folding)
                and all(map(operator.le, each.estimate.figures, spent(folding).figures))
                and each.takes in (0, folding.simd)
                and each.gives == (layer.handed(folding, ends) if ends.gives else 0)
                for each in kept
            )


@pytest.mark.parametrize(("options", "text"), [
    ({"fill": 0.02}, r"needs about [\d,]+ LUT4 against 1,672, .* in 2% of the logic of "
                     r"LFE5U-85F; try a larger --fill"),
    ({"variant": "12F", "fill": 0.2}, r"needs about .* EBR against 56 in 20% of the logic of "
                                      r"LFE5U-12F; try --variant 45F or a larger --fill"),
    ({"variant": "12F"}, r"even if the link keeps no image: .* EBR against 56 on LFE5U-12F; try "
                         r"--variant 45F"),
    ({"variant": "12F", "fps": 20_000}, r"LUT4 against 24,288.* on LFE5U-12F; "
                                        r"try --variant 45F or a smaller --fps"),
    ({"fps": 1e6}, r"1,000,000 frames/s at 80 MHz leave 80 cycles a frame, but this network takes "
                   r"420 at any folding; lower --fps below 190,476 or raise --clock"),
    ({"fps": 0}, r"--fps 0 is no frame rate"),
    ({"fill": 1.5}, r"--fill 1\.5 is no share of the device's logic"),
    ({"variant": "66F"}, r"no variant '66F'"),
])
def test_refusal_says_what_it_needs_and_what_to_change(options, text):
    with pytest.raises(Refusal) as refused:
        plan(cnv(), BOARD, **options)
    assert re.search(text, str(refused.value))
    assert "\n" not in str(refused.value)


def test_fits_says_whether_a_device_is_large_enough():
    assert fits(digits(), BOARD, "12F") is None
    assert "LFE5U-12F" in str(fits(cnv(), BOARD, "12F"))


def test_a_crowded_design_has_few_wires(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(**asked: float) -> bool:
        return all(map(wires.few, plan(digits(), BOARD, **asked).foldings))

    some = plan(digits(), BOARD, fill=0.2)
    rate = some.frames_per_second
    there = sum(map(wires.length, some.foldings)) / (some.device.lut / wires.TILE)
    assert not few(fill=0.2)
    assert not few(fps=rate)
    monkeypatch.setattr(wires, "CROWDED", 0.99 * there)
    assert few(fill=0.2)
    assert few(fps=rate)
    monkeypatch.setattr(wires, "CROWDED", 1.01 * there)
    assert not few(fill=0.2)


@pytest.mark.parametrize(("folding", "few", "routed"), [
    (Folding(pe=8, simd=64, weights="lut"), True, True),
    (Folding(pe=8, simd=65, weights="block"), False, True),
    (Folding(pe=64, simd=576, weights="logic"), True, True),
    (Folding(pe=32, simd=64, weights="steps", pixels=2), False, True),
    (Folding(pe=32, simd=64, weights="steps", pixels=3), False, False),
    (Folding(pe=32, simd=64, weights="lut", pixels=3), True, True),
])
def test_wires_of_a_unit(folding: Folding, few: bool, routed: bool) -> None:
    assert (wires.few(folding), wires.routed(folding)) == (few, routed)


@pytest.mark.parametrize(("folding", "tiles"), [
    # As `benchmarks.wires` measures layers of CNV, within a tenth but for the last.
    (Folding(pe=64, simd=576, weights="logic"), 168_937),
    (Folding(pe=32, simd=192, weights="lut"), 185_890),
    (Folding(pe=128, simd=64, weights="lut"), 137_260),
    (Folding(pe=7, simd=128, weights="block", pixels=10), 184_429),
])
def test_length_of_wires(folding: Folding, tiles: int) -> None:
    assert wires.length(folding) == pytest.approx(tiles, rel=0.16)
