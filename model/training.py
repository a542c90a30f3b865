"""The training loop, the same for all methods."""

import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model import activations
from model.arch import Arch, parse
from model.augmentation import Augmentation
from model.batches import Batches, Shard
from model.checkpoint import Checkpoint, save
from model.data import SETS, Images
from model.files import reason
from model.journal import Journal
from model.methods.catalogue import method
from model.methods.method import norms
from model.networks import BinaryNetwork
from model.optimisers import optimiser
from model.outcome import finished, for_hardware, quantised_if_possible, right
from model.processes import ALONE, Processes
from model.records import Affine, Product
from model.refusal import Refusal
from model.settings import Settings
from model.update import Update, cause

Line = dict[str, Any]

LOOKS = defaultdict(lambda: 16, cpu=1)
"""Batches between two checks of the loss, by device: an accelerator has to wait for each."""


class Diverged(Exception):
    """A training run whose loss is no longer finite; the message says where that began."""


class Trainer:
    """A training run in progress: a network, its optimiser and the epochs that are done.

    On the CPU, the same settings, arch, images and machine give the same weights bit for bit, also
    if the run is interrupted and resumed, and with any number of processes: the random numbers of
    an epoch depend on the seed and its number alone.
    """

    def __init__(self, settings: Settings, arch: dict[str, Any], device: torch.device,
                 processes: Processes = ALONE) -> None:
        if settings.threads:
            torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self.settings, self.device, self.processes = settings, device, processes
        self.method = method(settings, device)
        self.arch = arch
        self._enter(self.method.stage(0))
        negate_gammas(self.network, settings.negative_gammas)
        self.augment = Augmentation(shift=settings.shift, flip=settings.flip)
        self.history: list[Line] = []
        self._held: Batches | None = None

    def _enter(self, stage: int) -> None:
        """Begin a stage of the method, with a network and an optimiser of its own."""
        self.stage = stage
        self.network = self.method.build(self.arch, stage).to(self.device)
        if self.settings.channels_last:
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = optimiser(self.settings, self.network.parameters())
        self.update = Update(self.settings, self.method, self.network, self.optimiser,
                             self.processes)

    def _advance(self, stage: int) -> None:
        if stage != self.stage:
            before = self.network
            self._enter(stage)
            self.method.carry(before, self.network)

    def state(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(),
                "scaler": self.update.scaler.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self._enter(self.method.stage(len(state["history"]) - 1))
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.update.scaler.load_state_dict(state["scaler"])
        self.history = state["history"]

    def epoch(self, train: Images, on_batch: Callable[[float], None] = lambda share: None) -> Line:
        """Train one epoch; returns means over its images, and the last learning rate.

        Raises
        ------
        Diverged
            If the loss is no longer finite.
        """
        number = len(self.history)
        self._advance(self.method.stage(number))
        self.network.train()
        names = ("cross_entropy", *self.method.terms, "loss", "train_accuracy")
        totals = torch.zeros(len(names), dtype=torch.float64, device=self.device)
        batches = self.batches(train).epoch(self._generator(number))
        for count, (seen, shards) in enumerate(batches):
            share = seen / len(train)
            self._progress((number + share) / self.settings.epochs)
            totals += self.update.gradients(shards)
            if count % LOOKS[self.device.type] == 0:
                self._look(totals, shards[0], f"epoch {number + 1}, after {seen} images")
            self.update.step()
            on_batch(share)
        means = dict(zip(names, (totals / len(train)).tolist(), strict=True))
        rate = self.optimiser.param_groups[0]["lr"]
        self.method.progress(self.network, (number + 1) / self.settings.epochs)
        return {"epoch": number + 1, "lr": rate, **means}

    @torch.no_grad()
    def settle(self, train: Images) -> None:
        """Compute the batch-norm statistics anew over ``train``, once the weights are final.

        The running averages of the last epoch lag behind binary weights, which change in jumps.
        """
        for norm in norms(self.network):
            norm.reset_running_stats()
            # Without momentum, torch takes the mean over all batches.
            norm.momentum = None
        self.method.progress(self.network, 1.0)
        self.network.train()
        for images in self.batches(train).plain(self._generator(self.settings.epochs)):
            self.network(images)

    def batches(self, train: Images) -> Batches:
        """The batches of ``train``, which is kept on the device."""
        if self._held is None or self._held.source is not train:
            self._held = Batches(
                train, self.device, batch=self.settings.batch, augmentation=self.augment,
                shards=self.settings.shards, processes=self.processes)
        return self._held

    def _generator(self, number: int) -> torch.Generator:
        return torch.Generator().manual_seed(self.settings.seed * 1_000_003 + number)

    def _progress(self, share: float) -> None:
        self.method.progress(self.network, share)
        for group in self.optimiser.param_groups:
            group["lr"] = self.method.rate(share)

    def _look(self, totals: Tensor, shard: Shard, place: str) -> None:
        loss = totals[-2].item()
        if not math.isfinite(loss):
            raise Diverged(f"{place}: the loss is {loss} ({cause(self.network, shard)}); try a"
                           " lower --lr or --lambda")


@torch.no_grad()
def negate_gammas(network: BinaryNetwork, share: float) -> None:
    """Negate gamma in a random share of all batch-norm channels, of about ``share``."""
    affine = [norm for norm in norms(network) if norm.affine]
    for norm in affine if share else ():
        drawn = torch.rand(norm.weight.shape[0]) < share
        norm.weight[drawn.to(norm.weight.device)] *= -1


def train(
    settings: Settings, arch: dict[str, Any], train_set: Images, test_set: Images, out: Path, *,
    resume: bool = False, overwrite: bool = False, quantised: bool = True,
    device: torch.device | None = None, processes: Processes = ALONE,
    on_epoch: Callable[[Line], None] = lambda line: None,
    on_batch: Callable[[float], None] = lambda share: None,
) -> Checkpoint:
    """Train, write the checkpoint ``out`` with its log beside it, and return it.

    The weights are those of the last epoch, and the batch-norm statistics are taken of all training
    images with these weights (`Trainer.settle`): the test images decide nothing.

    A network for hardware in which layers are added is then quantised, unless ``quantised`` is
    False: what is measured and written is what hardware computes.

    Raises
    ------
    Refusal
        For an invalid arch, a state that cannot be resumed, or, without ``overwrite``, an earlier
        network or unfinished run at ``out``.
    Diverged
        If the loss is no longer finite.
    """
    _check_fit(parse(arch), settings, train_set)
    if settings.shards % processes.size:
        raise Refusal(f"--shards {settings.shards}: torchrun started {processes.size} processes,"
                      " which do not divide it; change one of them")
    trainer = Trainer(settings, arch, device or torch.device("cpu"), processes)
    plain = trainer.network.arch.plain()
    known = {**asdict(settings), **trainer.method.facts, "train_images": len(train_set),
             **train_set.source,
             "layers": plain["layers"]}
    journal = Journal(out, known)
    if (state := journal.begin(resume, overwrite=overwrite)) is not None:
        try:
            trainer.restore(state)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
            # At any other file, torch may raise anything.
            raise Refusal(f"{journal.state}: not the state of this run ({reason(error)[:200]});"
                          " start anew with --overwrite") from None
    for _ in range(len(trainer.history), settings.epochs):
        line = _epoch(trainer, train_set, test_set, on_batch)
        trainer.history.append(line)
        if processes.first:
            journal.keep(trainer.state(), trainer.history)
            on_epoch(line)
    trainer.settle(train_set)
    checkpoint = finished(trainer, train_set, test_set)
    if quantised and for_hardware(checkpoint):
        checkpoint = quantised_if_possible(trainer, checkpoint, test_set)
    if processes.first:
        save(checkpoint, out)
        journal.finish(trainer.history, checkpoint.metrics)
    return checkpoint


def _epoch(trainer: Trainer, train_set: Images, test_set: Images,
           on_batch: Callable[[float], None]) -> Line:
    """Train and test one epoch; returns its line of the log, with statistics and seconds."""
    began = time.monotonic()
    line = trainer.epoch(train_set, on_batch)
    trained = time.monotonic() - began
    line["test_accuracy"] = right(trainer, trainer.network, test_set) / len(test_set)
    shown = trainer.batches(train_set).images[:activations.SHOWN]
    line["activations"] = activations.statistics(trainer.network, shown)
    line["images_per_second"] = round(len(train_set) / trained, 1)
    return {**line, "seconds": round(time.monotonic() - began, 1)}


def _check_fit(arch: Arch, settings: Settings, images: Images) -> None:
    for record in arch.layers:
        if isinstance(record, Affine) or (
                isinstance(record, Product) and record.weights == "integer"):
            raise Refusal(f"arch: layer {record.name!r}: integers are not trained; train a"
                          " batch_norm, or real weights, and model.quantise makes integers of them")
    shape = images.images.shape[1:]
    classes = len(images.classes or SETS[settings.data].classes)
    if arch.input.shape != shape:
        raise Refusal(f"arch: input shape {list(arch.input.shape)}, images of {settings.data} are"
                      f" {list(shape)}; change one of them")
    if arch.classes != classes:
        raise Refusal(f"arch: {arch.classes} scores, {settings.data} has {classes} classes; change"
                      " the last layer's out")
