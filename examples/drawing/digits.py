"""Pictures of drawn digits as MNIST has them: grey, 20 pixels at most, centred by mass in 28."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from model.refusal import Refusal

SIDE, INK = 28, 20
"""Pixels of an image, and of the box that its digit fills, after http://yann.lecun.com/exdb/mnist.
"""
FAINT = 0.3
"""Share of the strongest stroke below which a pixel is paper: grain, shadows, rings of JPEG."""
BLANK = 32
"""Least difference from the paper, of 255, that counts as drawn."""


def read(path: Path) -> np.ndarray:
    """A picture of one digit as an image that a network for MNIST reads.

    Any size; dark on light or light on dark, whichever the picture's border says.

    Returns
    -------
    uint8 (1, 28, 28), the digit light on black.

    Raises
    ------
    Refusal
        It is no picture, or nothing is drawn on it.
    """
    try:
        with Image.open(path) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
            paper = Image.new("RGBA", upright.size, "white")
            grey = np.asarray(Image.alpha_composite(paper, upright).convert("L"), np.float64)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refusal(f"{path}: no picture that can be read ({error}); write PNG or JPEG") from None
    if (made := prepared(grey)) is None:
        raise Refusal(f"{path}: nothing is drawn on it; draw one digit, dark on light")
    return made


def prepared(grey: np.ndarray) -> np.ndarray | None:
    """A digit in grey values 0 to 255 (height, width) as MNIST has it; None if there is no ink."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(border))
    if ink.max() < BLANK:
        return None
    ink = np.where(ink < FAINT * ink.max(), 0, ink / ink.max())
    rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = INK / max(box.shape)
    height, width = (max(1, round(side * scale)) for side in box.shape)
    small = np.asarray(Image.fromarray((255 * box).astype(np.uint8)).resize(
        (width, height), Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR))
    return _centred(small)[None]


def _centred(digit: np.ndarray) -> np.ndarray:
    """uint8 (28, 28): a digit with its centre of mass in the middle, as far as it fits."""
    corner = []
    for axis, size in enumerate(digit.shape):
        mass = digit.sum(1 - axis, dtype=np.float64)
        centre = (mass * np.arange(size)).sum() / mass.sum()
        corner.append(int(np.clip(round(SIDE / 2 - centre), 0, SIDE - size)))
    whole = np.zeros((SIDE, SIDE), np.uint8)
    top, left = corner
    whole[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return whole
