"""A placed design at another clock: what its cells are given, and what hangs on the clock."""

import math
import re

import pytest
from design_tops import top

from boards.catalogue import BOARDS, board
from boards.protocol import GAP
from hw.cores.link.uart import divisor
from hw.design import tops
from hw.design.adjustable import DOUBLINGS, PLL, around
from hw.emit.families import family
from hw.emit.project import platform, project

ADJUSTED = [name for name, each in BOARDS.items() if family(each).again]


@pytest.mark.parametrize("name", ADJUSTED)
def test_silence_and_serial_line_are_right_at_every_clock(name: str) -> None:
    known = board(name)
    clocks, seen = around(known, known.clock), set()
    for step in range(60):
        reached = clocks.lowest * 8.2 ** (step / 59)
        clock = tops.highest(clocks, reached)
        if clock is None:
            assert reached < 1.2 * clocks.lowest or reached < 17e6
            continue
        assert clocks.lowest <= clock <= min(math.nextafter(reached, math.inf), clocks.highest)
        settings = tops.settings(clocks, clock)
        found = {
            number: sum(
                (settings[f"logic.{number}.cells.bit{place}"]["INIT"] == 16 * "1") << place
                for place in range(width)
            )
            for number, width in (
                ("divisor", clocks.divisor_width), ("doublings", DOUBLINGS))
        }  # fmt: skip
        assert found["divisor"] == divisor(clock, known.baud)
        assert abs(found["divisor"] * known.baud / clock - 1) <= 0.02
        silence = (1 << clocks.gap.bit_length() - 1 + found["doublings"]) / clock
        assert 0.5 - 1e-6 <= silence / GAP <= 1 + 1e-6
        seen.add(found["doublings"])
    assert {0, 1, 2} <= seen


@pytest.mark.parametrize(("name", "other"), [("ulx3s", 142.5e6), ("icebreaker", 48e6)])
def test_the_settings_of_a_clock_are_what_a_top_for_it_has(name: str, other: float) -> None:
    known = board(name)
    clocks = around(known, known.clock)
    made = project(
        top(known, other, adjustable=clocks), platform(known, known.default_variant)
    ).files
    settings = dict(tops.settings(clocks, other))
    for parameter, value in settings.pop(PLL).items():
        (found,) = re.findall(rf"parameter \\{parameter} (?:\d+'([01]+)|(\d+))\n", made["top.il"])
        assert int(found[0] or f"{int(found[1]):b}", 2) == int(value, 2)
    inits = {}
    for file, text in made.items():
        if file.startswith("number_"):
            number = "doublings" if file.startswith(f"number_{DOUBLINGS}_") else "divisor"
            for init, cell in re.findall(r"INIT\(16'h(\w+)\)\) (bit\d+) ", text):
                inits[f"logic.{number}.cells.{cell}"] = {"INIT": f"{int(init, 16):016b}"}
    assert inits == settings


def test_nothing_is_other_where_one_clock_is_asked_for() -> None:
    known = board("ulx3s")
    files = project(top(known, known.clock), platform(known, known.default_variant)).files
    assert not any(name.startswith("number_") for name in files)


def test_a_clock_below_all_is_none() -> None:
    clocks = around(board("ulx3s"), 80e6)
    assert tops.highest(clocks, 39e6) is None
    assert tops.highest(clocks, 142.9e6) == 142.5e6
    assert tops.highest(clocks, 1e9) == 318.75e6
