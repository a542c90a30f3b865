"""The cost of what every board has around its accelerator."""

from boards.families import ECP5, ICE40
from hw.cores.link import cost


def test_a_channel_more_costs_a_few_lut4() -> None:
    grey, colour = (cost.resources(channels) for channels in (1, 3))
    assert 0 < colour.lut - grey.lut < 20
    assert (grey.ff, grey.ebr) == (colour.ff, 0)


def test_requests_wait_in_a_block_where_lut4_are_no_memory() -> None:
    assert cost.resources(1, ICE40).ebr - cost.resources(1, ECP5).ebr == 1
