"""BD-BNN (2204.02004): a kurtosis loss for bimodal latent weights, and a full-precision teacher."""

import hashlib
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from model import checkpoint
from model.layers import BinaryConv2d, BinaryProduct
from model.methods.bimodal import distillation, kurtosis_loss, mimicry
from model.methods.binarisers import WEIGHTS, Ede, activation, clip, scaled
from model.methods.hardening import harden, products, takers
from model.methods.method import Arch, Method, Pass
from model.networks import BinaryNetwork, build
from model.refusal import Refusal
from model.settings import Settings


class BdBnn(Method):
    """``CE + lambda * kurtosis``, and with a teacher ``+ kd * KD + wdm * WDM``.

    Weights are scaled per output channel, except those of the last product, whose scores need no
    scale. The first and last product, full precision in the paper, are binary like the others, but
    are not part of the kurtosis loss.
    """

    changes = True
    usual: ClassVar = {"optimizer": "momentum", "lr": 0.1, "weight_decay": 1e-4, "weight": 1.0,
                       "weights": "scaled"}

    def __init__(self, settings: Settings, device: torch.device) -> None:
        super().__init__(settings, device)
        self.ede = Ede(device) if settings.gradient == "ede" else None
        self.teacher: BinaryNetwork | None = None
        self.terms: tuple[str, ...] = ("kurtosis",)
        if settings.teacher:
            self.teacher = self._read(Path(settings.teacher)).to(device)
            self.terms += ("kd", "wdm")

    def build(self, arch: Arch, stage: int) -> BinaryNetwork:
        network = build(arch)
        slope = self.ede or clip
        first, *others = network.products()
        if self.settings.weights != "sign":
            # With XNOR-Net's mean taken off, weights of a single input channel would all be 0.
            first.binariser = scaled(slope)
            for product in others[:-1]:
                product.binariser = WEIGHTS[self.settings.weights](slope)
        for sign in network.signs() if self.ede else ():
            sign.binariser = activation(slope)
        self._check(network)
        return network

    def progress(self, network: BinaryNetwork, share: float) -> None:
        if self.ede:
            # The share is rounded: without the small addition the result may be the epoch before.
            self.ede.at(int(share * self.settings.epochs + 1e-6), self.settings.epochs)

    def losses(self, network: BinaryNetwork, forward: Pass) -> dict[str, tuple[float, Tensor]]:
        settings = self.settings
        latents = [product.weight for product in inner(network)]
        loss = kurtosis_loss(latents, self._targets(len(latents)))
        terms = {"kurtosis": (settings.weight, loss)}
        if self.teacher is not None:
            with torch.no_grad():
                wanted = self.teacher(forward.images)
            known = [product.weight.detach() for product in inner(self.teacher)]
            terms["kd"] = (settings.kd, distillation(wanted, forward.scores))
            terms["wdm"] = (settings.wdm, mimicry(known, latents))
        return terms

    @torch.no_grad()
    def stepped(self, network: BinaryNetwork) -> None:
        """Clamp the latents of the last product alone; weight decay keeps the others small."""
        network.products()[-1].clamp()

    def export(self, network: BinaryNetwork) -> tuple[Arch, dict[str, Tensor]]:
        return harden(network)

    def _targets(self, count: int) -> tuple[float, ...]:
        given = self.settings.kurtosis
        return given * count if len(given) == 1 else given

    def _read(self, path: Path) -> BinaryNetwork:
        found = checkpoint.load(path)
        if found.method != "real":
            raise Refusal(f"{path}: trained by method {found.method!r}; a teacher is one of"
                          " full precision, trained by --method real")
        self.facts = {"teacher_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                      "teacher_accuracy": found.metrics.get("accuracy")}
        return found.module()

    def _check(self, network: BinaryNetwork) -> None:
        for name, _ in products(network):
            # Refused here rather than by the export after the last epoch.
            takers(network, name)
        count, given = len(inner(network)), len(self.settings.kurtosis)
        if not count:
            raise Refusal("method bd-bnn: no layer lies between the first and the last, whose"
                          " weights could be bimodal; give an arch of more layers")
        if given not in (1, count):
            raise Refusal(f"--kurtosis: {given} targets for {count} layers; give one for all, or"
                          " one for each but the first")
        if self.teacher is None:
            return
        ours, theirs = (_shapes(each) for each in (network, self.teacher))
        if ours != theirs:
            raise Refusal(f"{self.settings.teacher}: the teacher has weights {theirs}, the network"
                          f" {ours}; train both with one --arch and --width")


def inner(network: BinaryNetwork) -> list[BinaryProduct]:
    """The products whose latent weights are part of the losses.

    They are the convolutions but the first; in a network of dense layers, those but the first and
    the last.
    """
    products = network.products()
    convolutions = [product for product in products if isinstance(product, BinaryConv2d)]
    return list(convolutions[1:]) if convolutions else products[1:-1]


def _shapes(network: BinaryNetwork) -> list[list[int]]:
    return [list(product.weight.shape) for product in network.products()]
