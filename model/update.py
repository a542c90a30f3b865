"""The update of a network by a batch: forward pass, losses, gradients of all shards, a step."""

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
"""The mixed precisions: products in 16 bits, weights and losses in float32."""


class Update:
    """The updates of one network by its optimiser.

    The loss of a batch is the mean over its shards, weighted by their images; each shard is
    normalised separately. The shards' gradients and running statistics are added in the order of
    the shards: in one process or several, the update is the same to the last bit, if the device's
    products are.

    Parameters
    ----------
    method : the training method, with its losses and its action after a step.
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
        """Compute the gradients of a batch, and set them in the network.

        Returns
        -------
        float64, on the device: sums over the batch's images of the cross-entropy, of the method's
        terms and of the total loss, and the number of correct images.
        """
        if self.settings.shards == 1:
            (shard,) = shards
            return self._backward(shard)
        before = [each.clone() for each in self._statistics()]
        mine = [self._flat(shard, before) for shard in shards]
        return self._unpack(self.processes.gather(torch.stack(mine)))

    def step(self) -> None:
        """Update the weights by the gradients, unless one of them has overflowed in float16."""
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.method.stepped(self.network)

    def _backward(self, shard: Shard) -> Tensor:
        half = HALVES.get(self.settings.precision)
        with torch.autocast(self.device.type, half, enabled=half is not None):
            outputs = self._stages(shard.images, self._watched)
        stages = {name: output.float() for name, output in outputs.items()}
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
        """The results of a shard as one row: gradients, its share of the statistics, its sums."""
        for statistic, value in zip(self._statistics(), before, strict=True):
            statistic.copy_(value)
        sums = self._backward(shard)
        moved = [statistic * shard.share for statistic in self._statistics()
                 if statistic.is_floating_point()]
        row = [*self._gradients(), *moved, sums]
        return torch.cat([each.flatten().double() for each in row])

    def _unpack(self, rows: Tensor) -> Tensor:
        """Add the rows of all shards in order, set gradients and statistics; returns the sums."""
        total = rows[0]
        for row in rows[1:]:
            total = total + row
        floats = [each for each in self._statistics() if each.is_floating_point()]
        targets = [*self._gradients(), *floats]
        values = total.split([*(each.numel() for each in targets),
                              total.numel() - sum(each.numel() for each in targets)])
        for target, value in zip(targets, values, strict=False):
            target.copy_(value.view(target.shape))
        return values[-1]

    def _gradients(self) -> list[Tensor]:
        return [each.grad for each in self.network.parameters() if each.grad is not None]

    def _statistics(self) -> list[Tensor]:
        """The running statistics of the batch norms, their counts of batches included."""
        modules: list[nn.Module] = list(norms(self.network))
        return [buffer for norm in modules for buffer in norm.buffers()]


def cause(network: BinaryNetwork, shard: Shard) -> str:
    """The cause of a loss that is not finite, as a text: a parameter, or a layer's output."""
    for name, parameter in network.named_parameters():
        if not torch.isfinite(parameter).all():
            return f"the last update left {name} not finite"
    with torch.no_grad():
        stages = network.stages(shard.images)
    for name, output in stages.items():
        if not torch.isfinite(output).all():
            return f"first seen in the output of layer {name!r}"
    return "every layer's output is finite; the loss itself overflowed"
