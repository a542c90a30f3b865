"""Importer of XNOR-Net-PyTorch: its LeNet-5 for MNIST, as that program saves it.

A file holds latents. They are binarised as that program does it before a test: less their mean over
the input channels, clipped to [-1, 1], their signs times the mean size of the output channel. The
scale goes through ReLU and max-pool into the batch norm behind, whose gammas are 0.01 at least. The
first and the last layer are real. That program does not scale the input of a layer by its own mean,
as the paper has it.
"""

from dataclasses import replace
from pathlib import Path

from model.checkpoint import Checkpoint
from model.importers import states
from model.importers.builder import Builder, Norm
from model.importers.normalisation import Normalisation, needed
from model.importers.simpler import simplify
from model.importers.states import State

EPS, LEAST = 1e-4, 0.01
"""Of its batch norms: eps, and the smallest gamma, to which every forward clamps them."""

RULE, PLACES = "xnor-net", 16
"""The rule of `latents`, and the places of the map that is flattened."""

REFUSED = {
    "xnor.0.weight": "the network in network for CIFAR-10 has an average pool inside and a padded"
    " max-pool, which are no thresholds of sums; train it with AvgPool2d and MaxPool2d of kernel 2"
    " and no padding in their place, the average as a max-pool, and convert with --from torch",
    "features.4.conv.weight": "AlexNet has a batch norm behind its flatten, with a gamma for each"
    " place of the map, and no sign before its last layer; move that batch norm before the flatten,"
    " put a sign before the last layer, train again and convert with --from torch",
}
"""Networks of that program that cannot be read, by a tensor that only they have."""


def read(path: Path, normalisation: Normalisation | None = None) -> Checkpoint:
    """Read the network in ``path``; classes are numbered, as such a file has no names.

    Raises
    ------
    Refusal
        For a file without exactly the tensors of such a network, or without ``normalisation``.
    """
    state = states.read(path, "LeNet_5 of XNOR-Net-PyTorch", REFUSED)
    parts = _Parts(state)
    state.finish()
    builder = parts.builder(1 if normalisation is None else normalisation.scale)
    simplify(builder)
    return builder.checkpoint("xnor-net", path, needed(normalisation, path))


class _Parts:
    """The tensors of a network, or faults in ``state``."""

    def __init__(self, state: State) -> None:
        sizes = [state.size(f"{name}.weight") for name in (
            "conv1", "bin_conv2.conv", "bin_ip1.linear", "ip2")]
        wide, hidden, dense, classes = sizes
        self.first = state.tensor("conv1.weight", wide, 1, 5, 5), state.tensor("conv1.bias", wide)
        self.norms = [state.norm("bn_conv1", wide, affine=False, eps=EPS),
                      _clamped(state.norm("bin_conv2.bn", wide, eps=EPS)),
                      _clamped(state.norm("bin_ip1.bn", hidden, eps=EPS))]
        self.conv = (state.signs("bin_conv2.conv.weight", hidden, wide, 5, 5, rule=RULE),
                     state.tensor("bin_conv2.conv.bias", hidden))
        self.dense = (state.signs("bin_ip1.linear.weight", dense, hidden and hidden * PLACES,
                                  rule=RULE), state.tensor("bin_ip1.linear.bias", dense))
        self.last = state.tensor("ip2.weight", classes, dense), state.tensor("ip2.bias", classes)

    def builder(self, scale: int) -> Builder:
        """The network, in the published order; images are ``scale`` times as large as published."""
        builder, pool = Builder(shape=(1, 28, 28)), {"kernel": [2, 2], "stride": [2, 2]}
        (real, bias), (conv, added), (dense, shift) = self.first, self.conv, self.dense
        # Real weights take the scale of the table, a power of two, without rounding.
        builder.conv("conv1", real / scale, bias)
        builder.norm("bn1", self.norms[0])
        builder.plain("relu", "relu1")
        builder.plain("max_pool", "pool1", **pool)
        builder.norm("bn2", self.norms[1])
        builder.plain("sign", "sign2")
        builder.conv("conv2", conv.weight, added / conv.scale)
        builder.plain("relu", "relu2")
        builder.plain("max_pool", "pool2", **pool)
        builder.norm("bn3", self.norms[2].reading(conv.scale))
        builder.plain("sign", "sign3")
        builder.plain("flatten", "flatten")
        builder.dense("dense3", dense.weight, shift / dense.scale)
        builder.plain("relu", "relu3")
        # What reads a scaled map is a real layer, whose weights take the scale.
        builder.dense("dense4", self.last[0] * dense.scale, self.last[1])
        return builder


def _clamped(norm: Norm) -> Norm:
    return replace(norm, weight=norm.weight.clamp(min=LEAST))
