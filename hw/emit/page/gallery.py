"""A gallery of the images that were simulated, with class and scores, the wrong ones first."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from hw.emit.page.blocks import Block, Gallery, Picture, Text, Verdict
from hw.emit.page.section import Section, Told
from hw.emit.shown import Shown

BEST = 3
"""Classes of an image whose scores are told."""


def blocks(told: Told) -> Sequence[Block]:
    shown, simulation = told.shown, told.report.simulation
    if shown is None or simulation is None:
        why = ("nothing was simulated in this build" if simulation is None
               else "the build has kept none")
        return [Text(text=f"No images: {why}.")]
    classes = told.report.network.get("classes") or _numbered(shown.scores.shape[1])
    return [
        Text(text=f"{len(shown.numbers)} of the {shown.count} simulated images, from "
                  f"{shown.source}, each with its class and the {BEST} highest scores that "
                  f"{simulation.file} gave. {_counted(shown)}"),
        Gallery(caption="Simulated images", pictures=[
            _picture(shown, index, classes) for index in range(len(shown.numbers))]),
    ]  # fmt: skip


def _counted(shown: Shown) -> str:
    if shown.wrong is None:
        return "They have no labels, so that none is right or wrong."
    return (f"Of another class than their label: {shown.wrong} of {shown.count}"
            f"{', which come first' if shown.wrong else ''}.")


def _picture(shown: Shown, index: int, classes: Sequence[str]) -> Picture:
    scores, number = shown.scores[index], int(shown.numbers[index])
    found = int(scores.argmax())
    told = classes[found]
    verdict: Verdict = "none"
    if shown.labels is not None:
        label = int(shown.labels[index])
        right = label == found
        verdict = "good" if right else "bad"
        told += ", right" if right else f", WRONG: labelled {classes[label]}"
    best = np.argsort(-scores, kind="stable")[:BEST]
    return Picture(
        png=png(shown.images[index]), name=f"image {number}, class {told}",
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


SECTION = Section(order=9, heading="Images", blocks=blocks)
