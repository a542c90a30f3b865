"""One update of a network by a batch: forward, losses, gradients of all shards, a step."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.batches import Shard
from model.losses import tap_names
from model.methods.method import Method, Pass, norms
from model.networks import BinaryNetwork
from model.processes import ALONE, Processes
from model.settings import Settings

HALVES = {"float16": torch.float16, "bfloat16": torch.bfloat16}
"""The mixed precisions: products in halves, weights and losses in float32."""


class Update:
    """Steps of one network and its optimiser.

    A batch is the mean over its shards, each normalised by itself, as its share of the images has
    it. The shards' gradients and running statistics are added in the order of the shards: in one
    process or several, the update is the same to the last bit where the device's products are.

    Parameters
    ----------
    method : what is added to the cross-entropy, and what follows the step.
    """

    def __init__(
        self, settings: Settings, method: Method, network: BinaryNetwork,
        optimiser: torch.optim.Optimizer, processes: Processes = ALONE,
    ) -> None:
        self.settings, self.method, self.processes = settings, method, processes
        self.network, self.optimiser = network, optimiser
        self.device = next(network.parameters()).device
        self.scaler = torch.amp.GradScaler(
            self.device.type, enabled=settings.precision == "float16")
        self._watched = (*tap_names(network), network.last)
        self._stages = network.stages
        if settings.compile:
            self._stages = torch.compile(network.stages, dynamic=False)

    def gradients(self, shards: Sequence[Shard]) -> Tensor:
        """Set the batch's gradients.

        Returns
        -------
        float64, on the device: sums over the batch's images of the cross-entropy, the method's
        terms and the loss they make together, and how many images are right.
        """
        if self.settings.shards == 1:
            (shard,) = shards
            return self._backward(shard)
        before = [each.clone() for each in self._statistics()]
        mine = [self._flat(shard, before) for shard in shards]
        return self._unpack(self.processes.gather(torch.stack(mine)))

    def step(self) -> None:
        """Move the weights by the gradients; one that float16 could not hold moves nothing."""
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.method.stepped(self.network)

    def _backward(self, shard: Shard) -> Tensor:
        half = HALVES.get(self.settings.precision)
        with torch.autocast(self.device.type, half, enabled=half is not None):
            made = self._stages(shard.images, self._watched)
        stages = {name: output.float() for name, output in made.items()}
        out = self.network.scores(stages)
        loss = functional.cross_entropy(out, shard.labels)
        terms = self.method.losses(self.network, Pass(shard.images, stages, out))
        total = loss
        for factor, term in terms.values():
            total = total + factor * term
        self.optimiser.zero_grad()
        self.scaler.scale(total if shard.share == 1 else total * shard.share).backward()
        means = [loss, *(terms[name][1] for name in self.method.terms), total]
        right = (out.argmax(1) == shard.labels).sum()
        sums = torch.stack([mean.detach() for mean in means]).double() * len(shard.labels)
        return torch.cat([sums, right.double()[None]])

    def _flat(self, shard: Shard, before: Sequence[Tensor]) -> Tensor:
        """All that a shard makes as one row: gradients, its share of the statistics, its sums."""
        for statistic, value in zip(self._statistics(), before, strict=True):
            statistic.copy_(value)
        sums = self._backward(shard)
        moved = [statistic * shard.share for statistic in self._statistics()
                 if statistic.is_floating_point()]
        row = [*self._gradients(), *moved, sums]
        return torch.cat([each.flatten().double() for each in row])

    def _unpack(self, rows: Tensor) -> Tensor:
        """Add the rows of all shards, in order, and put the sums where they belong."""
        total = rows[0]
        for row in rows[1:]:
            total = total + row
        floats = [each for each in self._statistics() if each.is_floating_point()]
        targets = [*self._gradients(), *floats]
        parts = total.split([*(each.numel() for each in targets),
                             total.numel() - sum(each.numel() for each in targets)])
        for target, part in zip(targets, parts, strict=False):
            target.copy_(part.view(target.shape))
        return parts[-1]

    def _gradients(self) -> list[Tensor]:
        return [each.grad for each in self.network.parameters() if each.grad is not None]

    def _statistics(self) -> list[Tensor]:
        """The running statistics of the batch norms, their counts of batches included."""
        found: list[nn.Module] = list(norms(self.network))
        return [buffer for norm in found for buffer in norm.buffers()]


def cause(network: BinaryNetwork, shard: Shard) -> str:
    """Where a loss that is no number comes from."""
    for name, parameter in network.named_parameters():
        if not torch.isfinite(parameter).all():
            return f"the last update left {name} not finite"
    with torch.no_grad():
        stages = network.stages(shard.images)
    for name, output in stages.items():
        if not torch.isfinite(output).all():
            return f"first seen in the output of layer {name!r}"
    return "every layer's output is finite; the loss itself overflowed"
