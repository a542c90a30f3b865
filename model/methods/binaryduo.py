"""BinaryDuo (2002.06517): train ternary activations, split each into two binary ones, fine-tune."""

from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor

from model.methods.binarisers import signs, stand
from model.methods.hardening import by_size, harden, products
from model.methods.method import Arch, Method
from model.networks import BinaryNetwork, build
from model.refusal import Refusal
from model.scales import Form, Tensors

STEP = 0.25
"""Difference that decoupling adds to one batch norm's bias and subtracts from the other's."""

FINE = 0.1
"""The first learning rate of fine-tuning, as a share of the run's first one."""

COUPLED, DECOUPLED = 0, 1


class BinaryDuo(Method):
    """BinaryDuo in two stages: ternary activations 0, 1/2 and 1, then pairs of binary ones.

    Activations are levels 0 and 1 here, not +-1, so that a padded tap is the level 0; `export`
    writes the network of +-1 that gives the same classes.
    """

    changes = True
    usual: ClassVar = {"optimizer": "nesterov", "lr": 0.1, "weight_decay": 1e-4}

    @classmethod
    def narrowed(cls, arch: Arch) -> Arch:
        """The arch with `narrow` hidden layers, so that it has as many weights once decoupled."""
        places = [n for n, record in enumerate(arch["layers"])
                  if record["kind"] in ("conv", "dense")]
        return {**arch, "layers": [
            {**record, "out": narrow(record["out"])} if number in places[:-1] else record
            for number, record in enumerate(arch["layers"])]}

    def stage(self, epoch: int) -> int:
        return DECOUPLED if epoch >= self._coupled_epochs else COUPLED

    def build(self, arch: Arch, stage: int) -> BinaryNetwork:
        if self.settings.epochs < 2:
            raise Refusal("method binaryduo: 1 epoch; give two or more, of which some fine-tune")
        # Made in both stages, so that a network it refuses is refused before any epoch.
        pairs = decoupled(levels(arch))
        network = build(levels(arch) if stage == COUPLED else pairs)
        for product in network.products():
            product.binariser = layer_scaled
        for sign in network.signs():
            sign.binariser = ternary if stage == COUPLED else step
        return network

    @torch.no_grad()
    def carry(self, before: BinaryNetwork, after: BinaryNetwork) -> None:
        after.load_state_dict(decouple(before, after))

    def rate(self, share: float) -> float:
        part = self._coupled_epochs / self.settings.epochs
        if share < part:
            return self.settings.rate(share / part)
        return FINE * self.settings.rate((share - part) / (1 - part))

    def stepped(self, network: BinaryNetwork) -> None:
        """Clamp nothing: weight decay keeps latents small."""

    @torch.no_grad()
    def export(self, network: BinaryNetwork) -> tuple[Arch, Tensors]:
        return in_signs(network)

    @property
    def _coupled_epochs(self) -> int:
        epochs = self.settings.epochs
        return min(max(round(self.settings.coupled * epochs), 1), epochs - 1)


def ternary(x: Tensor) -> Tensor:
    """The ternary activation: 0, 1/2 from 1/4 on, 1 from 3/4 on; slope 1 in (0, 1).

    It is ``round(2 clip(x)) / 2`` with halves up. The authors' code rounds halves to even, so
    that it gives 0 at exactly 1/4.
    """
    return stand(x, (2 * x.detach().clamp(0, 1) + 0.5).floor() / 2, _within(x))


def step(x: Tensor) -> Tensor:
    """The binary activation of levels: 0, and 1 from 1/2 on; slope 1 in (0, 1)."""
    return stand(x, (x.detach() >= 0.5).to(x.dtype), _within(x))


def _within(x: Tensor) -> Tensor:
    return ((x > 0) & (x < 1)).to(x.dtype)


def layer_scaled(latent: Tensor) -> Tensor:
    """The binariser of weights: sign(w) times ``mean |w|`` of the layer; gradient unchanged."""
    w = latent.detach()
    return stand(latent, w.abs().mean() * signs(w), torch.ones_like(w))


def narrow(width: int) -> int:
    """Channels of a coupled layer that has as many weights, once decoupled, as one of ``width``.

    45 for 64, 90 for 128, 180 for 256.
    """
    return max(width * 45 // 64, 1)


def levels(arch: Arch) -> Arch:
    """The arch with its padding in levels: -1 in a map of signs becomes the level 0."""
    return {**arch, "layers": _padded(arch["layers"], {"-1": "zero"})}


def _padded(records: list[Arch], pads: dict[str, str]) -> list[Arch]:
    """Records with other pads in every product but the first, which reads the input table."""
    places = [n for n, record in enumerate(records) if record["kind"] in ("conv", "dense")]
    return [{**record, "pad": pads.get(record["pad"], record["pad"])}
            if number in places[1:] and "pad" in record else record
            for number, record in enumerate(records)]


def decoupled(arch: Arch) -> Arch:
    """The decoupled arch: every channel that a sign reads is there twice, from its batch norm on.

    Raises
    ------
    Refusal
        For a sign without a batch norm after the conv or dense before it.
    """
    records: list[Arch] = []
    norm: int | None = None
    for record in arch["layers"]:
        if record["kind"] in ("conv", "dense"):
            norm = None
        elif record["kind"] == "batch_norm":
            norm = len(records)
        elif record["kind"] in ("add", "threshold", "relu") or record.get("from"):
            raise Refusal(f"method binaryduo: layer {record['name']!r}: {record['kind']} has no"
                          " coupled form here; use plain layers, each sign behind a batch_norm")
        elif record["kind"] == "sign":
            if norm is None:
                raise Refusal(f"method binaryduo: layer {record['name']!r}: no batch_norm stands"
                              " between it and its conv or dense; add one")
            name = f"{records[norm]['name']}_pair"
            records.insert(norm, {"kind": "duplicate", "name": name})
        records.append(record)
    return {**arch, "layers": records}


def decouple(before: BinaryNetwork, after: BinaryNetwork) -> Tensors:
    """Tensors of the decoupled network that computes the same as the ternary network ``before``.

    Of each pair of activations the first is 1 from 1/4 on and the second from 3/4; their sum is
    twice the ternary activation, and the product that reads them has half its weights, for each.
    """
    tensors = dict(before.state_dict())
    pairs = {norm.name for norm in _paired(after)}
    for norm in pairs:
        for key in ("weight", "bias", "running_mean", "running_var"):
            tensors[f"{norm}.{key}"] = tensors[f"{norm}.{key}"].repeat_interleave(2)
        change = torch.tensor([STEP, -STEP], device=tensors[f"{norm}.bias"].device)
        tensors[f"{norm}.bias"] += change.repeat(len(tensors[f"{norm}.bias"]) // 2)
    named = products(before)
    for (_, source), (name, product) in pairwise(named):
        weight = product.weight.detach()
        # Features that a flatten made of one channel stay together.
        maps = weight.reshape(len(weight), len(source.weight), -1)
        twice = maps.repeat_interleave(2, 1) / 2
        tensors[f"{name}.weight"] = twice.reshape(after.state_dict()[f"{name}.weight"].shape)
    return tensors


def _paired(network: BinaryNetwork) -> list[Any]:
    """The batch norms that read duplicated channels."""
    kinds = [record.kind for record in network.arch.layers]
    return [record for record, before in zip(network.arch.layers[1:], kinds, strict=False)
            if before == "duplicate"]


def in_signs(network: BinaryNetwork) -> tuple[Arch, Tensors]:
    """Arch and tensors of the network of +-1 that equals a decoupled one of levels.

    With s = 2a - 1, ``sum w a = (sum w s + sum w) / 2``: the factor 1/2 becomes part of the scale,
    the sum of the weights part of the bias, and signs compare with 1/2.
    """
    first = products(network)[0][0]

    def form(name: str, weights: Tensor) -> Form:
        scale, none = by_size(name, weights)
        if name == first:
            return Form(scale, none)
        return Form(scale / 2, signs(weights).double().flatten(1).sum(1))

    arch, tensors = harden(network, form)
    for norm in _paired(network):
        tensors[f"{norm.name}.bias"] -= 0.5
    return {**arch, "layers": _padded(arch["layers"], {"zero": "-1"})}, tensors
