"""Progress: a bar on a terminal, lines at a pace elsewhere, and who calls it."""

import io

import numpy as np
import pytest
from rich.console import Console

from model import progress
from model.checkpoint import Checkpoint
from model.progress import EVERY, Paced, Progress, counted
from model.work.evaluate import evaluate


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_time_once_in_so_many_seconds():
    clock = Clock()
    paced, due = Paced(clock), []
    for step in range(41):
        clock.now = 100 + step * EVERY / 10
        due.append(paced.due())
    assert [step for step, now in enumerate(due) if now] == [10, 20, 30, 40]


def test_without_a_terminal_a_line_comes_every_few_seconds(monkeypatch):
    clock, out = Clock(), io.StringIO()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    monkeypatch.setattr(progress.Paced.__init__, "__defaults__", (clock,))
    with Progress(Console(file=out, width=20)) as told:
        for done in range(1, 2001):
            clock.now += 0.01
            told("scoring [in integers]", done, 2000)
    assert out.getvalue().splitlines() == [
        f"scoring [in integers]: {done:,} of 2,000 ({done / 2000:.0%}), {done // 100} s"
        for done in (500, 1000, 1500, 2000)]


def test_what_is_done_soon_says_nothing():
    out = io.StringIO()
    with Progress(Console(file=out)) as told:
        told("scoring", 1, 1)
    assert out.getvalue() == ""


def test_a_terminal_has_a_bar_for_each_thing_that_goes_at_the_end():
    out = io.StringIO()
    with Progress(Console(file=out, force_terminal=True, width=80)) as told:
        told("scoring", 3, 4)
        told._bars.refresh()
        told("simulating", 1, 8)
        told._bars.refresh()
    said = out.getvalue()
    assert "scoring" in said and "3/4" in said and "simulating" in said and "1/8" in said
    assert said.rstrip().endswith("\x1b[2K")  # the last thing is a line that is cleared


def test_an_error_leaves_no_bar():
    out = io.StringIO()
    with pytest.raises(ValueError, match="in between"), \
            Progress(Console(file=out, force_terminal=True)) as told:
        told("scoring", 1, 2)
        raise ValueError("in between")
    assert not told._bars.live.is_started


def test_nobody_who_listens_is_told():
    assert counted(None, "scoring", 3) is None
    heard = []
    tell = counted(lambda *told: heard.append(told), "scoring", 3)
    assert tell is not None
    tell(2)
    assert heard == [("scoring", 2, 3)]


@pytest.mark.parametrize("integer", [False, True])
def test_an_evaluation_tells_of_every_image(integer, checkpoint: Checkpoint, monkeypatch):
    monkeypatch.setattr("model.scoring.MANY", 4)
    monkeypatch.setitem(__import__("model.scoring").scoring.BATCH, "cpu", 4)
    monkeypatch.setattr("hw.network.reference.CHUNK", 1)
    shape = checkpoint.arch["input"]["shape"]
    images = np.random.default_rng(0).integers(0, 256, (10, *shape), np.uint8)
    heard = []
    found = evaluate(checkpoint, images, integer=integer, device="cpu",
                     told=lambda *told: heard.append(told))
    wanted = [("scoring by PyTorch", done, 10) for done in (4, 8, 10)]
    if integer:
        wanted += [("scoring in integers", done, 10) for done in range(1, 11)]
    assert heard == wanted
    alone = evaluate(checkpoint, images, integer=integer, device="cpu")
    assert np.array_equal(found.scores, alone.scores)
