"""The residual network of BinaryNet.pytorch for CIFAR-10, ``resnet_binary``.

A block adds the sums of its second convolution, as they are, to the stream, and clamps them behind
a batch norm. The last one does neither: the signs of an average, behind a batch norm, are what the
binary dense layer reads.
"""

from model.importers.builder import Builder
from model.importers.normalisation import Normalisation
from model.importers.residual import Residual, blocks
from model.importers.states import State

STAGES = ("layer1", "layer2", "layer3")


def builder(state: State, normalisation: Normalisation | None) -> Builder:
    """The network of a file's tensors; what is missing or wrong goes to the faults of ``state``."""
    scale = 1 if normalisation is None else normalisation.scale
    made = Builder(shape=(3, 32, 32))
    first = state.signs("conv1.weight", None, 3, 3, 3)
    channels = state.size("conv1.weight")
    made.conv("conv1", first.weight, None, padding=[1, 1])
    made.norm("bn1", state.norm("bn1", channels).reading(1 / scale))
    net = Residual(state=state, builder=made)
    net.begin("bn1", channels)
    net.clamp("clamp1")
    count = {stage: blocks(state, stage) for stage in STAGES}
    for stage in STAGES:
        for number in range(count[stage]):
            last = stage == STAGES[-1] and number == count[stage] - 1
            _block(net, f"{stage}.{number}", stride=2 if stage != STAGES[0] and not number else 1,
                   last=last)
    channels = net.channels[net.stream]
    made.plain("global_average_pool", "average")
    made.norm("bn2", state.norm("bn2", channels))
    made.plain("sign", "sign_bn2")
    made.plain("flatten", "flatten")
    dense = state.signs("fc.weight", None, channels)
    classes = state.size("fc.weight")
    made.dense("fc", dense.weight, state.tensor("fc.bias", classes))
    made.norm("bn3", state.norm("bn3", classes))
    return made


def _block(net: Residual, key: str, *, stride: int, last: bool) -> None:
    name, entered = key.replace(".", "_"), net.stream
    hidden = net.branch(f"{key}.conv1", f"{name}_conv1", entered, norm=f"{key}.bn1", stride=stride)
    shortcut = entered
    if f"{key}.downsample.0.weight" in net.state:
        shortcut = net.branch(f"{key}.downsample.0", f"{name}_short", entered, kernel=1,
                              norm=f"{key}.downsample.1", stride=stride)
    net.branch(f"{key}.conv2", f"{name}_conv2", hidden, norm="")
    net.add(f"{name}_add", shortcut)
    norm = net.state.norm(f"{key}.bn2", net.channels[net.stream])
    if last:
        return  # That program has a batch norm there, and does not use it.
    net.builder.norm(f"{name}_norm", norm)
    net.begin(f"{name}_norm", net.channels[net.stream])
    net.clamp(f"{name}_clamp")
