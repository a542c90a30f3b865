"""Binarisers of the papers: weights as +1 and -1 times a scale, and slopes of their gradients."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from model.layers import Binariser

Slope = Callable[[Tensor], Tensor]
"""Function from the numbers whose sign is taken to the factors of their gradients."""


class _Stand(torch.autograd.Function):
    """Exactly ``value`` forward; backward the gradient times ``slope``, passed to ``latent``."""

    @staticmethod
    def forward(ctx, latent: Tensor, value: Tensor, slope: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(slope)
        return value.clone()

    @staticmethod
    def backward(ctx, gradient: Tensor):  # type: ignore[no-untyped-def]
        (slope,) = ctx.saved_tensors
        return gradient * slope, None, None


def stand(latent: Tensor, value: Tensor, slope: Tensor) -> Tensor:
    """Replace ``latent`` by ``value``; its gradient is that of the result times ``slope``."""
    return _Stand.apply(latent, value, slope)


def signs(x: Tensor) -> Tensor:
    """The signs of values: +1 where x >= 0, otherwise -1."""
    return torch.where(x >= 0, 1.0, -1.0).to(x.dtype)


def clip(x: Tensor) -> Tensor:
    """The slope of hardtanh: 1 within (-1, 1), otherwise 0."""
    return (x.abs() < 1).to(x.dtype)


class Ede:
    """IR-Net's error decay estimator (1909.10788, eq. 8-10): slope ``k t (1 - tanh(t x)^2)``.

    With ``t = 10^(-2 + 3 epoch/epochs)`` and ``k = max(1/t, 1)``: wide at first, narrow at the end.
    """

    def __init__(self, device: torch.device) -> None:
        # Tensors, updated in place, so that a compiled network is not compiled again.
        self.t, self.k = torch.ones((), device=device), torch.ones((), device=device)
        self.at(0, 1)

    def at(self, epoch: int, epochs: int) -> None:
        """Set ``t`` and ``k`` for epoch number ``epoch``, from 0, of ``epochs``."""
        t = 10 ** (-2 + 3 * epoch / epochs)
        self.t.fill_(t)
        self.k.fill_(max(1 / t, 1.0))

    def __call__(self, x: Tensor) -> Tensor:
        return self.k * self.t * (1 - torch.tanh(self.t * x).square())


def activation(slope: Slope) -> Binariser:
    """The binariser of activations with a given slope in place of hardtanh's."""
    return lambda x: stand(x, signs(x), slope(x.detach()))


def scaled(slope: Slope = clip) -> Binariser:
    """The binariser of ReActNet and BD-BNN: sign(w) times ``mean |w|`` of the output channel."""

    def binariser(latent: Tensor) -> Tensor:
        w = latent.detach()
        return stand(latent, _per_channel(w.abs().flatten(1).mean(1), w) * signs(w), slope(w))

    return binariser


def ir_net(slope: Slope = clip) -> Binariser:
    """The binariser of IR-Net (1909.10788).

    Weights are balanced and standardised per channel, and their signs scaled by a power of two.
    """

    def binariser(latent: Tensor) -> Tensor:
        flat = latent.flatten(1)
        flat = flat - flat.mean(1, keepdim=True)
        w = (flat / flat.std(1, keepdim=True)).view_as(latent)
        size = w.detach().abs().flatten(1).mean(1)
        power = torch.pow(2.0, (torch.log(size) / math.log(2)).round())
        return stand(w, signs(w.detach()), slope(w.detach())) * _per_channel(power, latent)

    return binariser


def xnor_net(slope: Slope = clip) -> Binariser:
    """The binariser of XNOR-Net (1603.05279): `centred` latents, then as in `scaled`.

    The scale has a gradient as well, by equation 11 of the paper.
    """

    def binariser(latent: Tensor) -> Tensor:
        w = centred(latent)
        sign = stand(w, signs(w.detach()), slope(w.detach()))
        return sign * _per_channel(w.abs().flatten(1).mean(1), w)

    return binariser


def centred(latent: Tensor) -> Tensor:
    """XNOR-Net's latents: minus their mean over the input channels, clipped to [-1, 1]."""
    return (latent - latent.mean(1, keepdim=True)).clamp(-1, 1)


WEIGHTS: dict[str, Callable[[Slope], Binariser]] = {
    "scaled": scaled, "ir-net": ir_net, "xnor-net": xnor_net}


def _per_channel(values: Tensor, like: Tensor) -> Tensor:
    return values.view(-1, *[1] * (like.dim() - 1))
