"""The screen of a build where there is no terminal: a line for a phase, and its count at a pace."""

import io

import pytest
from rich.console import Console

from hw.flow.screen import Screen
from model import progress
from model.progress import EVERY


def test_a_count_is_a_line_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now, out = [0.0], io.StringIO()
    monkeypatch.setattr(progress.Paced.__init__, "__defaults__", (lambda: now[0],))
    with Screen(Console(file=out, width=80)).step("simulate") as note:
        note.say("compiling")
        for done in range(1, 31):
            now[0] += EVERY / 10
            note.say("simulating 30 images", f"({done} done)")
        note.say(None)
        note.result = "well"
    *lines, last = out.getvalue().splitlines()
    assert lines == [
        "  simulate: compiling ...", "  simulate: simulating 30 images ...",
        "  simulate: simulating 30 images (11 done)", "  simulate: simulating 30 images (21 done)",
    ]
    assert last.startswith("✓ simulate") and last.endswith("well")
