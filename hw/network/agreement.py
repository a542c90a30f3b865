"""Agreement: the images that PyTorch puts into another class, and if only its rounding does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from hw.network.fold import exact_scores, fold, pattern_of
from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.network.reading.pieces import ProductPiece, ThresholdPiece
from hw.network.reference import Reference
from model import evaluation
from model.checkpoint import Checkpoint
from model.evaluation import Evaluation
from model.progress import Told, counted

CHUNK = 32
"""Images whose layers are kept at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Parting:
    """Images of another class than PyTorch's: int64 (k,) ``images``, and bool (k,) ``rounded``.

    One is ``rounded`` where both have the same bits in front of the scores and the class is the
    exact scores', so that PyTorch's float32 rounds two scores to a tie or past each other.
    """

    images: np.ndarray
    rounded: np.ndarray

    @property
    def real(self) -> np.ndarray:
        """int64 (k,): the images that no rounding of PyTorch's explains."""
        return self.images[~self.rounded]

    @property
    def note(self) -> str:
        """A clause with the number of ties, to stand behind the number of images."""
        ties = int(self.rounded.sum())
        return f", of which {ties:,} are ties that float32 rounds" if ties else ""

    @property
    def told(self) -> str:
        """The fault as a line for a person."""
        real = self.real
        return (f"images of another class than PyTorch's: {len(real):,}, the first is image "
                f"{real[0]}")


def parting(
    checkpoint: Checkpoint,
    network: Network,
    images: np.ndarray,
    classes: np.ndarray,
    pytorch: np.ndarray,
) -> Parting:
    """Compare classes (N,) of the folded network, or of hardware, with PyTorch's.

    ``images`` are uint8 (N, C, H, W), ``network`` is what `hw.network.fold.fold` made of
    ``checkpoint``.
    """
    differing = np.flatnonzero(classes != pytorch)
    parts = np.split(differing, range(CHUNK, len(differing), CHUNK))
    rounded = [each for part in parts if len(part)
               for each in _rounded(checkpoint, network, images[part], classes[part])]
    return Parting(images=differing, rounded=np.array(rounded, bool))


def evaluate(
    checkpoint: Checkpoint, images: np.ndarray, *, device: str = "auto", told: Told | None = None
) -> Evaluation:
    """Score uint8 ``images`` (N, C, H, W) by the integer reference, and count what PyTorch on
    ``device`` has different; ``told`` is called with the progress of both.

    Raises
    ------
    Refusal
        For images of another type or shape, or a network that does not fold.
    """
    pytorch = evaluation.evaluate(checkpoint, images, device=device, told=told).classes
    folded = fold(checkpoint)
    exact = Reference(folded).run(images, counted(told, "scoring in integers", len(images)))
    parted = parting(checkpoint, folded, images, exact.classes, pytorch)
    return Evaluation(scores=exact.scores, classes=exact.classes, differing=len(parted.images),
                      rounded=int(parted.rounded.sum()))


def _rounded(
    checkpoint: Checkpoint, network: Network, images: np.ndarray, classes: np.ndarray
) -> Iterator[bool]:
    traced = Reference(network).trace(images)
    same = _same_before(checkpoint, traced, images)
    scores = exact_scores(checkpoint)
    totals = traced[network.scores.sources[0]].sum(axis=(2, 3), dtype=np.int64)
    for alike, klass, sums in zip(same, classes.tolist(), totals.tolist(), strict=True):
        yield bool(alike) and klass in scores.best(sums)


def _same_before(
    checkpoint: Checkpoint, traced: Mapping[str, np.ndarray], images: np.ndarray
) -> np.ndarray:
    """bool (N,): the map in front of the scores is PyTorch's, or what its product reads."""
    grouped = pattern_of(checkpoint)
    last = grouped[grouped.scores.sources[0]]
    name = last.sources[0] if isinstance(last, ProductPiece) else last.name
    if name == IMAGE:
        return np.ones(len(images), bool)
    with torch.no_grad():
        stages = checkpoint.module().stages(torch.from_numpy(images), only=(name,))
    found, wanted = stages[name].flatten(1).numpy(), traced[grouped.nodes[name]]
    if isinstance(grouped[name], ThresholdPiece):
        found = found > 0
    return (found == wanted.reshape(len(images), -1)).all(axis=1)
