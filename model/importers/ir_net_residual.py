"""The residual networks of IR-Net for CIFAR-10: ResNet-20 and ResNet-18.

Both clamp their stream by Hardtanh. A block of ResNet-20 adds to it behind each convolution, and
its shortcuts have no weights: every second row and column, between channels of zeros. A block of
ResNet-18 adds to it once, and its shortcuts have a real 1x1 convolution of the stream's numbers.
The first and the last layer are real; the batch norm before the last one goes into its weights.
"""

from model.importers.builder import Builder
from model.importers.residual import Residual, blocks
from model.importers.states import State

RULE = "ir-net"


def builder(state: State, scale: int) -> Builder:
    """The network of a file's tensors; what is missing or wrong goes to the faults of ``state``.
    ``scale`` is that of the table, a power of two, which real weights take without rounding."""
    made, channels = Builder(shape=(3, 32, 32)), state.size("conv1.weight")
    made.conv("conv1", state.tensor("conv1.weight", channels, 3, 3, 3) / scale, None,
              padding=[1, 1])
    made.norm("bn1", state.norm("bn1", channels))
    net = Residual(state=state, builder=made, rule=RULE)
    net.begin("bn1", channels)
    stages, twice = ["layer1", "layer2", "layer3"], "layer4.0.conv1.weight" not in state
    if twice:
        net.clamp("clamp1")
    for stage in stages if twice else [*stages, "layer4"]:
        for number in range(blocks(state, stage)):
            stride = 1 if number or stage == "layer1" else 2
            (_twice if twice else _once)(net, f"{stage}.{number}", stride)
    channels, classes = net.channels[net.stream], state.size("linear.weight")
    made.plain("global_average_pool", "average")
    made.plain("flatten", "flatten")
    weight = state.tensor("linear.weight", classes, channels).double()
    bias, norm = state.tensor("linear.bias", classes).double(), state.norm("bn2", channels)
    if weight.shape[1] == len(norm.slope):
        weight, bias = weight * norm.slope, bias + weight @ norm.constant
    made.dense("linear", weight, bias)
    return made


def _twice(net: Residual, key: str, stride: int) -> None:
    """A block of ResNet-20."""
    name, entered = key.replace(".", "_"), net.stream
    first = net.branch(f"{key}.conv1", f"{name}_conv1", entered, norm=f"{key}.bn1", stride=stride)
    shortcut = entered
    if stride != 1 or net.channels[first] != net.channels[entered]:
        shortcut = first
        net.subsample(f"{name}_short", entered, stride, net.channels[first])
    net.add(f"{name}_add1", shortcut)
    net.clamp(f"{name}_clamp1")
    entered = net.stream
    net.branch(f"{key}.conv2", f"{name}_conv2", entered, norm=f"{key}.bn2")
    net.add(f"{name}_add2", entered)
    net.clamp(f"{name}_clamp2")


def _once(net: Residual, key: str, stride: int) -> None:
    """A block of ResNet-18."""
    name, entered = key.replace(".", "_"), net.stream
    hidden = net.branch(f"{key}.conv1", f"{name}_conv1", entered, norm=f"{key}.bn1", stride=stride)
    branch = net.branch(f"{key}.conv2", f"{name}_conv2", hidden, norm=f"{key}.bn2")
    if f"{key}.shortcut.0.weight" in net.state:
        net.real(f"{key}.shortcut.0", f"{name}_short", entered, norm=f"{key}.shortcut.1",
                 stride=stride)
        entered = branch
    net.add(f"{name}_add", entered)
    net.clamp(f"{name}_clamp")
