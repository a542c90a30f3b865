"""The base of the training methods: the plain BNN (1602.02830), and what they may override."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from model.checkpoint import export
from model.networks import BinaryNetwork, build
from model.settings import Settings

Arch = dict[str, Any]


class Pass(NamedTuple):
    """One forward pass in training.

    uint8 ``images`` (N, C, H, W), every layer's output by name, and float ``scores`` (N, classes).
    """

    images: Tensor
    stages: Mapping[str, Tensor]
    scores: Tensor


class Method:
    """The plain BNN: sign, straight-through gradients, clipped latents, cross-entropy alone.

    A training run has *stages*, in most methods only one. `build` makes the network of a stage,
    `carry` passes the weights to the next, `progress` is called before every step with the share of
    the run that is done, `losses` are added to the cross-entropy, `stepped` is called after each
    update, and `export` makes the network for the checkpoint.

    Nothing here is random, and `build` and `progress` set all state, so that a resumed run needs
    only weights and optimiser.

    Parameters
    ----------
    settings : Settings
    device : device of the network.
    """

    terms: tuple[str, ...] = ()
    """Names of the terms of `losses`, in order; the log has a column for each."""

    changes: bool = False
    """True if `export` gives another network than the trained one; both are then measured."""

    usual: ClassVar[dict[str, Any]] = {}
    """Default settings of this method, where they differ from those of `Settings`."""

    def __init__(self, settings: Settings, device: torch.device) -> None:
        self.settings, self.device = settings, device
        self.facts: dict[str, Any] = {}
        """Facts beside the settings that decide the outcome, for log and checkpoint."""

    @classmethod
    def narrowed(cls, arch: Arch) -> Arch:
        """The arch of a named network with this method's widths for the width asked for."""
        return arch

    def stage(self, epoch: int) -> int:
        """The stage that epoch number ``epoch``, from 0, belongs to."""
        return 0

    def build(self, arch: Arch, stage: int) -> BinaryNetwork:
        """The network of a stage with fresh weights, for the arch that was asked for."""
        return build(arch)

    def carry(self, before: BinaryNetwork, after: BinaryNetwork) -> None:
        """Set the weights of a new stage's network from those of the stage before."""

    def progress(self, network: BinaryNetwork, share: float) -> None:
        """Adapt the network to the share of all epochs that is done, from 0 to 1."""

    def rate(self, share: float) -> float:
        """The learning rate once ``share`` of all epochs is done."""
        return self.settings.rate(share)

    def losses(self, network: BinaryNetwork, forward: Pass) -> dict[str, tuple[float, Tensor]]:
        """Factor and value of each of `terms`, to be added to the cross-entropy."""
        return {}

    @torch.no_grad()
    def stepped(self, network: BinaryNetwork) -> None:
        """Clamp latents after an update, so that later gradients can still change their sign."""
        for product in network.products():
            product.clamp()

    def export(self, network: BinaryNetwork) -> tuple[Arch, dict[str, Tensor]]:
        """Arch and tensors of the finished checkpoint.

        Raises
        ------
        Refusal
            For a network that its checkpoint would not describe.
        """
        return network.arch.plain(), export(network)

    def measured(self, before: int, after: int, images: int) -> None:
        """Compare the correct test images before and after an `export` that `changes` the network.

        Raises
        ------
        Refusal
            If they differ so much that the export has failed.
        """


def norms(network: BinaryNetwork) -> list[nn.BatchNorm1d | nn.BatchNorm2d]:
    """The batch norms of a network, in order."""
    return [module for module in network.modules()
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
