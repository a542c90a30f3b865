"""Parameters: the arrays of a checkpoint, by layer, refused where no hardware can use them."""

from collections.abc import Mapping

import numpy as np

from hw.network.geometry import Geometry
from hw.network.reading.pieces import Record
from hw.network.thresholds import Decision
from model.refusal import Refusal


class Parameters:
    """Arrays of a state_dict, by ``<layer>.<tensor>``."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._arrays = arrays

    def floats(self, layer: str, tensor: str) -> np.ndarray:
        """float32. Raises `Refusal` for values that are not finite."""
        return self._finite(layer, tensor).astype(np.float32)

    def whole(self, layer: str, tensor: str) -> np.ndarray:
        """int64, of a tensor of integers."""
        return self._finite(layer, tensor).astype(np.int64)

    def _finite(self, layer: str, tensor: str) -> np.ndarray:
        values = self._arrays[f"{layer}.{tensor}"]
        bad = int((~np.isfinite(values)).sum())
        if bad:
            raise Refusal(f"layer {layer!r}: {bad} of {values.size} values of its {tensor} are not "
                          "finite; train the network again")
        return values

    def binary(self, record: Record, geometry: Geometry) -> np.ndarray:
        """int8 (MH, kh, kw, C) of +-1; latents become their signs, with sign(0) = +1."""
        stored = self._finite(record["name"], "weight")
        zeros = int((stored == 0).sum())
        if zeros and np.isin(stored, (-1, 0, 1)).all():
            raise Refusal(f"layer {record['name']!r}: {zeros} of {stored.size} binary weights are "
                          "0, neither +1 nor -1; binarise them with sign(0) = +1 and train on, or "
                          "store the layer with weights 'integer' of 2 bits")
        return np.ascontiguousarray(np.where(_shaped(stored, geometry) >= 0, 1, -1), np.int8)

    def integers(self, record: Record, geometry: Geometry) -> np.ndarray:
        """int64 (MH, kh, kw, C) of ``weight_bits`` bits."""
        return _shaped(self.whole(record["name"], "weight"), geometry)

    def decision(
        self, norm: Record | None, threshold: Record | None, channels: int, copies: int,
        product: Record | None,
    ) -> Decision:
        """What stands behind integers of so many channels, each with so many copies; ``product``
        is the layer whose bias they still lack."""
        count = copies * channels
        zeros, ones = np.zeros(count, np.float32), np.ones(count, np.float32)
        bias = zeros
        if product is not None and product.get("bias"):
            bias = self.floats(product["name"], "bias").repeat(copies)
        if norm is None:
            steps = zeros if threshold is None else self.floats(threshold["name"], "threshold")
            return Decision(gamma=ones, beta=zeros, mean=steps, variance=ones, eps=0.0, bias=bias)
        name = norm["name"]
        decision = Decision(
            gamma=self.floats(name, "weight"), beta=self.floats(name, "bias"),
            mean=self.floats(name, "running_mean"), variance=self.floats(name, "running_var"),
            eps=float(norm["eps"]), bias=bias)
        _check(name, decision)
        return decision


def _shaped(stored: np.ndarray, geometry: Geometry) -> np.ndarray:
    """(MH, kh, kw, C); a dense layer's inputs are a map that PyTorch flattened channel by channel.
    """
    shaped = stored.reshape(len(stored), geometry.channels, *geometry.kernel)
    return np.ascontiguousarray(shaped.transpose(0, 2, 3, 1))


def _check(name: str, decision: Decision) -> None:
    """Refuse what float32 cannot normalise with; otherwise a NaN would quietly be a 0."""
    if (decision.variance < 0).any():
        worst = int(decision.variance.argmin())
        raise Refusal(f"layer {name!r}: running_var[{worst}] is {decision.variance[worst]}, a "
                      "negative variance; train the network again")
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        spread = np.sqrt(decision.variance + np.float32(decision.eps))
        slopes = decision.gamma / spread
        constants = decision.beta - decision.mean * slopes
    if not (np.isfinite(slopes).all() and np.isfinite(constants).all()):
        worst = int((~(np.isfinite(slopes) & np.isfinite(constants))).argmax())
        raise Refusal(f"layer {name!r}: channel {worst} overflows float32 (gamma "
                      f"{decision.gamma[worst]}, variance {decision.variance[worst]}); train "
                      "the network again with a larger eps")
