"""Binary weights of latents: a family's rule for their signs, and the scale of each output channel.

Its own program applies the rule whenever it reads the latents, so that files hold only these.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from model.methods.binarisers import centred

Rule = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From latents (out, ...) to the numbers whose signs are taken and a scale (out,), float64."""


@dataclass(frozen=True, kw_only=True)
class Signs:
    """``weight`` is int8 +1 and -1, which ``scale`` (out,), float64, multiplies."""

    weight: Tensor
    scale: Tensor


def _ones(latent: Tensor) -> tuple[Tensor, Tensor]:
    return latent, torch.ones(len(latent), dtype=torch.float64)


def _mean(latent: Tensor) -> tuple[Tensor, Tensor]:
    return latent, latent.abs().flatten(1).mean(1).double()


def _power(latent: Tensor) -> tuple[Tensor, Tensor]:
    flat = latent.flatten(1)
    flat = flat - flat.mean(1, keepdim=True)
    size = (flat / flat.std(1, keepdim=True)).abs().mean(1)
    return flat.view_as(latent), 2.0 ** torch.log2(size).round().double()


RULES: dict[str, Rule] = {
    "sign": _ones,
    "scaled": _mean,
    "xnor-net": lambda latent: _mean(centred(latent)),
    "ir-net": _power,
}
"""Rules by name: signs alone; times the channel's mean size (ReActNet, BD-BNN); of latents less
their mean over the input channels, clipped to [-1, 1] (XNOR-Net); of latents less the channel's
mean, times a power of two (IR-Net)."""


def signs(latent: Tensor, rule: str = "sign") -> tuple[Signs | None, str]:
    """Signs of a tensor, or None and what is wrong with it, with its remedy."""
    if bad := int((~torch.isfinite(latent)).sum()):
        return None, f"{bad:,} of {latent.numel():,} weights are not finite; train it again"
    numbers, scale = RULES[rule](latent.float())
    if zeros := int((numbers == 0).sum()):
        less = "" if rule in ("sign", "scaled") else ", once their mean is subtracted"
        return None, (f"{zeros:,} of {latent.numel():,} weights are exactly 0{less}, of which"
                      " torch.sign makes 0 and hardware +1 or -1; write a small number of either"
                      " sign in their place and measure that network")
    if not bool(((scale > 0) & torch.isfinite(scale)).all()):
        return None, "a channel's weights have no scale above 0; train it again"
    return Signs(weight=torch.where(numbers > 0, 1, -1).to(torch.int8), scale=scale), ""
