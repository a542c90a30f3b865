"""Timing: the cycles in which the parts of an empty stage start and end, output by output.

Every part starts an output position when it has what it needs and is done with the one before. With
D cycles a position, ``start[p] = max(ready[p], start[p - 1] + D)``: a running maximum. Buffers
never hold a reader up (`hw.cores.window.depth`), so what comes behind a part cannot delay it.
"""

from collections.abc import Sequence

import numpy as np

from hw.cores.stream import skid
from hw.cores.window.sizes import WindowSizes
from hw.plan.formats import ratio


def spaced(ready: np.ndarray, step: int) -> np.ndarray:
    """Starts ``step`` cycles apart at least, none before it is ready."""
    steps = step * np.arange(len(ready))
    return np.maximum.accumulate(ready - steps) + steps


def starts(window: WindowSizes, times: np.ndarray) -> np.ndarray:
    """Cycles in which the first beat of every position leaves a window, from those in which its
    words came."""
    geometry = window.geometry
    rows, columns = range(geometry.rows.steps), range(geometry.columns.steps)
    needs = np.array([[geometry.needs(row, column) for column in columns] for row in rows])
    last = needs * window.parts - 1
    return spaced(times[last.ravel()] + window.latency, window.step)


def entered(times: np.ndarray, arriving: int, lanes: int) -> np.ndarray:
    """Cycles in which every beat of ``lanes`` inputs comes into a layer, from beats of
    ``arriving``."""
    times = times + skid.LATENCY
    gathered, scattered = ratio(arriving, lanes)
    whole = times[gathered - 1 :: gathered] + (min(gathered, scattered) > 1)
    return (spaced(whole, scattered)[:, None] + np.arange(scattered)).ravel()


def joined(
    times: Sequence[np.ndarray], arriving: Sequence[int | None], lanes: int
) -> np.ndarray:
    """Cycles in which beats of ``lanes`` inputs are taken from all sources together.

    Narrower beats that wait are put together only once the beat before is taken: they follow in as
    many cycles as they are beats.
    """
    sources = [(each, beat or lanes) for each, beat in zip(times, arriving, strict=True)]
    step = 1
    for _, beat in sources:
        gathered, scattered = ratio(beat, lanes)
        step = max(step, gathered if scattered == 1 else 1)
    return spaced(np.max([entered(each, beat, lanes) for each, beat in sources], axis=0), step)
