"""The typed layers of an integer network: what fold makes and every later room reads."""

from dataclasses import dataclass

import numpy as np

from hw.network.geometry import Geometry

BITS = range(-1, 2, 2)
"""The two values of a binary map; bit 1 is +1, bit 0 is -1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Product:
    """``acc[m] = sum over taps and channels of weights[m] * input``, an exact integer.

    Parameters
    ----------
    name : str
        The convolution or dense layer of the checkpoint this came from.
    geometry : Geometry
        A dense layer is a kernel that covers its whole map.
    weights : int8 array (MH, kh, kw, channels)
        +1 or -1. Channels whose batch norm had a negative gamma are already negated.
    inputs : range
        Every value an input element may take: `BITS`, or the span of the input table.
    """

    name: str
    geometry: Geometry
    weights: np.ndarray
    inputs: range

    @property
    def outputs(self) -> int:
        """MH, the number of output channels."""
        return int(self.weights.shape[0])

    @property
    def binary(self) -> bool:
        return self.inputs == BITS

    @property
    def bound(self) -> int:
        """The accumulator never leaves [-bound, bound]."""
        return self.geometry.size * max(abs(self.inputs[0]), abs(self.inputs[-1]))

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one frame, padding taps included."""
        return self.geometry.positions * self.geometry.size * self.outputs


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool:
    """Max-pool on bits: OR over the window, or AND where folding negated the channel.

    ``any_of`` is bool (channels,): True for OR. The geometry has no padding.
    """

    geometry: Geometry
    any_of: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """A hidden layer: product, thresholds, optional pool. Output is a map of bits.

    ``thresholds`` is int32 (channels,); the bit is ``acc >= threshold``. Channels are MH, or 2 MH
    where each accumulator has two thresholds: then row m gives the channels 2m and 2m + 1. A
    threshold of ``-bound`` is a channel that is always 1 and ``bound + 1`` one that is always 0.
    """

    product: Product
    thresholds: np.ndarray
    pool: Pool | None = None

    @property
    def name(self) -> str:
        return self.product.name

    @property
    def channels(self) -> int:
        """Bits of an output pixel."""
        return len(self.thresholds)

    @property
    def copies(self) -> int:
        """Thresholds of an accumulator: 1 or 2."""
        return self.channels // self.product.outputs

    @property
    def out_geometry(self) -> Geometry:
        return self.pool.geometry if self.pool else self.product.geometry

    @property
    def out_shape(self) -> tuple[int, int, int]:
        last = self.out_geometry
        return self.channels, last.out_height, last.out_width


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """The last layer: ``score[c] = multipliers[c] * (sum of acc[c] over positions) + offsets[c]``.

    Arrays are int64 (classes,). Without a batch norm they are 1 and 0.
    The argmax is PyTorch's. A float score of PyTorch is about ``score * scale``, unless slopes far
    apart left the scores only their order (`hw.network.scores`).
    """

    product: Product
    multipliers: np.ndarray
    offsets: np.ndarray
    scale: float

    @property
    def name(self) -> str:
        return self.product.name

    @property
    def copies(self) -> int:
        """Scores of an accumulator."""
        return 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """A folded network: integers from the input bytes to the scores.

    Parameters
    ----------
    input_shape : (channels, height, width) of an image of unsigned bytes.
    table : int16 array (channels, 256), the byte-to-integer input table.
    layers : hidden layers in order.
    head : the last layer.
    classes : a name per score.
    notes : what fold found worth telling (thresholds moved to float32, constant channels, ...).
    """

    input_shape: tuple[int, int, int]
    table: np.ndarray
    layers: tuple[Layer, ...]
    head: Head
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def products(self) -> tuple[Product, ...]:
        return (*(layer.product for layer in self.layers), self.head.product)
