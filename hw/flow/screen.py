"""Progress of a build on the terminal: a line per step, and a spinner while the step runs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from model.progress import Paced

Piece = str | tuple[str, str]
"""A text, or a text with its style."""


class Note:
    """The progress of one step: its `phase` while it runs, its `result` on the final line."""

    def __init__(self, screen: "Screen", step: str) -> None:
        self.result = ""
        self.phase = ""
        self.counted = ""
        self.start = time.monotonic()
        self._screen, self._step = screen, step
        self._spinner = Spinner("dots", style="cyan")
        self._paced = Paced()

    def say(self, phase: str | None, counted: str = "") -> None:
        """Show the step's phase, and a count within it; None and repetitions change nothing.

        Where there is no terminal, a phase is a line, and its count one every few seconds.
        """
        if not phase:
            return
        before, self.phase, self.counted = self.phase, phase, counted
        if self._screen.console.is_terminal:
            return
        if phase != before:
            self._screen.show(f"  {self._step}: {phase} ...")
            self._paced = Paced()
        elif counted and self._paced.due():
            self._screen.show(f"  {self._step}: {phase} {counted}")

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start

    def __rich__(self) -> Spinner:
        text = f"{self._step:<10} {_clock(self.seconds):>9}  {self.phase} {self.counted}"
        self._spinner.update(text=Text(text))
        return self._spinner


class Screen:
    """The console with a build's progress; where it is no terminal, every phase is a line."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()

    @contextmanager
    def step(self, name: str) -> Iterator[Note]:
        """Show a step while it runs, and its result at the end."""
        note = Note(self, name)
        shown = Live(note, console=self.console, transient=True, refresh_per_second=8)
        try:
            with shown if self.console.is_terminal else _nothing():
                yield note
        except BaseException:
            self._line(("✗", "red"), name, note.seconds, note.phase)
            raise
        self._line(("✓", "green"), name, note.seconds, note.result)

    def unchanged(self, name: str, result: str) -> None:
        """Show that a step was not run again, with its result."""
        self.show((f"· {name:<10} unchanged", "dim"), f"  {result}")

    def warn(self, text: str) -> None:
        """Show a warning."""
        self.show(("!", "yellow"), f" {text}")

    def show(self, *pieces: Piece) -> None:
        """Show a line. Brackets are not read as rich's markup: a file may have any name."""
        self.console.print(Text.assemble(*pieces), highlight=False)

    def _line(self, mark: Piece, name: str, seconds: float, text: str) -> None:
        self.show(mark, f" {name:<10} {_clock(seconds):>9}  {text}")


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _clock(seconds: float) -> str:
    """Elapsed time as a text: 3.2 s, or 12:05."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
