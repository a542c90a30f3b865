"""A run in parts: frames shared among processes of one compiled model, `PART` frames each."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from hw.emit.child import together
from sim.player import Engine, Played, Request, play
from sim.verilate import Model

PART = 64
"""Frames that a process plays back to back from reset.

A constant, not a share of the run: what is counted then depends on the images alone, however many
processes there are.
"""

Progress = Callable[[int], None]


def processors() -> int:
    """How many processes the machine runs at once."""
    return len(os.sched_getaffinity(0))


def parts(request: Request, frames: int) -> list[Request]:
    """The requests of `PART` frames each, the last of what is left over, that make up a whole."""
    sent, answered = len(request.beats) // frames, request.expect // frames
    if sent * frames != len(request.beats) or answered * frames != request.expect:
        raise ValueError(
            f"{len(request.beats)} beats and {request.expect} answers are not {frames} equal frames"
        )
    found = []
    for start in range(0, frames, PART):
        beats = request.beats[sent * start : sent * (start + PART)]
        found.append(replace(request, beats=beats, expect=len(beats) // sent * answered))
    return found


def play_parts(
    model: Model,
    requests: Sequence[Request],
    engine: Engine = "native",
    *,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[Played]:
    """Play every request in a process of its own, ``jobs`` of them at once.

    Parameters
    ----------
    progress
        Called with the number of beats received in all parts together, now and then (native).

    Raises
    ------
    sim.player.Failure
        As `sim.player.play` does: of the first part that failed; parts not begun are left out.
    """
    total = _Total(progress) if progress else None
    calls = [
        partial(play, model, request, engine, total.of(number) if total else None)
        for number, request in enumerate(requests)
    ]
    return together(calls, jobs)


class _Total:
    """Progress of several parts as one number."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._counts, self._lock = progress, dict[int, int](), threading.Lock()

    def of(self, number: int) -> Progress:
        """What part ``number`` calls."""

        def tell(count: int) -> None:
            with self._lock:
                self._counts[number] = count
                self._progress(sum(self._counts.values()))

        return tell
