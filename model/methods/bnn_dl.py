"""BNN-DL (1904.02823): the plain BNN, and a loss that keeps pre-activations from degenerating."""

from torch import Tensor

from model.losses import distribution_loss, tap_names
from model.methods.method import Method, Pass
from model.networks import BinaryNetwork


class BnnDl(Method):
    """Adds ``lambda`` times the distribution loss of what enters each sign."""

    terms = ("distribution",)

    def losses(self, network: BinaryNetwork, made: Pass) -> dict[str, tuple[float, Tensor]]:
        taps = [made.stages[name] for name in tap_names(network)]
        loss = distribution_loss(taps, self.settings.variant)
        return {"distribution": (self.settings.weight, loss)}
