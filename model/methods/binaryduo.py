"""BinaryDuo (2002.06517): train ternary activations, split each into two binary ones, fine-tune."""

from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor

from model.methods.binarisers import signs, stand
from model.methods.hardening import Form, Tensors, by_size, harden, products
from model.methods.method import Arch, Method
from model.networks import BinaryNetwork, build
from model.refusal import Refusal

STEP = 0.25
"""What decoupling adds to the one batch norm's bias and takes from the other's."""

FINE = 0.1
"""The first rate of fine-tuning, as a share of the first rate of all."""

COUPLED, DECOUPLED = 0, 1


class BinaryDuo(Method):
    """Stage 0 has activations 0, 1/2 and 1; stage 1 two of 0 and 1 for each of them.

    Activations are levels here, not +-1, so that a padded tap is the level 0; `export` writes the
    network of +-1 that gives the same classes.
    """

    changes = True
    usual: ClassVar = {"optimizer": "nesterov", "lr": 0.1, "weight_decay": 1e-4}

    @classmethod
    def narrowed(cls, arch: Arch) -> Arch:
        """Hidden layers at `narrow` widths, so that the decoupled network has as many weights."""
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
        # Made for both stages, so that what it refuses is refused before any epoch.
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
        """Weight decay, and no clipping, keeps latents small."""

    @torch.no_grad()
    def export(self, network: BinaryNetwork) -> tuple[Arch, Tensors]:
        return in_signs(network)

    @property
    def _coupled_epochs(self) -> int:
        epochs = self.settings.epochs
        return min(max(round(self.settings.coupled * epochs), 1), epochs - 1)


def ternary(x: Tensor) -> Tensor:
    """``round(2 clip(x)) / 2`` with halves up: 0, 1/2 from 1/4 on, 1 from 3/4; slope 1 in (0, 1).

    The authors' rounding takes a half to the even side, so theirs gives 0 at exactly 1/4.
    """
    return stand(x, (2 * x.detach().clamp(0, 1) + 0.5).floor() / 2, _within(x))


def step(x: Tensor) -> Tensor:
    """0, and 1 from 1/2 on; slope 1 in (0, 1)."""
    return stand(x, (x.detach() >= 0.5).to(x.dtype), _within(x))


def _within(x: Tensor) -> Tensor:
    return ((x > 0) & (x < 1)).to(x.dtype)


def layer_scaled(latent: Tensor) -> Tensor:
    """``mean |w|`` of the layer times sign(w); the gradient passes unchanged."""
    w = latent.detach()
    return stand(latent, w.abs().mean() * signs(w), torch.ones_like(w))


def narrow(width: int) -> int:
    """Channels of a coupled layer that, decoupled, has as many weights as one of ``width``: 45 for
    64, 90 for 128, 180 for 256."""
    return max(width * 45 // 64, 1)


def levels(arch: Arch) -> Arch:
    """The arch whose padding is meant in levels: -1 of a map of signs is the level 0."""
    return {**arch, "layers": _padded(arch["layers"], {"-1": "zero"})}


def _padded(records: list[Arch], pads: dict[str, str]) -> list[Arch]:
    """With other pads in every product but the first, which reads the input table."""
    places = [n for n, record in enumerate(records) if record["kind"] in ("conv", "dense")]
    return [{**record, "pad": pads.get(record["pad"], record["pad"])}
            if number in places[1:] and "pad" in record else record
            for number, record in enumerate(records)]


def decoupled(arch: Arch) -> Arch:
    """With every channel that a sign reads twice, from before its batch norm on.

    Raises
    ------
    Refusal
        For a sign without a batch norm since the conv or dense before it.
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
    """The tensors of the decoupled network that computes what the ternary one does.

    Of each pair the first fires from 1/4 on and the second from 3/4; together they are twice the
    ternary activation, and what reads them has half its weights, once for each.
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
        # What a flatten left of a channel stays together.
        maps = weight.reshape(len(weight), len(source.weight), -1)
        twice = maps.repeat_interleave(2, 1) / 2
        tensors[f"{name}.weight"] = twice.reshape(after.state_dict()[f"{name}.weight"].shape)
    return tensors


def _paired(network: BinaryNetwork) -> list[Any]:
    """The batch norms that read channels twice."""
    kinds = [record.kind for record in network.arch.layers]
    return [record for record, before in zip(network.arch.layers[1:], kinds, strict=False)
            if before == "duplicate"]


def in_signs(network: BinaryNetwork) -> tuple[Arch, Tensors]:
    """Arch and tensors of the network of +-1 for a decoupled one of levels.

    With s = 2a - 1, ``sum w a = (sum w s + sum w) / 2``: the half joins the scale, the sum of the
    weights the bias, and a bit is 1 from 1/2 on.
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
