"""The top of a GateMate board: the GateMateA1-EVB's pins, PLL and what it refuses."""

import re

import pytest
from design_tops import top

from boards.catalogue import board
from hw.emit.project import Project, platform, project
from model.refusal import Refusal

BOARD = board("gatemate_evb")


@pytest.fixture(scope="module")
def emitted() -> Project:
    return project(top(BOARD, BOARD.clock), platform(BOARD, BOARD.default_variant))


def test_the_tools_are_told_the_device_and_no_file(emitted: Project) -> None:
    assert emitted.device == ("--device", "CCGM1A1", "--vopt=fpga_mode=2")
    assert emitted.packing == ()


def test_the_oscillator_comes_through_a_schmitt_trigger(emitted: Project) -> None:
    assert 'Loc = "IO_SB_A8" | SCHMITT_TRIGGER=true;' in emitted.files["top.ccf"]


def test_the_pll_is_told_both_frequencies_and_its_mode(emitted: Project) -> None:
    told = dict(re.findall(r'parameter \\(\w+) "([^"]+)"', emitted.files["top.il"]))
    assert (told["REF_CLK"], told["OUT_CLK"], told["PERF_MD"]) == ("10.0", "25.0", "ECONOMY")


def test_every_pin_has_its_buffer_and_the_clock_one_global_net(emitted: Project) -> None:
    kinds = re.findall(r"cell \\(CC_\w+) ", emitted.files["top.il"])
    assert sorted(kinds) == ["CC_BUFG", "CC_IBUF", "CC_IBUF", "CC_OBUF", "CC_OBUF", "CC_PLL"]


def test_the_led_lights_while_its_pin_is_low(emitted: Project) -> None:
    made = platform(BOARD, BOARD.default_variant)
    assert made.request("led", 0, dir="-").invert == (True,)


def test_an_impossible_clock_is_refused() -> None:
    with pytest.raises(Refusal, match="outside the GateMate PLL's 1 to 312 MHz"):
        top(BOARD, 400e6)
