"""The networks of BNN-DL and the energy of a frame that it prints for each (arXiv 1904.02823)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hw.network.nodes.operations import Operations


def binary_layer(*, size: int, outputs: int, positions: int) -> Operations:
    """One layer of a BNN: ``outputs`` channels at ``positions``, each a product of ``size`` inputs.

    The paper's counting, found by what reproduces its tables: every product is an XNOR and a count,
    padding taps and the first layer's real-valued input included, and every output of every
    convolution, the last one's too, is one comparison.
    """
    products = size * outputs * positions
    return Operations(xnor=products, count=products, compare=outputs * positions)


def vgg(width: int, groups: int = 3) -> Operations:
    """Operations of a frame of ``xC-xC-MP-2xC-2xC-MP-4xC-4xC-10C-GP``.

    At 32x32x3, with 3x3 kernels and padding 1.
    """
    total, channels = Operations(), 3
    for group in range(groups):
        side, outputs = 32 >> group, width << group
        for _ in range(2):
            total += binary_layer(size=9 * channels, outputs=outputs, positions=side * side)
            channels = outputs
    last = 32 >> 2
    return total + binary_layer(size=9 * channels, outputs=10, positions=last * last)


@dataclass(frozen=True, kw_only=True)
class Net:
    """A network of the paper's table 3: its number, its data, what `vgg` makes it of, and the
    microjoules of a frame as printed."""

    number: int
    data: str
    width: int
    groups: int = 3
    printed: str

    @cached_property
    def xnors(self) -> int:
        """Products of a frame."""
        return vgg(self.width, self.groups).xnor

    def __str__(self) -> str:
        return f"net {self.number} of its table 3 ({self.data}, x = {self.width})"


NETS: Sequence[Net] = (
    Net(number=1, data="CIFAR-10", width=128, groups=2, printed="0.30"),
    Net(number=2, data="CIFAR-10", width=128, printed="0.47"),
    Net(number=3, data="CIFAR-10", width=179, printed="0.93"),
    Net(number=4, data="CIFAR-10", width=256, printed="1.89"),
    Net(number=5, data="CIFAR-10", width=384, printed="4.23"),
    Net(number=6, data="SVHN", width=51, printed="0.08"),
    Net(number=7, data="SVHN", width=64, printed="0.12"),
    Net(number=8, data="SVHN", width=96, printed="0.27"),
    Net(number=9, data="SVHN", width=128, printed="0.47"),
)


def nearest(xnors: int) -> Net:
    """The network whose products of a frame are nearest in number; the same number is, but for
    the data, the same network."""
    return min(NETS, key=lambda net: max(net.xnors, xnors) / max(min(net.xnors, xnors), 1))
