"""Quantisers of QONNX: from real numbers to whole numbers of a step, and weights of such numbers.

``Quant`` gives ``(round(clamp(x / scale + zero)) - zero) * scale``; ``BipolarQuant``, and a signed
Quant of one bit, gives ``scale`` where x >= 0, otherwise ``-scale`` (QONNX's operator reference).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from model.faults import shown
from model.importers.qonnx.graph import Node
from model.refusal import Refusal

BITS = 24
"""Most bits of a Quant."""

ROUNDINGS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "ROUND": np.rint, "HALF_EVEN": np.rint, "FLOOR": np.floor, "CEIL": np.ceil,
    "DOWN": np.trunc, "ROUND_TO_ZERO": np.trunc,
    "UP": lambda x: np.sign(x) * np.ceil(np.abs(x)),
    "HALF_UP": lambda x: np.sign(x) * np.floor(np.abs(x) + 0.5),
    "HALF_DOWN": lambda x: np.sign(x) * np.ceil(np.abs(x) - 0.5)}


@dataclass(frozen=True, kw_only=True)
class Quantiser:
    """A quantiser; ``scale`` is a positive array, ``low`` and ``high`` are whole numbers.

    ``rounding`` is None for one of two levels, -1 and +1.
    """

    scale: np.ndarray
    zero: float = 0.0
    low: int = -1
    high: int = 1
    rounding: str | None = None

    @property
    def bipolar(self) -> bool:
        return self.rounding is None

    def levels(self, x: np.ndarray, scale: np.ndarray | None = None) -> np.ndarray:
        """The whole numbers that x becomes, less the zero point; in the type of x."""
        step = (self.scale if scale is None else scale).astype(x.dtype)
        zero = x.dtype.type(self.zero)
        if self.bipolar:
            return np.where(x / step + zero >= 0, x.dtype.type(1), x.dtype.type(-1))
        clamped = np.clip(x / step + zero, x.dtype.type(self.low), x.dtype.type(self.high))
        return ROUNDINGS[self.rounding or "ROUND"](clamped) - zero

    def values(self, x: np.ndarray) -> np.ndarray:
        """What x becomes, float32."""
        real = x.astype(np.float32)
        return (self.levels(real) * self.scale.astype(np.float32)).astype(np.float32)


def quantiser(node: Node, given: list[np.ndarray | None]) -> Quantiser:
    """The quantiser of a node with the parameters ``given``, its inputs but for the first.

    Raises
    ------
    Refusal
        For parameters that are unknown or unusable, with what to change.
    """
    parameters = [None if one is None else np.asarray(one, np.float64) for one in given]
    if len(parameters) < (1 if node.kind == "BipolarQuant" else 3) or any(
            one is None or not one.size for one in parameters):
        raise Refusal("a parameter of the quantiser is missing; export it with constants")
    scale, *others = (one for one in parameters if one is not None)
    if not np.isfinite(scale).all() or (scale <= 0).any():
        raise Refusal("a scale that is not above 0; train with a positive one")
    if node.kind == "BipolarQuant":
        return Quantiser(scale=scale)
    if any(one.size != 1 or one.item() != np.rint(one.item()) for one in others[:2]):
        raise Refusal("zero point and bit width have to be one whole number each")
    zero, bits = (int(one.item()) for one in others[:2])
    signed, narrow = (int(node.attributes.get(key, default))
                      for key, default in (("signed", 1), ("narrow", 0)))
    if not 1 <= bits <= BITS:
        raise Refusal(f"{bits} bits; 1 to {BITS} are understood")
    if bits == 1 and signed:
        return Quantiser(scale=scale, zero=zero)
    rounding = str(node.attributes.get("rounding_mode", "ROUND")).upper()
    if rounding not in ROUNDINGS:
        raise Refusal(f"rounding_mode {shown(rounding, 40)!r} is not understood; understood are"
                      f" {', '.join(ROUNDINGS)}")
    low = -(1 << (bits - 1)) + bool(narrow) if signed else 0
    high = (1 << (bits - bool(signed))) - 1 - bool(narrow and not signed)
    return Quantiser(scale=scale, zero=zero, low=low, high=high, rounding=rounding)


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Weights of a product: whole numbers int8 (out, ...), and a step float64 for each output."""

    whole: np.ndarray
    step: np.ndarray

    @property
    def binary(self) -> bool:
        return bool((np.abs(self.whole) == 1).all())

    @property
    def bits(self) -> int:
        """Bits of two's complement that hold them, 2 at least."""
        low, high = int(self.whole.min(initial=0)), int(self.whole.max(initial=0))
        return max(2, 1 + max((-low - 1 if low < 0 else 0).bit_length(), high.bit_length()))


def weights(values: np.ndarray, step: np.ndarray | None) -> Weights:
    """Split weights (out, ...) into whole numbers and steps, with the least numbers there are.

    Parameters
    ----------
    step : what a quantiser gave, of the shape of ``values``; None if there was none.

    Raises
    ------
    Refusal
        For weights that are no whole numbers of one step for each output.
    """
    rows = values.reshape(len(values), -1).astype(np.float32, copy=False)
    if not np.isfinite(rows).all():
        raise Refusal("weights are not finite; train the network again")
    sizes = np.abs(rows)
    largest = sizes.max(axis=1, initial=0)
    if step is not None:
        first = step[(slice(None), *(slice(1) for _ in step.shape[1:]))]
        steps = first.reshape(-1).astype(np.float64)
        spread = any(stride and extent > 1 for stride, extent in zip(
            step.strides[1:], step.shape[1:], strict=True))
        if spread and (step != first).any():
            raise Refusal("the scale of its weights differs between inputs of one output; use one"
                          " for each output, or for all")
        if not (np.isfinite(steps) & (steps > 0)).all():
            raise Refusal("the scale of its weights is not above 0; train with a positive one")
    elif (sizes == largest[:, None]).all() and (largest > 0).all():
        steps = largest.astype(np.float64)
    elif (rows == np.rint(rows)).all():
        steps = np.ones(len(rows))
    else:
        raise Refusal("weights are no whole numbers of a step, so none of them are +1 and -1; put a"
                      " BipolarQuant or Quant on them")
    with np.errstate(all="ignore"):
        whole = np.rint(rows / steps.astype(np.float32)[:, None])
    if not np.isfinite(whole).all():
        raise Refusal("weights whose scale is too small or too large for float32; train with"
                      " another")
    factor = np.gcd.reduce(np.minimum(np.abs(whole), 2**30).astype(np.int64), axis=1)
    factor = np.where(factor > 0, factor, 1)
    whole /= factor.astype(np.float32)[:, None]
    if (np.abs(whole) > 127).any():
        raise Refusal(f"weights of up to {int(np.abs(whole).max())} steps; at most 8 bits are"
                      " understood")
    return Weights(whole=whole.reshape(values.shape).astype(np.int8), step=steps * factor)
