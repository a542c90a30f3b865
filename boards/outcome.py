"""The answers of a board to a set of images, and their comparison with the reference."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from boards.driver import Driver
from boards.protocol import Info
from model import arrays
from model.progress import Told, counted
from model.refusal import Refusal


class Expected(Protocol):
    """The right answers to N images: int64 ``scores`` (N, classes) and ``classes`` (N,)."""

    @property
    def scores(self) -> np.ndarray: ...

    @property
    def classes(self) -> np.ndarray: ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The answers of a board.

    Parameters
    ----------
    info : the board's answer to INFO
    scores, classes : int64 (N, classes) and int64 (N,)
    seconds : time for all images, the link included
    recoveries : number of times that requests had to be sent again
    """

    info: Info
    scores: np.ndarray
    classes: np.ndarray
    seconds: float
    recoveries: int

    def save(self, path: Path) -> None:
        """Write ``scores`` and ``classes``, completely or not at all; `Refusal` if not possible."""
        arrays.write(path, scores=self.scores, classes=self.classes)


def classify(driver: Driver, images: np.ndarray, told: Told | None = None) -> Outcome:
    """Send images to a board.

    Parameters
    ----------
    images : uint8 (N, channels, height, width)
    told : called with "classifying", the number of answers so far and N

    Raises
    ------
    Refusal
        The board's network reads images of another shape.
    LinkError
        The board does not answer.
    """
    info = driver.info()
    if images.shape[1:] != info.shape:
        raise Refusal(
            f"images of shape {images.shape[1:]}, but the board's network reads {info.shape}"
            " (channels, height, width); give it the images it was trained on"
        )
    # On the line all channels of a pixel are together.
    rows = (image.transpose(1, 2, 0).tobytes() for image in images)
    start = time.monotonic()
    answers, tell = [], counted(told, "classifying", len(images))
    for answer in driver.classify(rows):
        answers.append(answer)
        if tell:
            tell(len(answers))
    return Outcome(
        info=info,
        scores=np.array([answer.scores for answer in answers], np.int64),
        classes=np.array([answer.klass for answer in answers], np.int64),
        seconds=time.monotonic() - start,
        recoveries=driver.recoveries,
    )


def holds(info: Info, digest: str) -> bool:
    """True if a board says that its network is the one of a digest, in hexadecimal, with at least
    as many digits as a board tells."""
    return digest.startswith(info.digest.hex())


def faults(
    outcome: Outcome,
    digest: str,
    reference: Callable[[np.ndarray], Expected],
    images: np.ndarray,
) -> list[str]:
    """Compare answers with the integer reference; returns a line for every difference.

    Parameters
    ----------
    outcome : the answers to ``images``, uint8 (N, channels, height, width).
    digest : digest of the network that should be on the board, as for `holds`.
    reference : scores images by that network; not called if the board has another one.
    """
    if not holds(outcome.info, digest):
        told = outcome.info.digest.hex()
        return [
            f"the board holds network {told}, the checkpoint is {digest[: len(told)]};"
            " load the board with the bitstream that was built from this checkpoint"
        ]
    expected = reference(images)
    wrong = (outcome.scores != expected.scores).any(1) | (outcome.classes != expected.classes)
    if not wrong.any():
        return []
    first = int(wrong.argmax())
    return [
        f"{int(wrong.sum())} of {len(images)} images differ from the integer reference; image"
        f" {first}: scores {outcome.scores[first].tolist()}, expected"
        f" {expected.scores[first].tolist()}"
    ]
