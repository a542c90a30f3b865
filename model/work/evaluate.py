"""The work of model.evaluate: scores of a checkpoint, by PyTorch or in integers."""

import argparse

import numpy as np

from hw.network import agreement
from model import arrays, evaluation, labelled
from model.checkpoint import Checkpoint, load
from model.evaluation import Evaluation
from model.progress import Progress, Told


def evaluate(
    checkpoint: Checkpoint, images: np.ndarray, *, integer: bool = False, device: str = "auto",
    told: Told | None = None,
) -> Evaluation:
    """Score uint8 ``images`` (N, C, H, W) by PyTorch, or by the integer reference.

    ``told`` is called with the progress.

    Raises
    ------
    Refusal
        For images of another type or shape, or a network that does not fold.
    """
    by = agreement.evaluate if integer else evaluation.evaluate
    return by(checkpoint, images, device=device, told=told)


def run(given: argparse.Namespace) -> int:
    """Evaluate as the arguments say; returns the exit status."""
    checkpoint = load(given.checkpoint)
    test = labelled.read(given, checkpoint)
    with Progress() as told:
        result = evaluate(checkpoint, test.images, integer=given.integer, device=given.device,
                          told=told)
    if given.out:
        arrays.write(given.out, scores=result.scores, classes=result.classes)
    _print(result, test.labels, "the integer reference" if given.integer else "PyTorch")
    return 0


def _print(result: Evaluation, labels: np.ndarray | None, by: str) -> None:
    count = len(result.classes)
    if labels is None:
        for number, (label, row) in enumerate(zip(result.classes, result.scores, strict=True)):
            print(f"image {number}: class {label}  scores {row.tolist()}")
    else:
        right = result.correct(labels)
        print(f"accuracy by {by}: {right} of {count} ({right / count:.2%})")
    if result.differing is not None:
        ties = f", of which {result.rounded} are ties that float32 rounds" * bool(result.rounded)
        print(f"class differs from PyTorch on {result.differing} of {count} images{ties}")

