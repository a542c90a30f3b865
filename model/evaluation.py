"""Evaluation: a checkpoint's scores and classes of images, and the check of these images."""

from dataclasses import dataclass

import numpy as np

from model.checkpoint import Checkpoint
from model.progress import Told, counted
from model.refusal import Refusal
from model.scoring import device_of, scores

SCORES = 2**26
"""Most scores of all images together: half a GiB as int64."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Scores (N, classes), float32 or int64, and the class of each image, ties to the lowest.

    ``differing`` is the number of images to which integers and PyTorch give different classes, and
    ``rounded`` the number of those where exact scores agree with the integers: ties that float32
    rounds.
    """

    scores: np.ndarray
    classes: np.ndarray
    differing: int | None = None
    rounded: int | None = None

    def correct(self, labels: np.ndarray) -> int:
        return int((self.classes == labels).sum())


def evaluate(
    checkpoint: Checkpoint, images: np.ndarray, *, device: str = "auto", told: Told | None = None
) -> Evaluation:
    """Score uint8 ``images`` (N, C, H, W) by PyTorch; ``told`` is called with the progress.

    Raises
    ------
    Refusal
        For images of another type or shape.
    """
    check_images(images, checkpoint, "images")
    network = checkpoint.module().to(device_of(device))
    floats = scores(network, images, counted(told, "scoring by PyTorch", len(images))).numpy()
    return Evaluation(scores=floats, classes=floats.argmax(1))


def check_images(images: np.ndarray, checkpoint: Checkpoint, where: str) -> None:
    """Refuse images that the network cannot read; ``where`` is the file for the message."""
    wanted = tuple(checkpoint.arch["input"]["shape"])
    if images.dtype != np.uint8:
        raise Refusal(f"{where}: {images.dtype} pixels, expected uint8 bytes as the camera or"
                      " file has them; the checkpoint's table does the normalisation")
    if images.ndim != 4 or images.shape[1:] != wanted:
        raise Refusal(f"{where}: shape {images.shape}, the checkpoint reads (N,"
                      f" {', '.join(map(str, wanted))})")
    if not len(images):
        raise Refusal(f"{where}: no images; give at least one")
    if len(images) * len(checkpoint.classes) > SCORES:
        raise Refusal(f"{where}: {len(images):,} images of {len(checkpoint.classes):,} scores, at"
                      f" most {SCORES:,} scores are made at once; give fewer images")
