"""The entry: as few pixels of a beat as the frame rate allows, and what follows from them."""

import re
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from plan_networks import cnv, digits, flat, tiny, vectors
from rich.console import Console

from boards.known.ulx3s import BOARD
from hw.emit.table import plan_table
from hw.plan import archive, cost, entry, front
from hw.plan.latency import latencies
from hw.plan.search import plan
from model.refusal import Refusal

CLOCK = 100e6


def at(limit: int):
    """The smallest design of `flat` that takes so many cycles at most."""
    return plan(flat(), BOARD, fps=CLOCK / limit, clock=CLOCK)


@pytest.mark.parametrize(("network", "known"), [
    (cnv(), [1, 2, 4]), (digits(), [1, 2, 4]), (tiny(), [1, 2, 3]),
])
def test_a_window_takes_divisors_of_a_row(network, known):
    assert entry.choices(network) == known
    assert [entry.pixels(network, limit) for limit in (10_000, 1)] == [1, known[-1]]


def test_maps_pass_in_beats_that_both_their_ends_have():
    assert list(entry.maps(cnv()).values()) == [
        [1, 2, 4], [1, 2, 3],  # of 32 x 32, and of 30 x 30
        [1, 2], [1],  # before a pool of stride 2, and behind one
        [1, 2, 3, 4], [1, 2], [1], [1], [1], [1], [1], [1],
    ]  # fmt: skip
    assert entry.maps(flat()) == {name: [1] for name in entry.maps(flat())}


@pytest.mark.parametrize(("limit", "image", "first", "second"), [
    (1024, 1, (1, 1), (1, 1)), (1023, 2, (2, 1), (1, 1)), (900, 2, (2, 1), (1, 1)),
    (899, 2, (2, 2), (2, 1)), (783, 2, (2, 2), (2, 2)), (511, 4, (4, 2), (2, 2)),
])
def test_a_map_passes_in_as_few_pixels_of_a_beat_as_the_limit_allows(limit, image, first, second):
    found = entry.flow(cnv(), limit)
    assert (found.image, *found.layers[:2]) == (image, first, second)
    assert set(found.layers[2:]) == {(1, 1)}


def test_only_rates_at_which_all_maps_pass_count():
    assert entry.cycles(cnv()) == [392, 450, 512, 784, 900, 1024]
    assert entry.cycles(flat())[:3] == [1, 2, 4]


def test_a_vector_takes_any_divisor_of_the_image():
    assert entry.choices(vectors()) == [1, 3, 9]
    assert len(entry.choices(flat())) == 15


@pytest.mark.parametrize(("limit", "pixels"), [
    (10_000, 1), (784, 1), (783, 2), (392, 2), (391, 4), (45, 28), (28, 28), (27, 49), (10, 98),
    (1, 784),
])
def test_as_few_pixels_enter_as_the_limit_allows(limit, pixels):
    assert entry.pixels(flat(), limit) == pixels
    assert entry.beats(flat(), pixels) <= limit


@pytest.mark.parametrize(("limit", "entering"), [(784, 1), (783, 2), (392, 2)])
def test_a_convolution_takes_as_many_as_it_must(limit, entering):
    made = plan(digits(), BOARD, fps=CLOCK / limit, clock=CLOCK)
    assert made.interval == max(stage.cycles for stage in made.stages) <= limit
    assert made.entry == made.stages[0].folding.enters == entering
    # What is written goes on in as few cycles: into the pool at the end of the layer.
    assert made.stages[0].folding.leaves == entering
    assert entry.beats(digits(), entering) <= made.interval


def test_a_convolution_is_not_faster_than_its_pool():
    with pytest.raises(Refusal, match="but this network takes 392 at any folding"):
        plan(digits(), BOARD, fps=CLOCK / 391, clock=CLOCK)


@pytest.mark.parametrize("limit", [784, 785, 3000])
def test_a_slow_design_takes_a_pixel_a_beat(limit):
    assert at(limit).entry == 1
    assert at(limit).interval >= 784


@pytest.mark.parametrize("limit", [783, 256, 64, 20, 10])
def test_a_fast_design_takes_as_many_as_it_must(limit):
    made = at(limit)
    assert made.entry == entry.pixels(flat(), limit) > 1
    slowest = max(stage.cycles for stage in made.stages)
    assert made.interval == max(784 // made.entry, slowest) <= limit


def test_the_fastest_is_as_fast_as_its_head_gives_scores():
    made = plan(flat(), BOARD, "85F", fill=1.0, clock=CLOCK)
    assert (made.interval, made.entry) == (10, 98)


def test_a_rate_beyond_all_layers_is_refused_with_what_they_take():
    with pytest.raises(Refusal, match="leave 9 cycles a frame, but this network takes 10 at any"):
        at(9)


def test_more_pixels_take_more_tables_and_a_wider_beat_of_the_link():
    table = (np.arange(256) * 37 + np.arange(256) ** 2 // 5) % 256 - 128
    network = replace(flat(), table=table[None].astype(np.int16))
    one, two, many = (cost.surroundings(network, pixels) for pixels in (1, 2, 98))
    table = cost.surroundings(network).lut - cost.surroundings(flat()).lut
    assert two.lut - one.lut >= table > 80
    assert many.lut > 97 * table
    # A byte's entry of the table, and all bytes of a beat but the last.
    assert many.ff - two.ff == 96 * (8 + 8) + 6
    assert one.ebr == many.ebr


def test_an_image_is_through_sooner_in_wider_beats():
    made = at(64)
    ends = [latencies(flat(), made.foldings, pixels)[0] for pixels in (1, 4, made.entry, 784)]
    assert ends == sorted(ends, reverse=True)
    assert ends[0] - ends[1] == 784 - 784 // 4


def test_a_plan_is_read_back_with_its_entry(tmp_path):
    made = at(64)
    (tmp_path / "plan.json").write_text(archive.text(made))
    again = archive.read(tmp_path / "plan.json", made.network, made.board, made.device)
    assert again == made
    assert again.entry == made.entry > 1


def test_a_front_reaches_beyond_a_pixel_a_cycle():
    found = front.explore(flat(), BOARD, "85F", clock=CLOCK)
    assert found.points[-1].interval == 10
    assert found.points[-1].latency_cycles < 784


def test_what_no_layer_takes_the_entry_does():
    made = at(64)
    assert front.bound(made) == ("conv1", "product")
    slower = replace(made, entry=1, interval=784)
    assert front.bound(slower) == ("conv0", "entry")


@pytest.mark.parametrize(("limit", "shown"), [(784, False), (64, True)])
def test_the_table_shows_several_pixels(limit, shown):
    console = Console(record=True, width=120, file=StringIO())
    console.print(plan_table(at(limit)))
    found = re.search(r"entry +14 pixels +56 +\d+%", console.export_text())
    assert bool(found) == shown
