"""BNN-DL (1904.02823): the plain BNN with a loss that keeps pre-activations from degenerating."""

from torch import Tensor

from model.losses import distribution_loss, tap_names
from model.methods.method import Method, Pass
from model.networks import BinaryNetwork


class BnnDl(Method):
    """The plain BNN, plus ``lambda`` times the distribution loss of the inputs of the signs."""

    terms = ("distribution",)

    def losses(self, network: BinaryNetwork, forward: Pass) -> dict[str, tuple[float, Tensor]]:
        taps = [forward.stages[name] for name in tap_names(network)]
        loss = distribution_loss(taps, self.settings.variant)
        return {"distribution": (self.settings.weight, loss)}
