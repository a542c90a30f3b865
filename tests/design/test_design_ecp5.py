"""The top of an ECP5 board: the ULX3S' pins, PLL and what it refuses, on every variant."""

import re

import pytest
from design_tops import top

from boards.catalogue import board
from hw.emit.project import Project, platform, project
from model.refusal import Refusal

BOARD = board("ulx3s")
LEDS = ["B2", "C2", "C1", "D2", "D1", "E2", "E1", "H3"]
PINS = {
    "clk25_0__io": "G2",
    "uart_0__rx__io": "M1",
    "uart_0__tx__io": "L4",
    **{f"led_{k}__io": pin for k, pin in enumerate(LEDS)},
}


@pytest.fixture(scope="module", params=BOARD.devices)
def emitted(request: pytest.FixtureRequest) -> Project:
    return project(top(BOARD, BOARD.clock), platform(BOARD, request.param))


def test_every_pin_is_where_the_board_has_it(emitted: Project) -> None:
    constraints = emitted.files["top.lpf"]
    assert dict(re.findall(r'LOCATE COMP "(\S+)" SITE "(\S+)"', constraints)) == PINS
    assert 'FREQUENCY PORT "clk25_0__io" 25000000.0 HZ' in constraints


def test_the_pll_has_the_planned_dividers(emitted: Project) -> None:
    netlist = emitted.files["top.il"]
    found = {
        name: int(value)
        for name, value in re.findall(r"parameter (?:signed )?\\(CLK\w+_DIV) (\d+)", netlist)
    }
    reference, multiplier, output = (found[f"CLK{name}_DIV"] for name in ("I", "OP", "OS"))
    assert found["CLKFB_DIV"] == 1
    assert BOARD.oscillator / reference * multiplier / output == BOARD.clock


def test_the_clock_that_there_is_is_told() -> None:
    assert 80e6 < top(BOARD, 81e6).dividers.achieved < 81e6


def test_an_impossible_clock_is_refused() -> None:
    with pytest.raises(Refusal, match="outside the ECP5 PLL's"):
        top(BOARD, 500e6)


def test_a_rate_the_clock_cannot_make_is_refused() -> None:
    with pytest.raises(ValueError, match=r"baud is 2\.00 cycles of 50 MHz"):
        top(BOARD, 50e6, baud=25_000_000)
