"""A placed design at another clock: what its cells are given, and what hangs on the clock."""

import math
import re

import pytest
from design_tops import top

from boards.catalogue import BOARDS, board
from boards.protocol import GAP
from hw.cores.link.uart import divisor
from hw.design import clocks
from hw.design.adjustable import DOUBLINGS, PLL, around
from hw.emit.families import family
from hw.emit.project import platform, project

ADJUSTED = [name for name, each in BOARDS.items() if family(each).again]


@pytest.mark.parametrize("name", ADJUSTED)
def test_silence_and_serial_line_are_right_at_every_clock(name: str) -> None:
    known = board(name)
    adjustable, seen = around(known, known.clock), set()
    for step in range(60):
        reached = adjustable.lowest * 8.2 ** (step / 59)
        clock = clocks.highest(adjustable, reached)
        if clock is None:
            assert reached < 1.2 * adjustable.lowest or reached < 17e6
            continue
        most = min(math.nextafter(reached, math.inf), adjustable.highest)
        assert adjustable.lowest <= clock <= most
        settings = clocks.settings(adjustable, clock)
        found = {
            number: sum(
                (settings[f"logic.{number}.cells.bit{place}"]["INIT"] == 16 * "1") << place
                for place in range(width)
            )
            for number, width in (
                ("divisor", adjustable.divisor_width), ("doublings", DOUBLINGS))
        }  # fmt: skip
        assert found["divisor"] == divisor(clock, known.baud)
        assert abs(found["divisor"] * known.baud / clock - 1) <= 0.02
        silence = (1 << adjustable.gap.bit_length() - 1 + found["doublings"]) / clock
        assert 0.5 - 1e-6 <= silence / GAP <= 1 + 1e-6
        seen.add(found["doublings"])
    assert {0, 1, 2} <= seen


@pytest.mark.parametrize(("name", "other"), [("ulx3s", 142.5e6), ("icebreaker", 48e6)])
def test_the_settings_of_a_clock_are_what_a_top_for_it_has(name: str, other: float) -> None:
    known = board(name)
    adjustable = around(known, known.clock)
    made = project(
        top(known, other, adjustable=adjustable), platform(known, known.default_variant)
    ).files
    settings = dict(clocks.settings(adjustable, other))
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
    adjustable = around(board("ulx3s"), 80e6)
    assert clocks.highest(adjustable, 39e6) is None
    assert clocks.highest(adjustable, 142.9e6) == 142.5e6
    assert clocks.highest(adjustable, 1e9) == 318.75e6
