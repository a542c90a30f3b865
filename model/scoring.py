"""Scores of a network for many images, batch by batch."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from model.networks import BinaryNetwork
from model.refusal import Refusal


def device_of(name: str) -> torch.device:
    """The torch device called ``name``; "auto" is CUDA if available, otherwise the CPU.

    Raises
    ------
    Refusal
        For CUDA if it is not available.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise Refusal("--device cuda: torch finds no CUDA device here; use cpu or auto")
    if name == "cpu" or not there:
        return torch.device("cpu")
    # TF32 keeps 11 bits of an input: too few for every entry of an input table.
    torch.backends.cudnn.allow_tf32 = False
    return torch.device("cuda")


BATCH = {"cpu": 100}
"""Images in a batch: on a CPU so few that their maps fit in its caches, elsewhere `MANY`."""

MANY = 1000

HELD = {"cpu": 2**24}
"""Most values of one map over all images of a batch, elsewhere `MUCH`: for large images."""

MUCH = 2**28


@torch.inference_mode()
def scores(
    network: BinaryNetwork, images: np.ndarray | Tensor,
    progress: Callable[[int], None] | None = None,
) -> Tensor:
    """Scores, float32 (N, classes) on the CPU, in evaluation mode, of uint8 images (N, C, H, W).

    ``progress`` is called with the number of images that are scored, batch after batch.
    """
    where = next(network.buffers()).device
    batch = _batch(network, where.type)
    before = network.training
    network.eval()
    try:
        batches = torch.as_tensor(images).split(batch)
        results: list[Tensor] = []
        for number, part in enumerate(batches):
            results.append(network(part.to(where)).cpu())
            if progress:
                progress(number * batch + len(part))
    finally:
        network.train(before)
    return torch.cat(results)


def _batch(network: BinaryNetwork, device: str) -> int:
    """Images in a batch of a network's on a device."""
    arch = network.arch
    largest = max(map(math.prod, [arch.input.shape, *arch.shapes.values()]))
    return max(1, min(BATCH.get(device, MANY), HELD.get(device, MUCH) // largest))


def correct(scores: Tensor, labels: np.ndarray | Tensor) -> int:
    """Number of images whose highest score is their label's; a tie goes to the lowest class."""
    return int((scores.argmax(1) == torch.as_tensor(labels)).sum())
