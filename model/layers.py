"""The binary layers: sign with a straight-through gradient, products, the input table, and the
integer layers of an exported network."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.records import Pad, Weights

Binariser = Callable[[Tensor], Tensor]
"""Function from latent weights to effective ones, or from pre-activations to activations."""


class _Sign(torch.autograd.Function):
    """sign(x) with sign(0) = +1; gradient of hardtanh, 1 where |x| < 1 and otherwise 0."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(x)
        return _binary(x)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        (x,) = ctx.saved_tensors
        return gradient * (x.abs() < 1)


class _Binarise(torch.autograd.Function):
    """sign(w) with sign(0) = +1; the gradient passes unchanged to the latent weight.

    It also passes at |w| = 1, where training clamps latents: otherwise they could never move again.
    """

    @staticmethod
    def forward(ctx, latent: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        return _binary(latent)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        return gradient


def _binary(x: Tensor) -> Tensor:
    return torch.where(x >= 0, 1.0, -1.0).to(x.dtype)


def sign(x: Tensor) -> Tensor:
    """Activation: +1 where x >= 0, otherwise -1; gradient 1 where |x| < 1 (BNN, 1602.02830)."""
    return _Sign.apply(x)


def binarise(latent: Tensor) -> Tensor:
    """Weight: +1 where the latent >= 0, otherwise -1; straight-through gradient."""
    return _Binarise.apply(latent)


class InputTable(nn.Module):
    """The input layer: replaces bytes (N, C, H, W) by integers of a table, as floats.

    Parameters
    ----------
    table : 256 integers for each channel.
    """

    table: Tensor
    channel: Tensor

    def __init__(self, table: tuple[tuple[int, ...], ...]) -> None:
        super().__init__()
        # Not saved: the arch has the table, and a copy among the weights could disagree with it.
        self.register_buffer("table", torch.tensor(table, dtype=torch.float32), persistent=False)
        self.register_buffer("channel", torch.arange(len(table)).view(1, -1, 1, 1), False)

    def forward(self, images: Tensor) -> Tensor:
        return self.table[self.channel, images.long()]


class BinaryProduct(nn.Module):
    """The base of convolutions and dense layers: latent, real or integer weights, explicit bias.

    ``weight`` has latents while training, and +-1 after loading a checkpoint. A training method may
    replace the sign by another ``binariser``. Integers are int8, and not trained. The bias is added
    to the complete sum, so that float32 rounds once, after an exact integer.
    """

    weight: Tensor

    def __init__(self, shape: tuple[int, ...], *, bias: bool, weights: Weights) -> None:
        super().__init__()
        self.weights = weights
        self.binariser: Binariser = binarise
        if weights == "integer":
            self.register_buffer("weight", torch.ones(shape, dtype=torch.int8))
        else:
            self.weight = nn.Parameter(torch.empty(shape))
            nn.init.xavier_uniform_(self.weight)
        self.bias = nn.Parameter(torch.zeros(shape[0])) if bias else None

    @property
    def binary(self) -> bool:
        return self.weights == "binary"

    @property
    def effective(self) -> Tensor:
        """The weights of the product: +-1, or as stored where they are real or integers."""
        return self.binariser(self.weight) if self.binary else self.weight

    def operands(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Input and weights; with integers in float64, which rounds none of their products."""
        if self.weights == "integer":
            return x.double(), self.weight.double()
        return x, self.effective

    @torch.no_grad()
    def clamp(self) -> None:
        """Clamp the latents to [-1, 1], where gradients can still change their sign."""
        if self.binary:
            self.weight.clamp_(-1, 1)

    def finish(self, total: Tensor, *, whole: bool) -> Tensor:
        """Add the bias to the sum; ``whole`` is True if the inputs were integers."""
        if whole and self.binary and self.binariser is binarise and not self.training:
            # An algorithm such as Winograd's may differ from the integer by a rounding error.
            total = total.round()
        elif self.weights == "integer":
            total = total.float()
        if self.bias is None:
            return total
        return total + self.bias.view(1, -1, *[1] * (total.dim() - 2))


class BinaryConv2d(BinaryProduct):
    """Convolution of a map, with weights +-1 or others; (N, C, H, W) to (N, out, OH, OW).

    Parameters
    ----------
    inputs, outputs : numbers of channels.
    pad : value of taps outside the map; "zero" leaves them out of the sum.
    whole : True if the input map has integers; sums are then rounded to integers.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: tuple[int, int], *,
        stride: tuple[int, int] = (1, 1), padding: tuple[int, int] = (0, 0), pad: Pad = "none",
        bias: bool = False, weights: Weights = "binary", whole: bool = True,
    ) -> None:
        super().__init__((outputs, inputs, *kernel), bias=bias, weights=weights)
        self.stride, self.padding, self.whole = stride, padding, whole
        self.pad_value = {"none": 0.0, "zero": 0.0, "-1": -1.0, "+1": 1.0}[pad]

    def forward(self, x: Tensor) -> Tensor:
        padding = self.padding
        if self.pad_value:
            high, wide = padding
            x = functional.pad(x, (wide, wide, high, high), value=self.pad_value)
            padding = (0, 0)
        x, weight = self.operands(x)
        total = functional.conv2d(x, weight, None, self.stride, padding)
        return self.finish(total, whole=self.whole)


class BinaryLinear(BinaryProduct):
    """Matrix-vector product, with weights +-1 or others; (N, inputs) to (N, outputs)."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool = False,
                 weights: Weights = "binary", whole: bool = True) -> None:
        super().__init__((outputs, inputs), bias=bias, weights=weights)
        self.whole = whole

    def forward(self, x: Tensor) -> Tensor:
        return self.finish(functional.linear(*self.operands(x)), whole=self.whole)


class Sign(nn.Module):
    """The sign as a layer; a training method may replace it by another ``binariser``."""

    def __init__(self) -> None:
        super().__init__()
        self.binariser: Binariser = sign

    def forward(self, x: Tensor) -> Tensor:
        return self.binariser(x)


class Threshold(nn.Module):
    """+1 where x >= the channel's threshold, otherwise -1; (N, C, ...) to the same shape.

    ``threshold`` (C,) is given, not trained; gradients pass as through a sign.
    """

    threshold: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("threshold", torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        # A rounded difference has the sign of the exact one, so this comparison is exact.
        return sign(x - self.threshold.view(1, -1, *[1] * (x.dim() - 2)))


class Affine(nn.Module):
    """``clamp(floor((x * multiplier + offset) / 2^shift))`` of integers; (N, C, ...) to the same.

    ``multiplier``, int32 (C,), and ``offset``, int64 (C,), are given, not trained. Results have at
    most ``bits`` bits in two's complement. All is integer arithmetic.
    """

    multiplier: Tensor
    offset: Tensor

    def __init__(self, channels: int, *, shift: int, bits: int) -> None:
        super().__init__()
        self.shift, self.bits = shift, bits
        self.register_buffer("multiplier", torch.ones(channels, dtype=torch.int32))
        self.register_buffer("offset", torch.zeros(channels, dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        channel = 1, -1, *[1] * (x.dim() - 2)
        exact = x.long() * self.multiplier.view(channel) + self.offset.view(channel)
        reach = 1 << self.bits - 1
        return (exact >> self.shift).clamp(-reach, reach - 1).float()


class Clamp(nn.Module):
    """Numbers from ``low`` to ``high``; (N, C, ...) to the same shape. Gradients are Hardtanh's."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.low, self.high = low, high

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp(self.low, self.high)


class Subsample(nn.Module):
    """Every so many rows and columns of a map, between channels of zeros; (N, C, H, W) to
    (N, before + C + after, ceil(H / rows), ceil(W / columns))."""

    def __init__(self, stride: tuple[int, int], before: int, after: int) -> None:
        super().__init__()
        self.stride, self.channels = stride, (before, after)

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = self.stride
        return functional.pad(x[:, :, ::rows, ::columns], (0, 0, 0, 0, *self.channels))


class Duplicate(nn.Module):
    """The repetition of every channel: (N, C, ...) to (N, count*C, ...), copies side by side."""

    def __init__(self, count: int = 2) -> None:
        super().__init__()
        self.count = count

    def forward(self, x: Tensor) -> Tensor:
        return x.repeat_interleave(self.count, 1)


class GlobalAveragePool(nn.Module):
    """Mean over the map: (N, C, H, W) to (N, C, 1, 1)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum((2, 3), keepdim=True) / (x.shape[2] * x.shape[3])


class GlobalSum(nn.Module):
    """Sum over the map: (N, C, H, W) to (N, C, 1, 1)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum((2, 3), keepdim=True)


class Add(nn.Module):
    """Sum of two maps of one shape."""

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        return x + other
