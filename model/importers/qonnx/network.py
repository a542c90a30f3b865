"""The records and tensors of a checkpoint that an importer of ONNX files builds, layer by layer."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from model.arch import CHANNELS, LAYERS, MAP, WEIGHTS
from model.importers.normalisation import Normalisation
from model.importers.qonnx.quantisers import Quantiser, Weights
from model.importers.qonnx.thresholds import COPIES, thresholds
from model.importers.qonnx.values import Value
from model.integers import EXACT
from model.refusal import Refusal

TINY = 1e-12
"""An eps so small that 1 + eps is 1 in float32."""


@dataclass(kw_only=True)
class Network:
    """The network so far. Every method that makes a layer gives the value of its output.

    ``image`` is the value of the input that the first product read.
    """

    normalisation: Normalisation | None
    records: list[dict[str, Any]] = field(default_factory=list)
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    image: Value | None = None
    products: int = 0
    weights: int = 0
    flat: dict[str | None, str] = field(default_factory=dict)

    def conv(self, value: Value, weights: Weights, window: dict[str, Any]) -> Value:
        """A convolution with weights (out, C, kh, kw); ``window`` has its kernel, stride and
        padding."""
        value = self._read(value)
        shape = _positions(value.map, window)
        expanded = weights.whole.repeat(value.copies, axis=1)
        return self._product("conv", value, replace(weights, whole=expanded), (len(
            weights.whole), *shape), window)

    def dense(self, value: Value, weights: Weights) -> Value:
        """A dense layer with weights (out, n) of the entries of a tensor (1, n)."""
        if value.averaged:
            # The mean of a map goes through a dense layer as the map goes through a convolution.
            whole = weights.whole[:, :, None, None]
            window = {"kernel": [1, 1]}
            return self.conv(value, replace(weights, whole=whole), window)
        value = self._read(value)
        whole = weights.whole
        if value.order is not None:
            whole = np.empty_like(whole)
            whole[:, value.order.reshape(-1)] = weights.whole
        if value.copies > 1:
            whole = whole.reshape(len(whole), value.channels, -1).repeat(value.copies, axis=1)
        source = value.source
        if len(value.map) == 3:
            if source not in self.flat:
                self.flat[source] = self._record("flatten", self._name("flatten"), source)
            source = self.flat[source]
        value = replace(value, source=source)
        return self._product("dense", value, replace(weights, whole=whole.reshape(len(whole), -1)),
                             (len(whole),), {})

    def _product(self, kind: str, value: Value, weights: Weights, out: tuple[int, ...],
                 window: dict[str, Any]) -> Value:
        self.products += 1
        self.weights += weights.whole.size
        if self.weights > WEIGHTS or math.prod(out) > MAP:
            raise Refusal(f"makes {self.weights:,} weights in all, and a map of"
                          f" {' x '.join(map(str, out))}; at most {WEIGHTS:,} weights and"
                          f" {MAP:,} values are read")
        slope = value.uniform()
        if slope is None:
            raise Refusal("what it reads has another scale in every channel; quantise it with one"
                          " scale for all channels")
        whole = weights.whole.astype(np.float64)
        bound = value.bound * int(np.abs(whole).reshape(len(whole), -1).sum(axis=1).max(initial=0))
        if bound >= EXACT:
            raise Refusal(f"its sums reach {bound:,}, and float32 is exact below 2^24 only; use"
                          " fewer inputs, or fewer bits")
        level = self._levels(value, whole) * weights.step
        form = {} if weights.binary else {"weights": "integer", "weight_bits": weights.bits}
        name = self._record(kind, self._name(f"{kind}{self.products}"), value.source,
                            out=len(whole), **window, **form)
        self.tensors[f"{name}.weight"] = torch.from_numpy(np.ascontiguousarray(weights.whole))
        per = (1, -1, *[1] * (len(out) - 1))
        shape = (1, out[0]) if value.averaged and len(value.shape) == 2 else (
            1, out[0], 1, 1) if value.averaged else (1, *out)
        per = (1, -1, *[1] * (len(shape) - 2))
        return Value(source=name, kind="sums", map=out, shape=shape, bound=bound,
                     slope=(slope * weights.step).reshape(per), level=level.reshape(per),
                     averaged=value.averaged)

    def _levels(self, value: Value, whole: np.ndarray) -> np.ndarray:
        """What the levels of the values add to each output's sum, in steps of its weights."""
        if (value.level == 0).all():
            return np.zeros(len(whole))
        levels = value.by_channel(value.level).repeat(value.copies) / value.copies
        return whole.reshape(len(whole), len(levels), -1).sum(axis=2) @ levels

    def _read(self, value: Value) -> Value:
        """The value as a product reads it: bits, or the whole numbers of an input table."""
        if value.kind in ("sums", "real"):
            raise Refusal("reads numbers that are not quantised; put a BipolarQuant or Quant before"
                          " it")
        if value.kind == "bits":
            return value
        table = value.table
        assert table is not None
        if value.channels > CHANNELS:
            raise Refusal(f"reads images of {value.channels:,} channels; at most {CHANNELS:,} are"
                          " read, so export the network with [1, channels, height, width]")
        if not (table == np.rint(table)).all():
            if self.normalisation is None:
                raise Refusal(f"reads fractions, such as {table.flat[1]} for byte 1; put a"
                              " quantiser before it, or give --mean and --std (0 and 1 for images"
                              " that are p / 255) to round them")
            scale = self.normalisation.scale
            table = np.rint(table.astype(np.float64) * scale)
            value = replace(value, slope=value.slope / scale)
        if not (np.abs(table) < 1 << 15).all():
            raise Refusal("reads an image of numbers beyond 32767, or not finite; quantise it with"
                          " fewer bits, or give a smaller --scale-bits")
        value = replace(value, table=table, bound=int(np.abs(table).max()))
        if self.image is not None:
            raise Refusal("reads the image beside another layer; only the first one may, so"
                          " quantise it there")
        self.image = value
        return value

    def normalised(self, value: Value) -> str | None:
        """Name of a record that gives exactly the values: a batch norm, unless they are x."""
        if value.copies > 1:
            raise Refusal("reads an activation of several levels as a number; only a Conv, MatMul"
                          " or Gemm may")
        if value.untouched:
            return value.source
        if value.norm is not None:
            norm = value.norm
            return self._batch_norm(value.source, norm.eps, norm.gamma, norm.beta, norm.mean,
                                    norm.variance)
        zeros = np.zeros(value.channels)
        slope, level = (value.by_channel(part) for part in (value.slope, value.level))
        return self._batch_norm(value.source, TINY, slope, level, zeros, zeros + 1)

    def real(self, value: Value) -> Value:
        """The values themselves, which a later layer adds up with others."""
        source = self.normalised(value)
        return Value(source=source, kind="real", map=value.map, shape=value.shape)

    def bits(self, value: Value, quantiser: Quantiser) -> Value:
        """The values behind a quantiser, as bits of +1 and -1 whose sum is the level.

        A pool that was to follow is made here.
        """
        if value.averaged:
            raise Refusal("quantises an average; only the scores may be one")
        scale = value.by_channel(_of(quantiser.scale, value))
        if quantiser.bipolar:
            zero = quantiser.zero * scale
            if (value.low + zero >= 0).any() or (value.high + zero < 0).any():
                raise Refusal("quantises to two levels what never changes its sign; leave out the"
                              " Relu or Clip before it")
            if quantiser.zero:
                value = value.changed(plus=quantiser.zero * _of(quantiser.scale, value))
            plain = (value.level == 0).all() and (value.slope > 0).all()
            source = value.source if plain else self.normalised(value)
            copies, slope, level = 1, scale, 0 * scale
        else:
            source, copies, middle = self._levelled(value, quantiser, scale)
            slope, level = scale / 2, scale * middle
        name = self._record("sign", self._name(f"sign{self.products}"), source)
        made = Value(source=name, kind="bits", map=value.map, shape=(1, *value.map), copies=copies,
                     bound=copies, slope=_spread(slope, value.map), level=_spread(level, value.map))
        if value.pool is not None:
            return self.max_pool(made, *value.pool)
        if value.order is not None and made.slope.size > 1:
            raise Refusal("has a scale for each channel of a transposed tensor; use one for all")
        return replace(made.reshaped(value.shape), order=value.order)

    def _levelled(self, value: Value, quantiser: Quantiser, scale: np.ndarray
                  ) -> tuple[str | None, int, float]:
        """Record that gives a number >= 0 for each step that x takes, how many steps there are,
        and the middle of the levels."""
        if value.kind != "sums":
            raise Refusal("quantises real numbers to more than two levels; quantise each branch"
                          " before they are added, or to two levels")
        found = thresholds(value, quantiser, scale)
        source = value.source
        if found.count > 1:
            if found.count > COPIES:
                raise Refusal(f"an activation of {found.count + 1} levels; at most {COPIES + 1}"
                              " are understood, so use fewer bits")
            form = {} if found.count == 2 else {"count": found.count}
            source = self._record("duplicate", self._name(f"duplicate{self.products}"), source,
                                  **form)
        zeros = np.zeros(found.means.size)
        return self._batch_norm(source, TINY, found.signs.repeat(found.count), zeros,
                                found.means.reshape(-1), zeros + 1), found.count, found.middle

    def max_pool(self, value: Value, kernel: tuple[int, int], stride: tuple[int, int]) -> Value:
        """The largest of each window, where a larger x is a larger value."""
        out = value.map[0], *_positions(value.map, {"kernel": kernel, "stride": stride})
        name = self._record("max_pool", self._name(f"max_pool{self.products}"), value.source,
                            kernel=list(kernel), stride=list(stride))
        return replace(value, source=name, map=out, shape=(1, *out))

    def deferred_pool(self, value: Value, kernel: tuple[int, int], stride: tuple[int, int]
                      ) -> Value:
        """A pool that is made behind the quantiser, which never turns around what is larger."""
        out = _positions(value.map, {"kernel": kernel, "stride": stride})
        return replace(value, pool=(kernel, stride), shape=(1, value.channels, *out))

    def add(self, one: Value, other: Value) -> Value:
        """The sum of two values: of their integers where both have one scale, else of real ones."""
        slope = one.uniform()
        if one.map != other.map or not (one.plain and other.plain):
            raise Refusal(f"adds {list(one.shape)} and {list(other.shape)}; only maps of one shape,"
                          " neither pooled nor transposed after it, can be added")
        integer = slope is not None and slope == other.uniform() and not (
            {one.kind, other.kind} - {"bits", "sums"}) and one.copies == other.copies == 1
        if not integer:
            one, other = self.real(one), self.real(other)
        last = self.records[-1]["name"]
        if last not in (one.source, other.source):
            raise Refusal("adds two tensors of earlier layers; put it directly behind one of them")
        first, second = (other, one) if last == other.source else (one, other)
        name = self._record("add", self._name(f"add{self.products}"), None, **{
            "from": second.source})
        return replace(first, source=name, kind="sums" if integer else "real", norm=None,
                       level=one.level + other.level, bound=one.bound + other.bound)

    def scores(self, value: Value) -> None:
        """End with these values, one for each class."""
        if value.kind not in ("sums", "real") or value.pool or value.order is not None:
            raise Refusal("are not the sums of a layer; end with a Conv, MatMul or Gemm")
        if math.prod(value.shape) != value.channels:
            raise Refusal(f"have the shape {list(value.shape)}; end with one for each class, as a"
                          " GlobalAveragePool or MatMul gives")
        if not (np.isfinite(value.slope).all() and np.isfinite(value.level).all()):
            raise Refusal("are not finite; train the network again")
        source = self.normalised(value)
        if value.averaged:
            source = self._record("global_average_pool", self._name("average"), source)
        if not self.records or source != self.records[-1]["name"]:
            raise Refusal("are not those of the last layer; leave out the layers behind them")

    def _batch_norm(self, source: str | None, eps: float, *parameters: np.ndarray) -> str:
        name = self._record("batch_norm", self._name(f"batch_norm{self.products}"), source, eps=eps)
        for key, values in zip(("weight", "bias", "running_mean", "running_var"), parameters,
                               strict=True):
            self.tensors[f"{name}.{key}"] = torch.from_numpy(values.astype(np.float32))
        self.tensors[f"{name}.num_batches_tracked"] = torch.tensor(0)
        return name

    def _record(self, kind: str, name: str, source: str | None, **fields: Any) -> str:
        """Add a record that reads ``source``; None is the layer before, or the image."""
        if len(self.records) >= LAYERS:
            raise Refusal(f"makes more than {LAYERS:,} layers, which are read at most")
        if source is not None and source != self.records[-1]["name"]:
            fields["from"] = source
        self.records.append({"kind": kind, "name": name, **fields})
        return name

    def _name(self, stem: str) -> str:
        taken = {record["name"] for record in self.records}
        return next(name for name in (stem, *(f"{stem}_{number}" for number in range(2, LAYERS + 2)
                                              )) if name not in taken)


def _of(numbers: np.ndarray, value: Value) -> np.ndarray:
    """Numbers with as many axes as the tensor."""
    if numbers.ndim > len(value.shape):
        raise Refusal(f"numbers of shape {list(numbers.shape)} for a tensor {list(value.shape)}")
    return numbers.reshape((1,) * (len(value.shape) - numbers.ndim) + numbers.shape)


def _spread(numbers: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers (C,) with the axes of a tensor (1, *shape); a single one if they are all the same."""
    if (numbers == numbers[0]).all():
        numbers = numbers[:1]
    return numbers.reshape(1, -1, *[1] * (len(shape) - 1))


def _positions(shape: tuple[int, ...], window: dict[str, Any]) -> tuple[int, int]:
    """Places (rows, columns) of a window on a map."""
    padding, stride = window.get("padding", (0, 0)), window.get("stride", (1, 1))
    room = [size + 2 * pad - kernel for size, pad, kernel in zip(
        shape[1:], padding, window["kernel"], strict=True)]
    if min(room) < 0 or min(*stride, *window["kernel"]) < 1:
        raise Refusal(f"a window of {list(window['kernel'])} does not fit on a map of"
                      f" {list(shape[1:])}; use a smaller one, or pad more")
    return room[0] // stride[0] + 1, room[1] // stride[1] + 1
