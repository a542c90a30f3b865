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
from hw.design.tops import achieved, top
from hw.emit.project import platform, project
from hw.network.fold import fold
from hw.plan.search import plan
from model.checkpoint import save
from model.refusal import Refusal
from sim.random_networks import random_checkpoint


@dataclass(frozen=True, kw_only=True)
class New:
    """A board's file, the boards there are with it, and what the constraints say of its pins."""

    text: str
    boards: list[str]
    pins: tuple[str, ...]


NEW = {
    "icepi_zero": New(
        text='''"""The Icepi Zero: an ECP5-25F, a 50 MHz oscillator, five LEDs."""

from boards.board import Board, Device, Light
from boards.families import ECP5

BOARD = Board(
    name="icepi_zero",
    platform="amaranth_boards.icepi_zero.IcepiZero1_3Platform",
    devices={"25F": Device(name="LFE5U-25F", family=ECP5, lut=24_288, ff=24_288, ebr=56)},
    default_variant="25F",
    oscillator=50e6,
    oscillator_pin="clk50",
    clock=60e6,
    baud=1_000_000,
    leds=(Light.FAULT, Light.BUSY, Light.BEAT),
)
''',
        boards=["ulx3s", "icepi_zero", "icebreaker"],
        pins=('"clk50_0__io" SITE "M1"', '"led_0__io" SITE "E13"', '"led_2__io" SITE "E12"'),
    ),
    "icesugar": New(
        text='''"""The iCESugar: an iCE40UP5K, a 12 MHz oscillator, three LEDs."""

from boards.board import Board, Device, Light
from boards.families import ICE40

BOARD = Board(
    name="icesugar",
    platform="amaranth_boards.icesugar.ICESugarPlatform",
    devices={"UP5K": Device(name="iCE40UP5K-SG48", family=ICE40, lut=5_280, ff=5_280, ebr=30)},
    default_variant="UP5K",
    oscillator=12e6,
    oscillator_pin="clk12",
    clock=24e6,
    baud=1_000_000,
    leds=(Light.BEAT,),
)
''',
        boards=["ulx3s", "icebreaker", "icesugar"],
        pins=("clk12_0__io 35", "led_0__io 40"),
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
    assert list(catalogue.BOARDS) == NEW[board.name].boards
    with pytest.raises(Refusal, match=f"choose one of: {', '.join(NEW[board.name].boards)}$"):
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
