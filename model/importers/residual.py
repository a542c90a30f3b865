"""Residual network of another program, layer by layer, with the stream that its blocks add to and
clamp by Hardtanh."""

from dataclasses import dataclass, field

from torch import Tensor

from model.importers.builder import Builder
from model.importers.states import State


@dataclass(kw_only=True)
class Residual:
    """``stream`` is the layer that gives the stream as it is by now.

    A Hardtanh that only a sign reads is left out: it changes none. ``channels`` are those of every
    layer, None where the file does not tell; ``rule`` is that of its binary weights.
    """

    state: State
    builder: Builder
    rule: str = "sign"
    stream: str = ""
    channels: dict[str, int | None] = field(default_factory=dict)

    def branch(
        self, key: str, name: str, reads: str, *, norm: str, kernel: int = 3, stride: int = 1
    ) -> str:
        """A convolution of the signs of a layer by the weights ``key``, and a batch norm, if there
        is one; gives the name of its last layer."""
        found = self.state.signs(f"{key}.weight", None, self.channels[reads], kernel, kernel,
                                 rule=self.rule)
        self._conv(name, found.weight, self._sign(reads), stride)
        return self._norm(name, norm, found.scale) if norm else name

    def real(self, key: str, name: str, reads: str, *, norm: str, stride: int) -> str:
        """A 1x1 convolution of the numbers of a layer by real weights, and its batch norm."""
        weight = self.state.tensor(f"{key}.weight", None, self.channels[reads], 1, 1)
        self._conv(name, weight, reads, stride)
        return self._norm(name, norm, 1.0)

    def add(self, name: str, other: str) -> None:
        """The sum of the layer added last and an earlier one is the stream from now on."""
        self.builder.plain("add", name, **{"from": other})
        self.begin(name, self.channels[other])

    def clamp(self, name: str) -> None:
        """The stream is held between -1 and 1."""
        self.builder.plain("clamp", name, low=-1.0, high=1.0)
        self.builder.reads[name] = self.stream
        self.begin(name, self.channels[self.stream])

    def begin(self, name: str, channels: int | None) -> None:
        """The stream is the layer of that name."""
        self.stream, self.channels[name] = name, channels

    def subsample(self, name: str, reads: str, stride: int, channels: int | None) -> str:
        """Some rows and columns of a layer, between channels of zeros, as many on both sides."""
        more = (channels or 0) - (self.channels[reads] or 0)
        if more < 0 or more % 2:
            self.state.faults.append(f"a shortcut of {self.channels[reads]} channels to {channels}"
                                     " has not as many zeros on both sides")
            more = 0
        self.builder.plain("subsample", name, stride=[stride] * 2, before=more // 2,
                           after=more // 2)
        self.builder.reads[name] = reads
        self.channels[name] = channels
        return name

    def _sign(self, reads: str) -> str:
        """The signs of a layer, which several may read."""
        name = f"sign_{reads}"
        if name not in self.builder.reads:
            self.builder.plain("sign", name)
            self.builder.reads[name] = reads
        return name

    def _conv(self, name: str, weight: Tensor, reads: str, stride: int) -> None:
        self.builder.conv(name, weight, None, stride=[stride] * 2,
                          padding=[weight.shape[-1] // 2] * 2)
        self.builder.reads[name] = reads
        self.channels[name] = len(weight)

    def _norm(self, name: str, norm: str, scale: Tensor | float) -> str:
        """The batch norm ``norm`` of the file, of sums that lack a scale."""
        channels, made = self.channels[name], f"{name}_norm"
        found = self.state.norm(norm, channels)
        self.builder.norm(made, found.reading(scale) if len(found.weight) == channels else found)
        self.channels[made] = channels
        return made


def blocks(state: State, stage: str) -> int:
    """Number of blocks of a stage, such as ``layer1``, in a file."""
    numbers = [key.split(".")[1] for key in state.tensors if key.startswith(f"{stage}.")]
    return len({number for number in numbers if number.isdigit()})
