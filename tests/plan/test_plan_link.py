"""The link's image buffer: as many images as fit beside a network, and large networks at all."""

import json
from copy import copy

import pytest
from plan_networks import digits, network

from boards.catalogue import board
from boards.families import ECP5, ICE40
from boards.resources import Resources
from hw.network.network import Network
from hw.plan import archive, link, unfit
from hw.plan.budget import usual_share
from hw.plan.plan import Slots
from hw.plan.search import Search, fits, plan
from model.refusal import Refusal

TWO, BOTH, ONE, NONE = (
    Slots(count=2), Slots(count=2, exact=True), Slots(count=1, exact=True), Slots(count=0),
)  # fmt: skip


def medium() -> Network:
    return network((1, 60, 60), [(8, 3, 1, 2)] * 2, classes=10)


def narrow(*shape: int) -> Network:
    """Three small convolutions on a map of this shape."""
    channels, height, width = shape
    return network((channels, height, width), [(8, 3, 1, 2)] * 3, classes=10)


@pytest.mark.parametrize(("described", "name", "variant", "slots"), [
    (digits(), "ulx3s", "85F", TWO),
    (narrow(1, 480, 640), "ulx3s", "85F", ONE),
    (narrow(1, 480, 640), "ulx3s", "12F", NONE),
    (narrow(3, 224, 224), "ulx3s", "85F", BOTH),
    (narrow(1, 96, 96), "icebreaker", "UP5K", NONE),
    (medium(), "icebreaker", "UP5K", ONE),
])
def test_the_link_keeps_as_many_images_as_fit(
    described: Network, name: str, variant: str, slots: Slots
) -> None:
    made = plan(described, board(name), variant)
    assert made.slots == slots
    assert made.estimate.ebr <= made.device.ebr
    held = link.buffer(link.image_bytes(made.network), slots, made.device.family).ebr
    assert made.estimate.ebr >= held


def test_the_choice_is_part_of_the_written_plan(tmp_path) -> None:
    made = plan(medium(), board("icebreaker"))
    assert json.loads(archive.text(made))["slots"] == {"count": 1, "exact": True}
    (tmp_path / "plan.json").write_text(archive.text(made))
    assert archive.read(tmp_path / "plan.json", made.network, made.board, made.device) == made


@pytest.mark.parametrize(("size", "known"), [
    (784, (TWO, BOTH, ONE, NONE)), (1024, (TWO, ONE, NONE)),
])
def test_no_way_of_keeping_images_is_tried_twice(size: int, known: tuple[Slots, ...]) -> None:
    assert link.options(size) == known


@pytest.mark.parametrize(("size", "slots", "family", "blocks"), [
    (784, TWO, ECP5, 1), (3072, TWO, ECP5, 4), (3072, BOTH, ECP5, 3), (2048, ONE, ECP5, 1),
    (2049, ONE, ECP5, 2), (307_200, ONE, ECP5, 150), (784, TWO, ICE40, 4), (513, ONE, ICE40, 2),
    (1, ONE, ICE40, 1), (1 << 24, NONE, ECP5, 0),
])
def test_exact_slots_take_the_blocks_that_they_fill(size, slots, family, blocks) -> None:
    assert link.buffer(size, slots, family).ebr == blocks


def test_without_a_slot_a_design_keeps_up_with_the_line() -> None:
    """The slowest design there is would let bytes wait for longer than the line does."""
    target = board("ulx3s")
    wide = network((1, 300, 400), [(16, 3, 1, 2), (64, 3, 1, 2), (64, 3, 1, 2)], classes=2)
    search = Search(wide, target, "12F")
    assert link.buffer(link.image_bytes(wide), ONE, ECP5).ebr > search.device.ebr
    made = search.smallest()
    assert made is not None and made.slots == NONE
    most = link.line_limit(wide, link.byte_cycles(target, target.clock))
    assert most is not None and made.interval <= most < search.limits[-1]
    alone = Search(wide, target, "12F", alone=True).smallest()
    assert alone is not None and alone.interval > most


def test_a_row_of_a_layer_may_take_as_long_as_the_rows_that_it_needs() -> None:
    """Half of 28 rows of 28 bytes, a hundred cycles each, in the first layer and in the second,
    for half as many rows twice that; the dense head holds its whole map."""
    assert link.line_limit(digits(), 100) == 28 * 28 * 100 // 2
    assert link.line_limit(network((1, 3, 3), [(6, 0, 0, 0)], classes=3), 1) is None
    # Of two layers that of fewer rows decides.
    fewer = network((1, 30, 10), [(4, 3, 0, 0), (4, 5, 0, 0)], classes=3)
    assert link.line_limit(fewer, 100) == 24 * 10 * 100 // 2


@pytest.mark.parametrize(("shape", "told"), [
    ((1, 1, 65_536), "up to 65,535 columns, and this one has 65,536"),
    ((2, 65_535, 65_535), "8,589,672,450 bytes"),
])
def test_what_a_frame_cannot_say_is_refused_before_planning(shape, told) -> None:
    large = copy(digits())
    object.__setattr__(large, "input_shape", shape)
    with pytest.raises(Refusal, match=told):
        plan(large, board("ulx3s"))


def test_a_network_that_only_its_link_keeps_from_fitting_is_told_so() -> None:
    search = Search(digits(), board("ulx3s"), "12F")
    need = Resources(lut=1, ff=1, ebr=50)
    assert search._line is not None
    told = str(unfit.image(need, search.budget, search.board, search.network, line=search._line))
    assert "an image takes 1 EBR beside the network's 50, against 56" in told


@pytest.mark.parametrize(("name", "variant", "share"), [
    ("ulx3s", "85F", 0.1), ("ulx3s", "45F", 8000 / 43_848), ("icebreaker", "UP5K", 0.8),
])
def test_a_usual_build_takes_a_tenth_or_what_places_in_minutes(name, variant, share) -> None:
    device, small = board(name).devices[variant], digits()
    assert usual_share(device) == pytest.approx(share)
    made = plan(small, board(name), variant)
    assert made == plan(small, board(name), variant, fill=share)


def test_a_usual_build_takes_more_where_nothing_smaller_fits() -> None:
    """The smallest design of many channels takes more than the usual share of a small device."""
    many = network((1, 12, 12), [(32, 3, 1, 2), (32, 3, 1, 2), (32, 3, 1, 0)], classes=10)
    target = board("icebreaker")
    with pytest.raises(Refusal, match="a larger --fill"):
        plan(many, target, fill=0.5)
    made, smallest = plan(many, target), Search(many, target).smallest()
    assert fits(many, target) is None and smallest is not None
    assert made.interval <= smallest.interval


@pytest.mark.parametrize(("count", "window"), [(0, 1), (1, 1), (2, 2), (3, 3)])
def test_a_host_sends_as_many_images_as_there_are_slots_and_one_where_there_is_none(count, window):
    assert Slots(count=count).window == window
