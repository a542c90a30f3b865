"""What a training method may change, and what it leaves as the plain BNN (1602.02830) has it."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from model.checkpoint import export
from model.networks import BinaryNetwork, build
from model.settings import Settings

Arch = dict[str, Any]


class Pass(NamedTuple):
    """One forward pass in training: uint8 ``images`` (N, C, H, W), every layer's output by name,
    the float ``scores`` (N, classes)."""

    images: Tensor
    stages: Mapping[str, Tensor]
    scores: Tensor


class Method:
    """The plain BNN: sign, straight-through gradients, clipped latents, cross-entropy alone.

    A training run goes through *stages*, nearly always only one. `build` makes the network of a
    stage, `carry` hands the weights over to the next, `progress` is told before every step how far
    the whole run is, `losses` are added to the cross-entropy, `stepped` follows each update, and
    `export` makes the network that a checkpoint describes.

    Nothing here is random and nothing is kept that `build` and `progress` do not set anew, so that
    a resumed run needs no more than weights and optimiser.

    Parameters
    ----------
    settings : Settings
    device : of the network.
    """

    terms: tuple[str, ...] = ()
    """Names of what `losses` gives, in order; the log has a column for each."""

    changes: bool = False
    """`export` gives another network than the trained one, which is measured as well."""

    usual: ClassVar[dict[str, Any]] = {}
    """Settings that differ from those of `Settings` where the command line names none."""

    def __init__(self, settings: Settings, device: torch.device) -> None:
        self.settings, self.device = settings, device
        self.facts: dict[str, Any] = {}
        """What decides the outcome beside the settings, for log and checkpoint."""

    @classmethod
    def narrowed(cls, arch: Arch) -> Arch:
        """A named network at the widths of this method's own, for the width that was asked for."""
        return arch

    def stage(self, epoch: int) -> int:
        """The stage that epoch number ``epoch``, from 0, belongs to."""
        return 0

    def build(self, arch: Arch, stage: int) -> BinaryNetwork:
        """The network of ``stage`` with fresh weights, for the arch that was asked for."""
        return build(arch)

    def carry(self, before: BinaryNetwork, after: BinaryNetwork) -> None:
        """Fill the network of a new stage with what the stage before it learnt."""

    def progress(self, network: BinaryNetwork, share: float) -> None:
        """``share`` of all epochs lies behind, from 0 to 1."""

    def rate(self, share: float) -> float:
        """The learning rate when ``share`` of all epochs lies behind."""
        return self.settings.rate(share)

    def losses(self, network: BinaryNetwork, made: Pass) -> dict[str, tuple[float, Tensor]]:
        """For each of `terms` its factor and its value, to be added to the cross-entropy."""
        return {}

    @torch.no_grad()
    def stepped(self, network: BinaryNetwork) -> None:
        """After an update: keep latents where a later gradient can still turn them."""
        for product in network.products():
            product.clamp()

    def export(self, network: BinaryNetwork) -> tuple[Arch, dict[str, Tensor]]:
        """Arch and tensors of the finished checkpoint.

        Raises
        ------
        Refusal
            For a network that is not what its checkpoint would say.
        """
        return network.arch.plain(), export(network)

    def measured(self, before: int, after: int, images: int) -> None:
        """So many of the test images are right before and after `export`, if that `changes` it.

        Raises
        ------
        Refusal
            Where the difference says that the export failed.
        """


def norms(network: BinaryNetwork) -> list[nn.BatchNorm1d | nn.BatchNorm2d]:
    """The batch norms of a network, in order."""
    return [module for module in network.modules()
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
