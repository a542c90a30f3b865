"""Chunks of a simulation: `CHUNK` frames each, played by processes of one compiled model."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from hw.emit.child import together
from sim.player import Engine, Played, Request, play
from sim.verilate import Model

CHUNK = 64
"""Frames that a process plays back to back from reset.

It is a constant, not a share of the run, so that cycles and toggles depend on the images alone and
not on the number of processes.
"""

Progress = Callable[[int], None]


def processors() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def chunks(request: Request, frames: int) -> list[Request]:
    """Split a request into requests of `CHUNK` frames each; the last one has the remainder."""
    sent, answered = len(request.beats) // frames, request.expect // frames
    if sent * frames != len(request.beats) or answered * frames != request.expect:
        raise ValueError(
            f"{len(request.beats)} beats and {request.expect} answers are not {frames} equal frames"
        )
    requests = []
    for start in range(0, frames, CHUNK):
        beats = request.beats[sent * start : sent * (start + CHUNK)]
        requests.append(replace(request, beats=beats, expect=len(beats) // sent * answered))
    return requests


def play_chunks(
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
        Called from time to time with the number of beats received in all chunks (native only).

    Raises
    ------
    sim.player.Failure
        As `sim.player.play` does, for the first chunk that failed; no further one is begun.
    """
    total = _Total(progress) if progress else None
    calls = [
        partial(play, model, request, engine, total.of(number) if total else None)
        for number, request in enumerate(requests)
    ]
    return together(calls, jobs)


class _Total:
    """The progress of all chunks together."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._counts, self._lock = progress, dict[int, int](), threading.Lock()

    def of(self, number: int) -> Progress:
        """The callback for the progress of chunk ``number``."""

        def tell(count: int) -> None:
            with self._lock:
                self._counts[number] = count
                self._progress(sum(self._counts.values()))

        return tell
