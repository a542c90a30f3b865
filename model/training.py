"""The training loop of every method."""

import math
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from model.arch import Arch, parse
from model.augmentation import Augmentation
from model.checkpoint import Checkpoint, save
from model.data import SETS, Images
from model.journal import Journal
from model.methods.catalogue import method
from model.methods.method import Pass, norms
from model.networks import BinaryNetwork
from model.optimisers import optimiser
from model.refusal import Refusal
from model.scoring import correct, scores
from model.settings import Settings

Line = dict[str, Any]


class Diverged(Exception):
    """The loss is no longer a number; the message says where it began."""


class Trainer:
    """A network, its optimiser and the epochs behind it.

    The same settings, arch, images and machine give the same weights bit for bit, on the CPU,
    however often the run is interrupted: what an epoch draws depends on the seed and its number.
    """

    def __init__(self, settings: Settings, arch: dict[str, Any], device: torch.device) -> None:
        if settings.threads:
            torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self.settings, self.device = settings, device
        self.method = method(settings, device)
        self.arch = arch
        self._enter(self.method.stage(0))
        negate_gammas(self.network, settings.negative_gammas)
        self.augment = Augmentation(shift=settings.shift, flip=settings.flip)
        self.history: list[Line] = []

    def _enter(self, stage: int) -> None:
        """A network and an optimiser of their own for each stage of the method."""
        self.stage = stage
        self.network = self.method.build(self.arch, stage).to(self.device)
        self.optimiser = optimiser(self.settings, self.network.parameters())

    def _advance(self, stage: int) -> None:
        if stage != self.stage:
            before = self.network
            self._enter(stage)
            self.method.carry(before, self.network)

    def state(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self._enter(self.method.stage(len(state["history"]) - 1))
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.history = state["history"]

    def epoch(self, train: Images, on_batch: Callable[[float], None] = lambda share: None) -> Line:
        """One pass over ``train``; means over its images, and the rate it ended with.

        Raises
        ------
        Diverged
            When the loss is no longer finite.
        """
        number = len(self.history)
        self._advance(self.method.stage(number))
        self.network.train()
        names = ("cross_entropy", *self.method.terms, "train_accuracy")
        totals = torch.zeros(len(names), dtype=torch.float64)
        for seen, (images, labels) in self._batches(train, number):
            share = seen / len(train)
            self._progress((number + share) / self.settings.epochs)
            totals += self._step(images, labels, f"epoch {number + 1}, after {seen} images")
            on_batch(share)
        means = dict(zip(names, (totals / len(train)).tolist(), strict=True))
        rate = self.optimiser.param_groups[0]["lr"]
        self.method.progress(self.network, (number + 1) / self.settings.epochs)
        return {"epoch": number + 1, "lr": rate, **means}

    @torch.no_grad()
    def settle(self, train: Images) -> None:
        """Take the batch-norm statistics anew over ``train``, now that no weight moves any more.

        The running averages of the last epoch lag behind binary weights, which flip in jumps.
        """
        for norm in norms(self.network):
            norm.reset_running_stats()
            # No momentum: the plain mean over all batches.
            norm.momentum = None
        self.method.progress(self.network, 1.0)
        self.network.train()
        order = torch.randperm(len(train), generator=self._generator(self.settings.epochs))
        images = torch.as_tensor(train.images)
        for start in range(0, len(train) - 1, self.settings.batch):
            self.network(images[order[start : start + self.settings.batch]].to(self.device))

    def _generator(self, number: int) -> torch.Generator:
        return torch.Generator().manual_seed(self.settings.seed * 1_000_003 + number)

    def _batches(
        self, train: Images, number: int
    ) -> Iterator[tuple[int, tuple[Tensor, Tensor]]]:
        generator = self._generator(number)
        order = torch.randperm(len(train), generator=generator)
        images, labels = torch.as_tensor(train.images), torch.as_tensor(train.labels)
        # A last batch of one image is left out: it has no variance to normalise by.
        for start in range(0, len(train) - 1, self.settings.batch):
            chosen = order[start : start + self.settings.batch]
            batch = self.augment(images[chosen], generator)
            yield start, (batch.to(self.device), labels[chosen].to(self.device))

    def _progress(self, share: float) -> None:
        self.method.progress(self.network, share)
        for group in self.optimiser.param_groups:
            group["lr"] = self.method.rate(share)

    def _step(self, images: Tensor, labels: Tensor, place: str) -> Tensor:
        """One update; sums over the batch of cross-entropy, the method's terms, right answers."""
        stages = self.network.stages(images)
        out = self.network.scores(stages)
        loss = functional.cross_entropy(out, labels)
        terms = self.method.losses(self.network, Pass(images, stages, out))
        total = loss
        for factor, term in terms.values():
            total = total + factor * term
        if not math.isfinite(total.item()):
            raise Diverged(f"{place}: the loss is {total.item()} ({self._cause(stages)}); try a"
                           " lower --lr or --lambda")
        self.optimiser.zero_grad()
        total.backward()
        self.optimiser.step()
        self.method.stepped(self.network)
        means = [loss.item(), *(terms[name][1].item() for name in self.method.terms)]
        right = (out.argmax(1) == labels).sum().item()
        return torch.tensor([*(mean * len(labels) for mean in means), right], dtype=torch.float64)

    def _cause(self, stages: dict[str, Tensor]) -> str:
        for name, parameter in self.network.named_parameters():
            if not torch.isfinite(parameter).all():
                return f"the last update left {name} not finite"
        for name, output in stages.items():
            if not torch.isfinite(output).all():
                return f"first seen in the output of layer {name!r}"
        return "every layer's output is finite; the loss itself overflowed"


@torch.no_grad()
def negate_gammas(network: BinaryNetwork, share: float) -> None:
    """Start about ``share`` of all batch-norm channels at gamma = -1, drawn at random."""
    for norm in norms(network) if share else ():
        drawn = torch.rand(norm.weight.shape[0]) < share
        norm.weight[drawn.to(norm.weight.device)] *= -1


def train(
    settings: Settings, arch: dict[str, Any], train_set: Images, test_set: Images, out: Path, *,
    resume: bool = False, device: torch.device | None = None,
    on_epoch: Callable[[Line], None] = lambda line: None,
    on_batch: Callable[[float], None] = lambda share: None,
) -> Checkpoint:
    """Train, write the checkpoint ``out`` with its log beside it, and return it.

    The weights are those of the last epoch, the batch-norm statistics those of all training images
    under them (`Trainer.settle`): the test images choose nothing.

    Raises
    ------
    Refusal
        For an invalid arch or a state that cannot be resumed.
    Diverged
        When the loss is no longer finite.
    """
    _check_fit(parse(arch), settings, train_set)
    trainer = Trainer(settings, arch, device or torch.device("cpu"))
    plain = trainer.network.arch.plain()
    known = {**asdict(settings), **trainer.method.facts, "train_images": len(train_set),
             "layers": plain["layers"]}
    journal = Journal(out, known)
    if (state := journal.begin(resume)) is not None:
        trainer.restore(state)
    for _ in range(len(trainer.history), settings.epochs):
        began = time.monotonic()
        line = trainer.epoch(train_set, on_batch)
        right = correct(scores(trainer.network, test_set.images), test_set.labels)
        line |= {"test_accuracy": right / len(test_set)}
        line |= {"seconds": round(time.monotonic() - began, 1)}
        trainer.history.append(line)
        journal.keep(trainer.state(), trainer.history)
        on_epoch(line)
    trainer.settle(train_set)
    checkpoint = _finished(trainer, train_set, test_set)
    save(checkpoint, out)
    journal.finish(trainer.history, checkpoint.metrics)
    return checkpoint


def _check_fit(arch: Arch, settings: Settings, images: Images) -> None:
    shape, classes = images.images.shape[1:], len(SETS[settings.data].classes)
    if arch.input.shape != shape:
        raise Refusal(f"arch: input shape {list(arch.input.shape)}, images of {settings.data} are"
                      f" {list(shape)}; change one of them")
    if arch.classes != classes:
        raise Refusal(f"arch: {arch.classes} scores, {settings.data} has {classes} classes; change"
                      " the last layer's out")


def _finished(trainer: Trainer, train_set: Images, test_set: Images) -> Checkpoint:
    settings = trainer.settings
    arch, tensors = trainer.method.export(trainer.network)
    checkpoint = Checkpoint(
        method=settings.method, arch=arch, state_dict=tensors,
        classes=list(SETS[settings.data].classes), metrics={},
        training={**asdict(settings), **trainer.method.facts, "train_images": len(train_set),
                  "batch_norm": "statistics of the training images under the final weights",
                  "torch": str(torch.__version__), "python": platform.python_version(),
                  "device": trainer.device.type})
    right = correct(scores(checkpoint.module(), test_set.images), test_set.labels)
    checkpoint.metrics |= {"accuracy": right / len(test_set), "correct": right,
                           "images": len(test_set), "data": settings.data, "split": "test"}
    if trainer.method.changes:
        before = correct(scores(trainer.network, test_set.images), test_set.labels)
        checkpoint.metrics |= {"correct_before_export": before}
        trainer.method.measured(before, right, len(test_set))
    return checkpoint
