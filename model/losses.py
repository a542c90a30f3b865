"""BNN-DL's distribution loss (1904.02823), which keeps pre-activations from degenerating."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from model.networks import BinaryNetwork
from model.records import Sign
from model.settings import Variant


def moments(tap: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every channel of a tap (N, C) or (N, C, H, W).

    The deviation is that of the biased variance + 1e-10, as published.
    """
    axes = [axis for axis in range(tap.dim()) if axis != 1]
    mean = tap.mean(axes)
    centred = tap - mean.view(1, -1, *[1] * (tap.dim() - 2))
    return mean, (centred.square().mean(axes) + 1e-10).sqrt()


def paper(tap: Tensor) -> Tensor:
    """The paper's loss of one tap: equations 2 and 3 with k = 1, 0.25, 0.25, summed over channels.
    """
    mean, deviation = moments(tap)
    degenerate = _over(mean.abs() - deviation).square()
    saturated = _over(0.25 * deviation - 1).square()
    mismatched = _over(1 - mean.abs() - 0.25 * deviation).square()
    return (degenerate + saturated + mismatched).sum()


def upstream(tap: Tensor) -> Tensor:
    """The formula of the published program, not of the paper: the sum of both terms for one tap."""
    return spread(tap) + balance(tap)


def spread(tap: Tensor) -> Tensor:
    """The term ``d1``: means over channels of max(0, 2 - |mu| - s)^2 and of max(0, s - 4)^2."""
    mean, deviation = moments(tap)
    narrow = _over(2 - mean.abs() - deviation).square().mean()
    return narrow + _over(deviation - 4).square().mean()


def balance(tap: Tensor) -> Tensor:
    """The term ``d2``: mean over channels of max(0, mu^2 - s^2)."""
    mean, deviation = moments(tap)
    return _over(mean.square() - deviation.square()).mean()


def _over(x: Tensor) -> Tensor:
    return x.clamp(min=0)


def distribution_loss(taps: Sequence[Tensor], variant: Variant = "paper") -> Tensor:
    """The loss of all taps: their sum for the paper's variant, their mean for upstream's.

    Parameters
    ----------
    taps : inputs of the binary activations, tensors (N, C) or (N, C, H, W).
    """
    if not taps:
        return torch.zeros(())
    of_tap: Callable[[Tensor], Tensor] = paper if variant == "paper" else upstream
    total = torch.stack([of_tap(tap) for tap in taps])
    return total.sum() if variant == "paper" else total.mean()


def tap_names(network: BinaryNetwork) -> list[str]:
    """Names of the layers that signs read: in a trained network, batch norms."""
    arch = network.arch
    read = [arch.reads[record.name] for record in arch.layers if isinstance(record, Sign)]
    return [name for name in read if name is not None]
