"""Self-binarizing networks (1902.00730): tanh(nu x) sharpens into the sign while it is trained."""

from functools import partial

import torch
from torch import Tensor

from model.methods.hardening import products
from model.methods.method import Arch, Method
from model.networks import BinaryNetwork, build
from model.refusal import Refusal
from model.settings import Settings

SHARP = 0.99
"""Least |tanh(nu w)| of a weight that counts as sharp."""

BLUNT = 0.05
"""Largest share of weights that are not sharp in a layer that counts as sharp."""

SAME = 0.01
"""Largest share of images by which the hard sign may change the number of correct ones."""


class SelfBinarizing(Method):
    """Weights ``tanh(nu p)`` and activations ``tanh(nu x)``, where ``nu`` grows from 1 to ``--nu``.

    Gradients are the true ones: there are no latents and no straight-through estimator.
    """

    changes = True

    def __init__(self, settings: Settings, device: torch.device) -> None:
        super().__init__(settings, device)
        self.nu = torch.ones((), device=device)

    def build(self, arch: Arch, stage: int) -> BinaryNetwork:
        network = build(arch)
        soft = partial(soft_sign, nu=self.nu)
        for product in network.products():
            product.binariser = soft
        for sign in network.signs():
            sign.binariser = soft
        return network

    def progress(self, network: BinaryNetwork, share: float) -> None:
        self.nu.fill_(self.settings.nu ** share)

    def stepped(self, network: BinaryNetwork) -> None:
        """Clamp nothing: sharp weights have no gradient that could move them."""

    def export(self, network: BinaryNetwork) -> tuple[Arch, dict[str, Tensor]]:
        for name, product in products(network):
            blunt = float((product.effective.abs() < SHARP).double().mean())
            if blunt > BLUNT:
                raise Refusal(
                    f"method self-binarizing: not sharp: {blunt:.1%} of the weights of layer"
                    f" {name!r} lie within {SHARP} of 0 at nu {self.nu.item():g}; train longer, or"
                    " to a larger --nu")
        return super().export(network)

    def measured(self, before: int, after: int, images: int) -> None:
        if abs(before - after) > SAME * images:
            raise Refusal(
                f"method self-binarizing: not sharp: {before} of {images} images right with tanh at"
                f" nu {self.nu.item():g}, {after} with the sign; train longer, or to a larger --nu")


def soft_sign(x: Tensor, nu: Tensor) -> Tensor:
    """The soft sign ``tanh(nu x)``."""
    return torch.tanh(nu * x)
