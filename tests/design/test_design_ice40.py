"""The top of an iCE40 board: the iCEBreaker's pins, PLL, reset and what it refuses."""

import re
from typing import Any

import pytest
from design_tops import top

from boards.catalogue import BOARDS, board
from boards.families import ICE40
from hw.design.adjustable import around
from hw.design.clocks import achieved
from hw.design.known.ice40 import MEMORIES_AWAKE
from hw.design.pll.ice40 import LIMITS
from hw.design.top import Top
from hw.design.tops import TOPS
from hw.emit.project import Project, platform, project
from model.refusal import Refusal
from sim.netlist import RESET

BOARD = board("icebreaker")
PINS = {
    "clk12_0__io": "35",
    "uart_0__rx__io": "6",
    "uart_0__tx__io": "9",
    "led_0__io": "11",
    "led_1__io": "37",
}


@pytest.fixture(scope="module")
def emitted() -> Project:
    return project(top(BOARD, BOARD.clock), platform(BOARD, BOARD.default_variant))


def test_every_pin_is_where_the_board_has_it(emitted: Project) -> None:
    constraints = emitted.files["top.pcf"]
    assert dict(re.findall(r"set_io (\S+) (\S+)", constraints)) == PINS


def test_the_tools_are_told_the_device_and_no_file(emitted: Project) -> None:
    assert emitted.device == ("--up5k", "--package", "sg48")
    assert emitted.packing == ()


def test_the_pll_has_the_planned_dividers(emitted: Project) -> None:
    netlist = emitted.files["top.il"]
    found = {
        name: int(bits, 2)
        for name, bits in re.findall(r"parameter \\(DIV\w) \d+'([01]+)", netlist)
    }
    oscillation = BOARD.oscillator / (found["DIVR"] + 1) * (found["DIVF"] + 1)
    assert oscillation / (1 << found["DIVQ"]) == BOARD.clock


def waited(made: Project) -> int:
    """Cycles of a top's reset behind the PLL's lock."""
    (bits,) = re.findall(r"wire width (\d+) \\waited", made.files["top.il"])
    return 1 << int(bits) - 1


def test_reset_outlasts_the_sleep_of_the_memories(emitted: Project) -> None:
    assert MEMORIES_AWAKE <= waited(emitted) / BOARD.clock <= 4 * MEMORIES_AWAKE
    assert 3e-6 < MEMORIES_AWAKE < 1e-3  # longer than they sleep, and nobody waits for it


@pytest.mark.parametrize("name", [name for name, each in BOARDS.items() if each.family == ICE40])
def test_reset_is_over_before_a_simulated_netlist_is_given_images(name: str) -> None:
    known, lock = board(name), 100

    def cycles(made: Top[Any]) -> int:
        return waited(project(made, platform(known, known.default_variant))) + lock

    assert cycles(top(known, LIMITS.clock[1])) < RESET
    adjustable = around(known, known.clock)
    # It is as long as the highest clock needs that the design can be given.
    longest = cycles(top(known, known.clock, adjustable=adjustable))
    assert adjustable.highest * MEMORIES_AWAKE < longest - lock < RESET - lock


def test_every_family_has_a_top() -> None:
    assert {each.family.name for each in BOARDS.values()} == set(TOPS)


@pytest.mark.parametrize("name", BOARDS)
def test_the_clock_of_a_board_is_one_that_it_makes(name: str) -> None:
    assert achieved(BOARDS[name], BOARDS[name].clock) == BOARDS[name].clock


def test_the_clock_that_there_is_is_told() -> None:
    assert top(BOARD, 37e6).dividers.achieved == 36_750_000


def test_an_impossible_clock_is_refused() -> None:
    with pytest.raises(Refusal, match="outside the iCE40 PLL's"):
        top(BOARD, 300e6)


def test_a_rate_the_clock_cannot_make_is_refused() -> None:
    with pytest.raises(ValueError, match=r"baud is 2\.00 cycles of 36 MHz"):
        top(BOARD, 36e6, baud=18_000_000)


@pytest.mark.parametrize(("name", "kind", "pin"), [
    ("icebreaker", "SB_PLL40_PAD", "PACKAGEPIN"), ("hx8k_evn", "SB_PLL40_CORE", "REFERENCECLK")])
def test_the_pll_takes_the_oscillator_from_its_pad_or_from_a_pin(
    name: str, kind: str, pin: str
) -> None:
    on = board(name)
    text = project(top(on, on.clock), platform(on, on.default_variant)).files["top.il"]
    cell = text[text.index(f"cell \\{kind} "):]
    assert f"connect \\{pin} " in cell[:cell.index("  end")]
