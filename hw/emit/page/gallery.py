"""A gallery of the images that were simulated, with class and scores, the wrong ones first."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from hw.emit.page.blocks import Block, Gallery, Picture, Text, Verdict
from hw.emit.page.section import Answered, Section, Told

MOST = 24
"""Pictures in a page, which is sent by mail and read on phones."""

BEST = 3
"""Classes of an image whose scores are told."""


def blocks(told: Told) -> Sequence[Block]:
    answered = told.answered
    if answered is None or told.report.simulation is None:
        return [Text(text="No images: design.v was not simulated in this build.")]
    classes = told.report.network.get("classes") or _numbered(answered.scores.shape[1])
    found = answered.scores.argmax(axis=1)
    order, wrong = _order(answered, found), _wrong(answered, found)
    shown = order[:MOST]
    return [
        Text(text=f"{len(found)} images from {answered.source}, with the scores that the simulated "
                  f"{told.report.simulation.file} gave. {_counted(answered, wrong)}"),
        Gallery(caption=f"{len(shown)} of them", pictures=[
            _picture(answered, int(number), int(found[number]), classes) for number in shown]),
    ]  # fmt: skip


def _order(answered: Answered, found: np.ndarray) -> np.ndarray:
    """Numbers of the images: those with a wrong class first, both in their own order."""
    return np.argsort(~_wrong(answered, found), kind="stable")


def _wrong(answered: Answered, found: np.ndarray) -> np.ndarray:
    """bool (N,): images of another class than their label's; without labels none."""
    if answered.labels is None:
        return np.zeros(len(found), bool)
    return np.asarray(found != answered.labels)


def _counted(answered: Answered, wrong: np.ndarray) -> str:
    if answered.labels is None:
        return "They have no labels, so that none is right or wrong."
    count = int(wrong.sum())
    return f"Of another class than their label: {count}{', which come first' if count else ''}."


def _picture(answered: Answered, number: int, found: int, classes: Sequence[str]) -> Picture:
    told = f"class {classes[found]}"
    verdict: Verdict = "none"
    if answered.labels is not None:
        label = int(answered.labels[number])
        right = label == found
        verdict = "good" if right else "bad"
        told += ", right" if right else f", WRONG: labelled {classes[label]}"
    scores = answered.scores[number]
    best = np.argsort(-scores, kind="stable")[:BEST]
    return Picture(
        png=png(answered.images[number]), name=f"image {number}, {told}",
        verdict=verdict,
        lines=[told, *(f"{classes[each]}: {scores[each]:,}" for each in best)],
    )  # fmt: skip


def png(image: np.ndarray) -> bytes:
    """An image, uint8 (C, H, W), as PNG: colours of three channels, else all channels in grey side
    by side."""
    channels, height, width = image.shape
    if channels == 3:
        pixels = image.transpose(1, 2, 0)
    else:
        pixels = image.transpose(1, 0, 2).reshape(height, channels * width)
    written = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(written, "PNG", optimize=True)
    return written.getvalue()


def _numbered(count: int) -> list[str]:
    return [str(number) for number in range(count)]


SECTION = Section(order=5, heading="Images", blocks=blocks)
