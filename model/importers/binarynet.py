"""Importer of BinaryNet.pytorch: its VGG and ResNet for CIFAR-10 and its AlexNet, as that program
saves them.

Every weight is the sign of what the file has: latents today, +1 and -1 in older files. A layer
binarises what it reads by ``torch.sign`` behind a Hardtanh, which does not change the sign, unless
it reads an image of three channels. Sums have a bias and go through a 2x2 or 3x3 max-pool or none
and a batch norm. LogSoftmax, which is last, does not change the order of the scores.
"""

from dataclasses import dataclass
from pathlib import Path

from model.checkpoint import Checkpoint
from model.importers import binarynet_residual, states
from model.importers.builder import Builder
from model.importers.normalisation import Normalisation, needed
from model.importers.states import State

REAL_CHANNELS, REAL_INPUTS = 3, 784
"""A convolution of so many channels, and a dense layer of so many inputs, do not binarise them."""

DENSE = (0, 3, 6)
"""Numbers of the dense layers in ``classifier``; a batch norm follows each."""


@dataclass(frozen=True, kw_only=True)
class Conv:
    """A convolution at ``number`` of ``features``, and the size of the pool behind it, 0 if none.
    """

    number: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1
    pool: int = 0

    @property
    def norm(self) -> int:
        """Number of the batch norm; a pool has a number as well."""
        return self.number + (2 if self.pool else 1)


@dataclass(frozen=True, kw_only=True)
class Topology:
    """A published network on images of ``side`` rows and columns."""

    name: str
    side: int
    convs: tuple[Conv, ...]
    affine: bool  # of the last batch norm


TOPOLOGIES = (
    Topology(name="vgg_cifar10_binary", side=32, affine=False, convs=(
        Conv(number=0), Conv(number=3, pool=2), Conv(number=7), Conv(number=10, pool=2),
        Conv(number=14), Conv(number=17, pool=2))),
    Topology(name="alexnet_binary", side=224, affine=True, convs=(
        Conv(number=0, kernel=11, stride=4, padding=2, pool=3),
        Conv(number=4, kernel=5, padding=2, pool=3), Conv(number=8), Conv(number=11),
        Conv(number=14, pool=3))),
)

BLOCK = "layer1.0.conv1.weight"
"""A tensor that only residual networks have."""

REFUSED = {
    "layer1.0.conv3.weight": "resnet_binary for ImageNet has a padded max-pool, for which there is"
    " no layer; train the one for CIFAR-10, or with --from torch one without",
    "fc4.weight": "the network of main_mnist.py has a last layer fc4 of real weights that reads"
    " real numbers of a Hardtanh, for which there is no layer; put BinarizeLinear in its place,"
    " train again and convert with --from torch",
}
"""Networks of that program that cannot be read, by a tensor that only they have."""


def read(path: Path, normalisation: Normalisation | None = None) -> Checkpoint:
    """Read the network in ``path``; classes are numbered, as such a file has no names.

    Raises
    ------
    Refusal
        For a file without exactly the tensors of such a network, or without ``normalisation``.
    """
    state = states.read(path, "a network of BinaryNet.pytorch", REFUSED)
    if BLOCK in state:
        state.program = "resnet_binary"
        builder = binarynet_residual.builder(state, normalisation)
        state.finish()
        return builder.checkpoint("binarynet", path, needed(normalisation, path))
    there = {key for key in state.tensors if key.startswith("features.") and (
        state.tensors[key].ndim == 4)}
    topology = next((each for each in TOPOLOGIES if there == {
        f"features.{conv.number}.weight" for conv in each.convs}), None)
    if topology is None:
        names = ", ".join(each.name for each in TOPOLOGIES) + " and resnet_binary"
        raise state.refuse("its features are those of none of the networks that are read, which"
                           f" are {names}; convert others with --from torch")
    state.program = topology.name
    builder = _draft(state, topology, normalisation)
    state.finish()
    return builder.checkpoint("binarynet", path, needed(normalisation, path))


def _draft(state: State, topology: Topology, normalisation: Normalisation | None) -> Builder:
    builder = Builder(shape=(REAL_CHANNELS, topology.side, topology.side))
    channels: int | None = REAL_CHANNELS
    side = topology.side
    scale = 1 if normalisation is None else normalisation.scale
    for number, conv in enumerate(topology.convs, 1):
        at = f"features.{conv.number}"
        signs = state.signs(f"{at}.weight", None, channels, conv.kernel, conv.kernel)
        if number > 1 and channels == REAL_CHANNELS:
            state.faults.append(f"{at} reads {channels} channels, which that program takes for an"
                                " image and does not binarise; train with another number")
        channels = state.size(f"{at}.weight")
        # The first sums are those of the table's integers: so many times as large.
        builder.conv(f"conv{number}", signs.weight, state.tensor(f"{at}.bias", channels) * scale,
                   stride=[conv.stride] * 2, padding=[conv.padding] * 2)
        side = (side + 2 * conv.padding - conv.kernel) // conv.stride + 1
        if conv.pool:
            builder.plain("max_pool", f"pool{number}", kernel=[conv.pool] * 2, stride=[2, 2])
            side = (side - conv.pool) // 2 + 1
        norm = state.norm(f"features.{conv.norm}", channels).reading(1 / scale)
        builder.norm(f"bn{number}", norm)
        builder.plain("sign", f"sign{number}")
        scale = 1
    builder.plain("flatten", "flatten")
    _classifier(state, topology, builder, channels and channels * side * side)
    return builder


def _classifier(state: State, topology: Topology, builder: Builder, inputs: int | None) -> None:
    first = len(topology.convs) + 1
    for number, at in enumerate(DENSE, first):
        signs = state.signs(f"classifier.{at}.weight", None, inputs)
        if inputs == REAL_INPUTS:
            state.faults.append(f"classifier.{at} reads {inputs} values, which that program takes"
                                " for an image and does not binarise; train with another number")
        inputs, last = state.size(f"classifier.{at}.weight"), at == DENSE[-1]
        builder.dense(f"dense{number}", signs.weight, state.tensor(f"classifier.{at}.bias", inputs))
        # A file tells by its tensors whether the last batch norm has gammas.
        affine = topology.affine or not last or f"classifier.{at + 1}.weight" in state
        builder.norm(f"bn{number}", state.norm(f"classifier.{at + 1}", inputs, affine=affine))
        if not last:
            builder.plain("sign", f"sign{number}")
