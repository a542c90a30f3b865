"""The layer records of an ``arch``: their fields, and their output shapes."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

TO_BITS = ("sign", "threshold")
"""Kinds of layers whose outputs are +1 and -1."""

Shape = tuple[int, ...]
"""Shape (channels, height, width) of a map, or (features,) after a flatten, without a batch."""

Extent = Annotated[int, Field(strict=True, ge=1, le=65536)]
Pad = Literal["none", "zero", "-1", "+1"]
Edge = Annotated[int, Field(strict=True, ge=0, le=65535)]
Weights = Literal["binary", "real", "integer"]
End = Annotated[float, Field(strict=True, ge=-(2**24), le=2**24, allow_inf_nan=False)]
Channels = Annotated[int, Field(strict=True, ge=0, le=65535)]
WeightBits = Annotated[int | None, Field(strict=True, ge=2, le=8)]


def _both(value: Any) -> Any:
    """A single number, as PyTorch accepts it too, as one for height and width each."""
    return (value, value) if type(value) is int else value


Pair = Annotated[tuple[Extent, Extent], BeforeValidator(_both)]
Padding = Annotated[tuple[Edge, Edge], BeforeValidator(_both)]


class Record(BaseModel):
    """The record of a layer: a kind, a unique name, and the layer that it reads.

    ``source``, called "from" in an arch, is the name of the earlier layer that is read; None is the
    layer before. ``out_shape`` raises ValueError, with what to change, for an input of another
    shape.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    reads: ClassVar[Literal["map", "vector", "any"]] = "any"

    name: Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
    source: Annotated[str | None, Field(strict=True, alias="from")] = None

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for an input of ``shape``; most layers keep it."""
        if self.reads == "map" and len(shape) != 3:
            raise ValueError(f"needs a (channels, height, width) map, gets {list(shape)}; move it"
                             " before the flatten")
        return shape


class Product(Record):
    """The base of convolutions and dense layers.

    Sums are exact integers when the inputs are integers and the weights are binary, +1 or -1, or
    "integer": of ``weight_bits`` bits in two's complement, which only these have.
    """

    bias: Annotated[bool, Field(strict=True)] = False
    weights: Weights = "binary"
    weight_bits: WeightBits = None

    @model_validator(mode="after")
    def _bits_go_with_integers(self) -> Self:
        if (self.weights == "integer") != (self.weight_bits is not None):
            raise ValueError(f"weights {self.weights!r} with weight_bits {self.weight_bits}; give"
                             " 2 to 8 with weights 'integer', and none with others")
        return self

    @property
    def largest_weight(self) -> int:
        """The largest absolute value of a weight that is no real number."""
        return 1 if self.weight_bits is None else 1 << self.weight_bits - 1


class Conv(Product):
    """Convolution of a map."""

    reads = "map"
    kind: Literal["conv"]
    out: Extent
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    pad: Pad = "none"

    @model_validator(mode="after")
    def _pad_goes_with_padding(self) -> "Conv":
        if (self.pad == "none") != (self.padding == (0, 0)):
            raise ValueError(
                f"pad {self.pad!r} with padding {list(self.padding)}; padding other than [0, 0]"
                " goes with a pad of 'zero', '-1' or '+1', and 'none' with [0, 0]")
        return self

    def out_shape(self, shape: Shape) -> Shape:
        _, height, width = super().out_shape(shape)
        padded = height + 2 * self.padding[0], width + 2 * self.padding[1]
        return self.out, *_positions(padded, self.kernel, self.stride)


class Dense(Product):
    """Matrix-vector product on a flattened map."""

    kind: Literal["dense"]
    out: Extent

    def out_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError(f"needs a vector, gets a map {list(shape)}; put a flatten before it")
        return (self.out,)


class MaxPool(Record):
    """Maximum of each window, per channel; rows and columns that fill no window are dropped."""

    reads = "map"
    kind: Literal["max_pool"]
    kernel: Pair
    stride: Pair

    @model_validator(mode="before")
    @classmethod
    def _stride_is_kernel(cls, record: Any) -> Any:
        if isinstance(record, dict) and "kernel" in record and "stride" not in record:
            return {**record, "stride": record["kernel"]}
        return record

    def out_shape(self, shape: Shape) -> Shape:
        channels, height, width = super().out_shape(shape)
        return channels, *_positions((height, width), self.kernel, self.stride)


class BatchNorm(Record):
    """Batch norm: ``weight * (x - running_mean) / sqrt(running_var + eps) + bias``.

    ``affine`` is False for one without weight and bias, which are then 1 and 0, otherwise None.
    """

    kind: Literal["batch_norm"]
    eps: Annotated[float, Field(strict=True, gt=0, le=1e38, allow_inf_nan=False)] = 1e-5
    affine: Annotated[Literal[False] | None, BeforeValidator(
        lambda given: None if given is True else given)] = None


class Affine(Record):
    """A batch norm in fixed point: ``floor((x * multiplier + offset) / 2^shift)``, of which values
    that ``bits`` bits of two's complement do not hold become the nearest that they do.

    It reads integers and gives integers.
    """

    kind: Literal["affine"]
    shift: Annotated[int, Field(strict=True, ge=0, le=40)]
    bits: Annotated[int, Field(strict=True, ge=2, le=24)]


class Clamp(Record):
    """Numbers from ``low`` to ``high``: others become the nearer of the two, as Hardtanh has it.

    Of integers, between integers, it gives integers.
    """

    kind: Literal["clamp"]
    low: End = -1.0
    high: End = 1.0

    @model_validator(mode="after")
    def _low_is_lower(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"clamps to at least {self.low} and at most {self.high}; give a lower"
                             " low, or a higher high")
        return self

    @property
    def whole(self) -> bool:
        """True if both ends are integers."""
        return self.low.is_integer() and self.high.is_integer()


class Subsample(Record):
    """Every so many rows and columns of a map, from the first, with ``before`` channels of zeros
    before its own and ``after`` behind: a residual network's shortcut of type A."""

    reads = "map"
    kind: Literal["subsample"]
    stride: Pair = (2, 2)
    before: Channels = 0
    after: Channels = 0

    def out_shape(self, shape: Shape) -> Shape:
        channels, height, width = super().out_shape(shape)
        rows, columns = self.stride
        return self.before + channels + self.after, -(-height // rows), -(-width // columns)


class Dropout(Record):
    """Dropout: sets a share ``p`` of the values to 0 while training; does nothing at evaluation."""

    kind: Literal["dropout"]
    p: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.5


class Sign(Record):
    """Activation: +1 where x >= 0, otherwise -1."""

    kind: Literal["sign"]


class Threshold(Record):
    """Activation of a folded batch norm: +1 where x >= the channel's threshold, otherwise -1."""

    kind: Literal["threshold"]


class Relu(Record):
    """Activation max(x, 0), which can be trained; there is no hardware for it."""

    kind: Literal["relu"]


class Flatten(Record):
    """Flattening of (C, H, W) to (C*H*W,), channel slowest, as ``torch.flatten`` does."""

    kind: Literal["flatten"]

    def out_shape(self, shape: Shape) -> Shape:
        size = 1
        for extent in shape:
            size *= extent
        return (size,)


class Duplicate(Record):
    """Repetition of every channel, for several thresholds on a sum: (C, ...) to (count*C, ...)."""

    kind: Literal["duplicate"]
    count: Annotated[int, Field(strict=True, ge=2, le=15)] = 2

    @model_serializer(mode="wrap")
    def _two_goes_without_saying(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Digests of networks from before there was a count must stay as they are.
        return {key: value for key, value in fields(self).items() if (key, value) != ("count", 2)}

    def out_shape(self, shape: Shape) -> Shape:
        return self.count * shape[0], *shape[1:]


class GlobalAveragePool(Record):
    """Mean over the map: (C, H, W) to (C, 1, 1)."""

    reads = "map"
    kind: Literal["global_average_pool"]

    def out_shape(self, shape: Shape) -> Shape:
        return super().out_shape(shape)[0], 1, 1


class GlobalSum(Record):
    """Sum over the map: (C, H, W) to (C, 1, 1). It reads integers and gives integers."""

    reads = "map"
    kind: Literal["global_sum"]

    def out_shape(self, shape: Shape) -> Shape:
        return super().out_shape(shape)[0], 1, 1


class Add(Record):
    """Sum of the layer before and the earlier layer ``from``: of two maps of integers, integers."""

    kind: Literal["add"]
    source: Annotated[str, Field(strict=True, alias="from")]


AnyRecord = Annotated[
    Conv | Dense | MaxPool | BatchNorm | Affine | Clamp | Subsample | Sign | Threshold | Relu
    | Dropout | Flatten | Duplicate | GlobalAveragePool | GlobalSum | Add,
    Field(discriminator="kind"),
]


def _positions(size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int]
               ) -> tuple[int, int]:
    if kernel[0] > size[0] or kernel[1] > size[1]:
        raise ValueError(f"kernel {list(kernel)} does not fit in the map of {list(size)}"
                         " (padding counted); make it smaller or pad more")
    return (size[0] - kernel[0]) // stride[0] + 1, (size[1] - kernel[1]) // stride[1] + 1
