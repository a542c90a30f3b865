"""The progress of what takes long: a bar on a terminal, otherwise a line every few seconds."""

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

EVERY = 5.0
"""Seconds from one line to the next where there is no terminal, and before the first."""

Told = Callable[[str, int, int], None]
"""Callback for progress: what is done, how much of it, and how much there is."""


def counted(told: Told | None, doing: str, total: int) -> Callable[[int], None] | None:
    """A callback for how much is done of one thing, which tells it on; None where nobody listens.
    """
    return None if told is None else lambda done: told(doing, done, total)


class Paced:
    """A pace for lines: it is time for one `EVERY` seconds, the first time after as many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()

    def due(self) -> bool:
        """True if it is time for a line, which is then the last one."""
        if self._clock() - self._last < EVERY:
            return False
        self._last = self._clock()
        return True


class Progress:
    """The progress of a command on stderr: call it with what is done, how much, and of how many.

    On a terminal it is a bar that goes at the end; otherwise lines, of which what takes less than
    `EVERY` seconds has none. It may be called as often as one likes.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeElapsedColumn(), console=self._console, transient=True)
        self._doing = ""
        self._paced = Paced()
        self._start = time.monotonic()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars.live.is_started:
            self._bars.stop()

    def __call__(self, doing: str, done: int, total: int) -> None:
        if self._console.is_terminal:
            self._bar(doing, done, total)
        elif self._paced.due():
            self._line(doing, done, total)

    def _bar(self, doing: str, done: int, total: int) -> None:
        if doing != self._doing:
            for task in self._bars.task_ids:
                self._bars.remove_task(task)
            self._bars.add_task(doing, total=total)
            self._doing = doing
            # Started only now, so that a refusal is one line, without an empty bar above it.
            self._bars.start()
        self._bars.update(self._bars.task_ids[-1], completed=done, total=total)

    def _line(self, doing: str, done: int, total: int) -> None:
        seconds = time.monotonic() - self._start
        self._console.print(f"{doing}: {done:,} of {total:,} ({done / total:.0%}), {seconds:.0f} s",
                            highlight=False, markup=False, soft_wrap=True)
