"""The tops of Gowin boards: pins, PLL, reset and what they refuse."""

import re

import pytest
from design_tops import top

from boards.catalogue import board
from hw.emit.project import Project, platform, project
from model.refusal import Refusal

NINE, TWENTY = board("tangnano9k"), board("tangnano20k")


@pytest.fixture(scope="module", params=[NINE, TWENTY], ids=lambda each: each.name)
def emitted(request: pytest.FixtureRequest) -> Project:
    return project(
        top(request.param, 81e6), platform(request.param, request.param.default_variant)
    )


def test_the_packer_is_told_the_die_and_no_file(emitted: Project) -> None:
    assert emitted.packing[:2] in {("-d", "GW1N-9C"), ("-d", "GW2A-18C")}
    assert not [word for word in (*emitted.device, *emitted.packing) if "top." in word]


def test_lines_to_the_host_have_a_pull_up(emitted: Project) -> None:
    assert 'IO_PORT "uart_0__rx__io" PULL_MODE=UP;' in emitted.files["top.cst"]


def test_the_pll_has_the_planned_dividers(emitted: Project) -> None:
    found = {
        name: int(number) for name, number in
        re.findall(r"parameter \\(\w+DIV_SEL) (\d+)", emitted.files["top.il"])
    }  # fmt: skip
    assert 27e6 / (found["IDIV_SEL"] + 1) * (found["FBDIV_SEL"] + 1) == 81e6
    assert 500e6 <= 81e6 * found["ODIV_SEL"] <= 1200e6


def test_reset_lasts_until_the_pll_has_locked(emitted: Project) -> None:
    text = emitted.files["top.il"]
    assert re.search(r"connect \\LOCK \\(\S+)", text)
    assert "\\stage1" in text


def test_an_impossible_clock_is_refused() -> None:
    with pytest.raises(Refusal, match=r"outside the Gowin PLL's 3\.90625 to 600 MHz"):
        top(NINE, 700e6)
