"""A board of a known family is one file: it is found, planned for and has a top."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from boards import catalogue, known
from boards.board import Board
from hw.build import main
from hw.design.accelerator import Accelerator
from hw.design.clocks import achieved
from hw.design.tops import top
from hw.emit.project import platform, project
from hw.network.fold import fold
from hw.plan.search import plan
from model.checkpoint import save
from model.refusal import Refusal
from sim.random_networks import random_checkpoint


@dataclass(frozen=True, kw_only=True)
class New:
    """A board's file, the board that is listed after it, and its pins in the constraints."""

    text: str
    before: str
    pins: tuple[str, ...]


NEW = {
    "ecp5_evn": New(
        text='''"""The ECP5 Evaluation Board: an ECP5-5G-85F, a 12 MHz oscillator, eight LEDs."""

from boards.board import Board, Device, Light
from boards.families import ECP5

BOARD = Board(
    name="ecp5_evn",
    platform="amaranth_boards.ecp5_5g_evn.ECP55GEVNPlatform",
    devices={"85F": Device(name="LFE5UM5G-85F", family=ECP5, lut=83_640, ff=83_640, ebr=208)},
    default_variant="85F",
    oscillator=12e6,
    oscillator_pin="clk12",
    clock=60e6,
    baud=1_000_000,
    leds=(Light.FAULT, Light.BUSY, Light.BEAT),
)
''',
        before="colorlight_i9",
        pins=('"clk12_0__io" SITE "A10"', '"led_0__io" SITE "A13"', '"led_2__io" SITE "B19"',
              '"uart_0__rx__io" SITE "P2"'),
    ),
    "up5k_evn": New(
        text='''"""The iCE40UP5K Breakout Board: a 12 MHz oscillator, an LED, an adapter."""

from boards.board import Board, Light, Pins
from boards.devices import UP5K

BOARD = Board(
    name="up5k_evn",
    platform="amaranth_boards.ice40_up5k_b_evn.ICE40UP5KBEVNPlatform",
    devices={"UP5K": UP5K},
    default_variant="UP5K",
    oscillator=12e6,
    oscillator_pin="clk12",
    clock=24e6,
    baud=1_000_000,
    leds=(Light.BEAT,),
    pins=Pins(rx="j_2:7", tx="j_2:9", attributes=(("PULLUP", 1),)),
)
''',
        before="upduino_v3",
        pins=("clk12_0__io 35", "led_0__io 39", "uart_0__rx__io 48", "uart_0__tx__io 45"),
    ),
}
"""By name."""


@pytest.fixture(params=NEW)
def board(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Board]:
    """A board whose file lies beside the others, as the package sees it."""
    name = request.param
    folder = tmp_path / "known"
    folder.mkdir()
    (folder / f"{name}.py").write_text(NEW[name].text)
    monkeypatch.setattr(known, "__path__", [*known.__path__, str(folder)])
    monkeypatch.setattr(catalogue, "BOARDS", catalogue.find())
    yield catalogue.board(name)
    del sys.modules[f"{known.__name__}.{name}"]
    delattr(known, name)


def test_it_is_listed_by_its_size(board: Board) -> None:
    name, before = board.name, NEW[board.name].before
    listed = [*catalogue.BOARDS]
    assert listed[listed.index(name) + 1:][:1] == [before]
    with pytest.raises(Refusal, match=rf"choose one of: ulx3s, .*\b{name}\b"):
        catalogue.board("ulx4m")


def test_it_has_a_top_with_its_own_pins(board: Board) -> None:
    network = fold(random_checkpoint(3))
    planned = plan(network, board, fps=1, clock=achieved(board, board.clock))
    assert (planned.board, planned.clock) == (board, board.clock)
    made = project(top(planned, Accelerator(planned)), platform(board, board.default_variant))
    constraints = next(made.files[name] for name in made.files if name.endswith(("lpf", "pcf")))
    assert [pin for pin in NEW[board.name].pins if pin not in constraints] == []
    assert set(re.findall(r"led_\d+", constraints)) == {f"led_{k}" for k in range(len(board.leds))}


def test_it_is_built_for_by_name(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(random_checkpoint(3), tmp_path / "net.pt")
    words = ["--checkpoint", str(tmp_path / "net.pt"), "--out", str(tmp_path / "out"),
             "--board", board.name, "--fps", "1", "--stop-after", "plan"]
    assert main(words) == 0
    assert board.name in capsys.readouterr().out
    assert f'"board": "{board.name}"' in (tmp_path / "out" / "plan.json").read_text()
