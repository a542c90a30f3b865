"""BD-BNN's losses (2204.02004): kurtosis of latent weights, and distance from a teacher."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def kurtosis(weights: Tensor) -> Tensor:
    """Kurtosis ``mean(((w - mean) / std)^4)``, std unbiased: 1 for two points, 3 for a Gaussian."""
    return ((weights - weights.mean()) / weights.std()).pow(4).mean()


def kurtosis_loss(layers: Sequence[Tensor], targets: Sequence[float]) -> Tensor:
    """The mean over ``layers`` of ``(K - target)^2``, for the kurtosis of each one's latents."""
    pairs = zip(layers, targets, strict=True)
    return torch.stack([(kurtosis(w) - target).square() for w, target in pairs]).mean()


def mimicry(teacher: Sequence[Tensor], student: Sequence[Tensor]) -> Tensor:
    """WDM: ``sum over layers of mean(exp(w_t) (w_t - w_s))``, for weights layer by layer.

    It is torch's ``kl_div`` with both arguments as logarithms.
    """
    pairs = zip(teacher, student, strict=True)
    return torch.stack([(t.exp() * (t - s)).mean() for t, s in pairs]).sum()


def distillation(teacher: Tensor, student: Tensor) -> Tensor:
    """KD: cross-entropy of the student's classes against the teacher's, from scores (N, C)."""
    wanted = functional.softmax(teacher, 1)
    return -(wanted * functional.log_softmax(student, 1)).sum(1).mean()
