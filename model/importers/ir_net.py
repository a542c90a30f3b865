"""Importer of IR-Net's networks for CIFAR-10: ResNet-20, ResNet-18, and VGG-Small with a sign in
place of its last Hardtanh.

A file holds latents. They are binarised as that program does it: less the mean of the output
channel, divided by the standard deviation, their signs times a power of two, which goes into the
batch norm behind. Hardtanhs before a sign change nothing. The first and the last layer are real.

The published VGG-Small gives its last layer the real numbers of a Hardtanh, for which there is no
layer. A file of one that was trained on with a sign there has the same tensors: so that its user
has to say that it is one.
"""

from pathlib import Path

from model.checkpoint import Checkpoint
from model.importers import ir_net_residual, states
from model.importers.builder import Builder
from model.importers.ir_net_residual import RULE
from model.importers.normalisation import Normalisation, needed
from model.importers.states import State

POOLED = (1, 3, 5)
"""Numbers of the convolutions with a max-pool of 2x2 behind them."""

CONVS, PLACES = 6, 16

BLOCK = "layer1.0.conv1.weight"
"""A tensor that only residual networks have."""

HARDTANH = ("fc reads the real numbers of a Hardtanh, for which there is no layer; put torch.sign"
            " in its place, train on, and convert with --sign-before-last; or train model.train"
            " --arch vgg-small --method bd-bnn --weights ir-net")


def read(path: Path, normalisation: Normalisation | None = None, *,
         sign_before_last: bool = False) -> Checkpoint:
    """Read the network in ``path``; classes are numbered, as such a file has no names.

    Raises
    ------
    Refusal
        For a file without exactly the tensors of such a network, without ``normalisation``, or
        unless its user says that there is a ``sign_before_last``.
    """
    state = states.read(path, "VGG_SMALL_1W1A of IR-Net")
    scale = 1 if normalisation is None else normalisation.scale
    residual = BLOCK in state
    if residual and "fc.weight" in state:
        raise state.refuse("IR-Net's networks for ImageNet have a padded max-pool, for which there"
                           " is no layer; train those for CIFAR-10, or with --from torch one"
                           " without")
    if residual:
        state.program = "ResNet-20 or ResNet-18 of IR-Net"
    builder = ir_net_residual.builder(state, scale) if residual else _draft(state, scale)
    state.finish()
    if not residual and not sign_before_last:
        raise state.refuse(HARDTANH)
    return builder.checkpoint("ir-net", path, needed(normalisation, path))


def _draft(state: State, scale: int) -> Builder:
    builder, channels = Builder(shape=(3, 32, 32)), state.size("conv0.weight")
    # Real weights take the scale of the table, a power of two, without rounding.
    first = state.tensor("conv0.weight", channels, 3, 3, 3) / scale
    builder.conv("conv0", first, None, padding=[1, 1])
    builder.norm("bn0", state.norm("bn0", channels))
    builder.plain("sign", "sign0")
    for number in range(1, CONVS):
        weight = state.signs(f"conv{number}.weight", None, channels, 3, 3, rule=RULE)
        channels = state.size(f"conv{number}.weight")
        builder.conv(f"conv{number}", weight.weight, None, padding=[1, 1])
        if number in POOLED:
            builder.plain("max_pool", f"pool{number}", kernel=[2, 2], stride=[2, 2])
        norm = state.norm(f"bn{number}", channels)
        if len(norm.weight) == len(weight.scale):
            norm = norm.reading(weight.scale)
        builder.norm(f"bn{number}", norm)
        builder.plain("sign", f"sign{number}")
    builder.plain("flatten", "flatten")
    classes = state.size("fc.weight")
    builder.dense("fc", state.tensor("fc.weight", classes, channels and channels * PLACES),
                state.tensor("fc.bias", classes))
    return builder
