"""Walk along the layers of a sequential Keras model, whose maps have their channels last."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from model.importers.builder import Builder, Norm
from model.importers.keras import config as keras_config
from model.importers.keras.config import Layer
from model.importers.latents import RULES

PADS = {0: "zero", 1: "+1", -1: "-1"}

ADVICE = {
    **dict.fromkeys(("QuantDepthwiseConv2D", "DepthwiseConv2D", "QuantSeparableConv2D",
                     "SeparableConv2D"), "there are no grouped and depthwise convolutions"),
    **dict.fromkeys(("AveragePooling2D", "AvgPool2D"), "pool with MaxPool2D"),
    **dict.fromkeys(("QuantConv1D", "Conv1D"), "make it a QuantConv2D on a map of one row"),
    **dict.fromkeys(("Add", "Concatenate"), "only a chain of layers is read"),
    "ZeroPadding2D": "pad in the convolution, with padding='same'",
    "PReLU": "activations are signs; train with them",
}
"""What to do about layers that are not read."""


@dataclass(kw_only=True)
class KerasWalk:
    """The layers so far, and the map behind them: its shape, channels first, and what each channel
    still has to be multiplied by.

    ``flat`` is the shape of the map that was flattened, while its values are in Keras's order.
    ``lost`` says that a layer's shape could not be found, so that the ones behind make no sense.
    """

    builder: Builder
    arrays: dict[str, np.ndarray]
    shape: tuple[int, ...]
    scale: Tensor
    bits: bool = False
    flat: tuple[int, ...] = ()
    lost: bool = False
    ended: bool = False

    def step(self, layer: Layer) -> None:
        """Add what a layer is. Raises ValueError with what is wrong with it."""
        if self.ended:
            raise ValueError("stands behind a softmax")
        steps = {
            "QuantConv2D": self._conv, "Conv2D": self._conv, "QuantDense": self._dense,
            "Dense": self._dense, "BatchNormalization": self._norm, "MaxPooling2D": self._pool,
            "MaxPool2D": self._pool, "Flatten": self._flatten, "Activation": self._activation,
            "GlobalAveragePooling2D": self._average}
        if layer.kind in steps:
            self.lost = True
            steps[layer.kind](layer)
            self.lost = False
            layer.check()
        elif layer.kind in keras_config.SIGNS:
            self._sign()
        elif layer.kind in ("ReLU", "Softmax"):
            self._activated(layer.kind.lower())
        elif layer.kind not in ("Dropout", "SpatialDropout2D", "InputLayer"):
            self.lost = True
            advice = ADVICE.get(layer.kind, "docs/convert.md has those that are read")
            raise ValueError(f"there is no layer for it; {advice}")

    def _named(self, kind: str) -> str:
        return f"{kind}{1 + sum(each['name'].startswith(kind) for each in self.builder.records)}"

    def _tensor(self, layer: Layer, name: str, *sizes: int) -> Tensor:
        found = self.arrays.get(f"{layer.name}/{name}")
        if found is None or found.shape != sizes:
            there = "missing" if found is None else " x ".join(map(str, found.shape))
            raise ValueError(f"{name} is {there}, and not {' x '.join(map(str, sizes))}")
        if not np.isfinite(found).all():
            raise ValueError(f"{name} has numbers that are not finite; train it again")
        return torch.from_numpy(found).double()

    def _conv(self, layer: Layer) -> None:
        if len(self.shape) != 3:
            raise ValueError("reads a vector; put it before the flatten")
        self._signed(layer)
        outputs, kernel, stride = layer.take("filters"), *(
            _pair(layer.take(key, 1)) for key in ("kernel_size", "strides"))
        if layer.take("groups", 1) != 1:
            raise ValueError("has groups; there is no grouped or depthwise convolution")
        if _pair(layer.take("dilation_rate", 1)) != [1, 1]:
            raise ValueError("is dilated; train with dilation_rate=1 and a larger kernel")
        totals = self._padding(layer, kernel, stride)
        if any(total % 2 for total in totals):
            raise ValueError(f"pads {totals[0]} rows and {totals[1]} columns in all, one more"
                             " behind than before; train with an odd kernel and a stride of 1")
        padding = [total // 2 for total in totals]
        value = layer.take("pad_values", 0)
        if any(padding) and (value not in PADS or (value and not self.bits)):
            raise ValueError(f"pads with {value}, and not with 0, or -1 or +1 beside bits")
        weight = self._tensor(layer, "kernel", *kernel, self.shape[0], outputs).permute(3, 2, 0, 1)
        weight, bias, scale = self._product(layer, weight)
        self.builder.conv(self._named("conv"), weight, bias, stride=stride, padding=padding,
                        pad=PADS[int(value) if any(padding) else 0])
        sizes = ((size + 2 * pad - side) // step + 1 for size, pad, side, step in zip(
            self.shape[1:], padding, kernel, stride, strict=True))
        self._give((outputs, *sizes), scale)
        self._activated(layer.take("activation", "linear"))

    def _dense(self, layer: Layer) -> None:
        if len(self.shape) != 1:
            raise ValueError("reads a map; put a Flatten before it")
        self._signed(layer)
        weight = self._tensor(layer, "kernel", self.shape[0], layer.take("units")).T
        weight, bias, scale = self._product(layer, self._ordered(weight))
        self.builder.dense(self._named("dense"), weight, bias)
        self._give((len(weight),), scale)
        self._activated(layer.take("activation", "linear"))

    def _signed(self, layer: Layer) -> None:
        rule = layer.quantiser("input_quantizer")
        if rule:
            raise ValueError("input_quantizer scales its input; train with ste_sign")
        if rule is not None:
            self._sign()

    def _product(self, layer: Layer, weight: Tensor) -> tuple[Tensor, Tensor | None, Tensor]:
        """Weights (out, in, ...), bias and scale of the sums."""
        rule, bias = layer.quantiser("kernel_quantizer"), None
        if layer.take("use_bias", True):
            bias = self._tensor(layer, "bias", len(weight))
        if rule is None:
            return weight * self.scale.view(1, -1, *[1] * (weight.ndim - 2)), bias, (
                torch.ones(len(weight)).double())
        if not bool((self.scale == self.scale[0]).all()):
            raise ValueError("reads a map whose channels have scales; put a batch norm before it")
        latent, scale = RULES[rule or "sign"](weight)
        scale = scale * self.scale[0]
        if not bool((scale > 0).all()):
            raise ValueError("kernel has a channel of zeros; train it again")
        signs = torch.where(latent >= 0, 1, -1).to(torch.int8)
        return signs, None if bias is None else bias / scale, scale

    def _norm(self, layer: Layer) -> None:
        axis = layer.take("axis", -1)
        if axis not in (-1, [-1], len(self.shape), [len(self.shape)]):
            raise ValueError(f"normalises axis {axis}, which are not the channels")
        eps, size = layer.take("epsilon", 1e-3), self.shape[0]
        ones = torch.ones(size).double()
        gamma, beta, mean, variance = (
            self._ordered(self._tensor(layer, name, size)) if there else default
            for name, there, default in (
                ("gamma", layer.take("scale", True), ones),
                ("beta", layer.take("center", True), 0 * ones),
                ("moving_mean", True, ones), ("moving_variance", True, ones)))
        if not isinstance(eps, float) or eps <= 0 or bool((variance < 0).any()):
            raise ValueError("has a variance below 0, or no epsilon above it; train it again")
        if not self.builder.records:
            raise ValueError("normalises the image; put it into --mean and --std")
        norm = Norm(weight=gamma, bias=beta, mean=mean, variance=variance, eps=eps)
        self.builder.norm(self._named("bn"), norm.reading(self.scale))
        self._give(self.shape, ones)

    def _pool(self, layer: Layer) -> None:
        if len(self.shape) != 3 or not self.builder.records:
            raise ValueError("reads no map of a convolution; put it behind one")
        kernel = _pair(layer.take("pool_size", 2))
        stride = _pair(layer.take("strides") or kernel)
        if any(self._padding(layer, kernel, stride)):
            raise ValueError("is padded; pad the convolution before it instead, and train again")
        self.builder.plain("max_pool", self._named("pool"), kernel=kernel, stride=stride)
        sizes = ((size - side) // step + 1 for size, side, step in zip(
            self.shape[1:], kernel, stride, strict=True))
        self.shape = (self.shape[0], *sizes)

    def _padding(self, layer: Layer, kernel: list[int], stride: list[int]) -> list[int]:
        """Rows and columns of padding, on both sides together."""
        if layer.take("data_format", "channels_last") != "channels_last":
            raise ValueError("has its channels first; train with channels_last")
        way = layer.take("padding", "valid")
        if way not in ("valid", "same"):
            raise ValueError(f"padding {way!r} is not known")
        return [0, 0] if way == "valid" else [
            max((-(-size // step) - 1) * step + side - size, 0)
            for size, side, step in zip(self.shape[1:], kernel, stride, strict=True)]

    def _flatten(self, layer: Layer) -> None:
        layer.take("data_format")
        if len(self.shape) == 3:
            self.builder.plain("flatten", self._named("flatten"))
            self.flat, each = self.shape, math.prod(self.shape[1:])
            self.shape = (math.prod(self.shape),)
            self.scale = self.scale.repeat_interleave(each)

    def _ordered(self, values: Tensor) -> Tensor:
        """Values (..., inputs) in the order of a flattened map: the channel slowest."""
        if not self.flat:
            return values
        channels, height, width = self.flat
        return values.unflatten(-1, (height, width, channels)).movedim(-1, -3).flatten(-3)

    def _average(self, layer: Layer) -> None:
        self._padding(layer, [1, 1], [1, 1])
        if len(self.shape) != 3 or not self.builder.records or layer.take("keepdims"):
            raise ValueError("reads no map of a convolution, or keeps its dimensions")
        self.builder.plain("global_average_pool", self._named("average"))
        self.builder.plain("flatten", self._named("flatten"))
        self.shape, self.bits = self.shape[:1], False

    def _activation(self, layer: Layer) -> None:
        self._activated(layer.take("activation"))

    def _activated(self, name: Any) -> None:
        if name == "relu":
            self.bits = False
            self.builder.plain("relu", self._named("relu"))
        elif name == "softmax":
            self.ended = True  # It does not change the order of the scores.
        elif name not in ("linear", None):
            rule = Layer(kind="", name="", fields={"activation": name}).quantiser("activation")
            if rule:
                raise ValueError("activation scales its input; train with ste_sign")
            self._sign()

    def _sign(self) -> None:
        if not self.builder.records:
            raise ValueError("makes bits of the image; convert a network that reads real input")
        if not self.bits:
            self.builder.plain("sign", self._named("sign"))
        self.bits, self.scale = True, torch.ones(self.shape[0]).double()

    def _give(self, shape: tuple[int, ...], scale: Tensor) -> None:
        self.shape, self.scale, self.bits = shape, scale, False
        if len(shape) == 1 and self.builder.records[-1]["kind"] == "dense":
            self.flat = ()


def _pair(given: Any) -> list[int]:
    """One number, or one for rows and columns each."""
    pair = [given, given] if type(given) is int else list(given)
    if len(pair) != 2 or not all(type(each) is int and each > 0 for each in pair):
        raise ValueError(f"a size of {given!r} is not known")
    return pair
