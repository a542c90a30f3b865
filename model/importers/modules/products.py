"""Convolutions, dense layers and batch norms as layers."""

from dataclasses import replace

import torch
from torch import Tensor, fx

from model.importers.builder import Norm
from model.importers.modules.maps import Map, fresh, uniform
from model.importers.modules.walk import Walk


def conv(walk: Walk, node: fx.Node) -> Map:
    x = walk.source(node)
    weight, bias, stride, padding, dilation, groups = walk.constants(
        node, None, None, [1, 1], [0, 0], [1, 1], 1)
    if len(x.shape) != 3 or weight.ndim != 4:
        raise ValueError("reads no (channels, height, width) map")
    if groups != 1:
        raise ValueError(f"has {groups} groups; there is no grouped or depthwise convolution: train"
                         " with groups=1")
    if any(each != 1 for each in dilation):
        raise ValueError("is dilated; train with dilation=1 and a larger kernel")
    stride, padding = (list(each) * (2 if len(each) == 1 else 1) for each in (stride, padding))
    x, value = replace(x, padding=(0, 0)), x.pad
    if any(around := walk.source(node).padding):
        if any(padding):
            raise ValueError("pads a map that is padded already")
        padding = list(around)
    weight, bias, scale = _binary(x, weight, bias)
    if any(padding) and value not in (0, *((-1, 1) if x.bits and x.plain else ())):
        raise ValueError(f"pads with {value:g}, and not with 0, or -1 or +1 beside bits")
    name = walk.named("conv")
    walk.builder.conv(name, weight, bias, stride=stride, padding=padding,
                    pad={0: "zero", 1: "+1", -1: "-1"}[int(value)])
    walk.reads(x)
    high, wide = ((size + 2 * pad - kernel) // step + 1 for size, pad, kernel, step in zip(
        x.shape[1:], padding, weight.shape[2:], stride, strict=True))
    return replace(fresh(name, (len(weight), high, wide)), scale=scale)


def linear(walk: Walk, node: fx.Node) -> Map:
    x = walk.source(node)
    weight, bias = walk.constants(node, None, None)
    if len(x.shape) != 1:
        raise ValueError("reads a map, and not a vector; flatten it before")
    weight, bias, scale = _binary(x, weight, bias)
    name = walk.named("dense")
    walk.builder.dense(name, weight, bias)
    walk.reads(x)
    return replace(fresh(name, (len(weight),)), scale=scale)


def _binary(x: Map, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor | None, Tensor]:
    """Weights, bias and scale of a product that reads ``x``: int8 and the scale of every output
    if its weights have one size each, otherwise real and 1."""
    x.check_real()
    if bool(x.shift.any()):
        what = "activations that are not +1 and -1" if x.bits else "a map with something added"
        raise ValueError(f"reads {what}; train with torch.sign before it")
    weight = weight.double()
    size = weight.flatten(1).abs()
    ones = torch.ones(len(weight)).double()
    if not bool(torch.isfinite(weight).all()):
        raise ValueError("has weights that are not finite; train it again")
    largest = size.amax(1)
    one_size = bool(((size == largest[:, None]) & (size > 0)).all())
    if one_size and uniform(x.scale) and x.rising:
        scale = largest * x.scale[0]
        return weight.sign().to(torch.int8), None if bias is None else bias.double() / scale, scale
    if bool(((size == largest[:, None]) | (size == 0)).all()):
        raise ValueError(f"has {int((size == 0).sum()):,} weights of exactly 0 beside those of one"
                         " size, of which hardware makes +1 or -1; write a small number of either"
                         " sign in their place and measure that network")
    inputs = x.scale.view(1, -1, *[1] * (weight.ndim - 2))
    return weight * inputs, None if bias is None else bias.double(), ones


def batch_norm(walk: Walk, node: fx.Node) -> Map:
    x = walk.source(node)
    weight, bias, mean, variance, training, _, eps = walk.constants(node)[:7]
    x.check_real()
    if training or mean is None:
        raise ValueError("normalises by the images at hand; use running statistics")
    if x.layer is None:
        raise ValueError("normalises the image; put it into --mean and --std")
    ones = torch.ones(x.shape[0]).double()
    norm = Norm(weight=ones if weight is None else weight.double(),
                bias=0 * ones if bias is None else bias.double(), mean=mean.double(),
                variance=variance.double(), eps=eps)
    name = walk.named("bn")
    walk.builder.norm(name, norm.reading(x.scale, x.shift))
    walk.reads(x)
    return fresh(name, x.shape)
