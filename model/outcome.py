"""The outcome of a training run: the network as it is kept, and how many test images it has right.
"""

import platform
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch

from model.checkpoint import Checkpoint
from model.data import SETS, Images
from model.networks import BinaryNetwork
from model.quantisation import quantise
from model.refusal import Refusal, say
from model.scoring import correct, scores

if TYPE_CHECKING:
    from model.training import Trainer


def right(trainer: "Trainer", network: BinaryNetwork, test_set: Images) -> int:
    """Number of test images that ``network`` classifies correctly; each process takes a span."""
    span = trainer.processes.span(len(test_set))
    images, labels = test_set.images[span], test_set.labels[span]
    count = correct(scores(network, images), labels) if len(labels) else 0
    return trainer.processes.total(count, trainer.device)


def finished(trainer: "Trainer", train_set: Images, test_set: Images) -> Checkpoint:
    """The checkpoint of a network that is trained, measured on the test images."""
    settings = trainer.settings
    arch, tensors = trainer.method.export(trainer.network)
    checkpoint = Checkpoint(
        method=settings.method, arch=arch, state_dict=tensors,
        classes=list(train_set.classes or SETS[settings.data].classes), metrics={},
        training={**asdict(settings), **trainer.method.facts, "train_images": len(train_set),
                  **train_set.source,
                  "batch_norm": "statistics of the training images under the final weights",
                  "torch": str(torch.__version__), "python": platform.python_version(),
                  "device": trainer.device.type})
    after = _measure(trainer, checkpoint, test_set)
    if trainer.method.changes:
        before = right(trainer, trainer.network, test_set)
        checkpoint.metrics |= {"correct_before_export": before}
        trainer.method.measured(before, after, len(test_set))
    return checkpoint


def for_hardware(checkpoint: Checkpoint) -> bool:
    """True for a network with a residual stream, and none of the relus that hardware lacks."""
    kinds = {record["kind"] for record in checkpoint.arch["layers"]}
    return "add" in kinds and "relu" not in kinds


def quantised_if_possible(
    trainer: "Trainer", checkpoint: Checkpoint, test_set: Images
) -> Checkpoint:
    """The network in integers, measured too; or, with a line that says why, as it was trained."""
    try:
        quantised = quantise(checkpoint)
    except Refusal as refusal:
        if trainer.processes.first:
            say(f"kept as it was trained: {refusal}")
        return checkpoint
    _measure(trainer, quantised, test_set)
    return quantised


def _measure(trainer: "Trainer", checkpoint: Checkpoint, test_set: Images) -> int:
    """Note the accuracy in the checkpoint; returns the number of images that are right."""
    count = right(trainer, checkpoint.module().to(trainer.device), test_set)
    metrics: dict[str, Any] = {"accuracy": count / len(test_set), "correct": count,
                               "images": len(test_set), "data": trainer.settings.data,
                               "split": "test"}
    checkpoint.metrics |= metrics
    return count
