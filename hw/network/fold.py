"""Fold: a checkpoint's floats become integers that give the same bits.

Every threshold is found exactly, then held against PyTorch's own float32 at the sums on both sides
of it. Where float32 rounds to the other side the threshold follows PyTorch, since that network was
measured; `Network.notes` says how often. PyTorch's batch norm rounds alike in every batch shape and
in the memory layouts its layers make (a test looks). A processor without fused multiply-add, or a
strided view that no layer makes, rounds in other places: notes count the channels where such a last
bit of rounding decides.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from hw.network.exact import Exact, exact, reachable
from hw.network.network import Network
from hw.network.nodes.node import BITS, IMAGE, Node
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.nodes.threshold import Threshold
from hw.network.order import Affine, disagreeing
from hw.network.pattern import Block, pattern
from hw.network.scores import WIDTH, settled, usual
from hw.network.thresholds import Decision, settle
from model.arch import parse
from model.checkpoint import Checkpoint
from model.refusal import Refusal
from model.settled import completed

Tensors = Mapping[str, torch.Tensor]


def fold(checkpoint: Checkpoint) -> Network:
    """Turn a trained network into integers.

    Raises
    ------
    Refusal
        Naming every layer hardware cannot do, or the layer whose parameters are unusable:
        not finite, a negative variance, weights equal to 0, overflowing float32.
    """
    complete, tensors = completed(parse(checkpoint.arch), checkpoint.state_dict)
    arch = complete.plain()
    grouped, notes = pattern(arch), list[str]()
    nodes, source, inputs = list[Node](), IMAGE, grouped.inputs
    for block in grouped.hidden:
        nodes += _hidden(block, tensors, source, inputs, notes)
        source, inputs = nodes[-1].name, BITS
    nodes += _head(grouped.head, tensors, source, inputs, notes)
    outputs = int(grouped.head.product["out"])
    if len(checkpoint.classes) != outputs:
        raise Refusal(f"layer {grouped.head.name!r}: {outputs} scores for "
                      f"{len(checkpoint.classes)} classes; name one class per score")
    return Network(
        input_shape=tuple(arch["input"]["shape"]),
        table=np.array(arch["input"]["table"], np.int16),
        nodes=tuple(nodes), classes=tuple(checkpoint.classes), notes=tuple(notes),
    )


def _hidden(
    block: Block, tensors: Tensors, source: str, inputs: range, notes: list[str]
) -> list[Node]:
    """Product and threshold, and the pool if there is one."""
    weights = _weights(block, tensors)
    decision = _decision(block, tensors)
    signs = decision.signs
    gammas = decision.gamma.reshape(len(weights), -1)
    if turned := int(((gammas < 0).any(axis=1) & (gammas > 0).any(axis=1)).sum()):
        notes.append(f"layer {block.name!r}: {turned} of {len(weights)} pairs have gammas of "
                     "different signs, so that the layer has a sum for each threshold")
        weights = weights.repeat(2, axis=0)
    # Beside a gamma of 0, whose bit is constant, the other's sign decides.
    one = signs.reshape(len(weights), -1).min(axis=1)
    product = Product(name=block.name, sources=(source,), geometry=block.geometry, inputs=inputs,
                      weights=weights * one.astype(np.int8)[:, None, None, None])
    thresholds = _thresholds(product, decision, notes).astype(np.int32)
    threshold = Threshold(name=f"{block.name}.threshold", sources=(block.name,),
                          thresholds=thresholds)
    if not block.pool:
        return [product, threshold]
    # Negating a channel does not turn its bit around, but it does turn around which of several
    # sums is the largest: a pool that reads sums takes the smallest of the negated ones.
    any_of = (signs > 0) | (not block.pool_first)
    pool = Pool(name=f"{block.name}.pool", sources=(threshold.name,), geometry=block.pool,
                any_of=any_of)
    return [product, threshold, pool]


def _thresholds(product: Product, decision: Decision, notes: list[str]) -> np.ndarray:
    bound, name = product.bound, product.name
    exact = decision.exact(bound)
    settled = settle(exact, lambda sums: _torch_bits(decision, sums), bound)
    count = len(exact)
    for channels, what in (
        (settled != exact, "thresholds moved to where PyTorch's float32 steps on this processor"),
        (decision.delicate(settled, bound), "channels where float32's last bit of rounding "
         "decides a reachable sum; another processor may round it the other way"),
        ((settled == -bound) | (settled > bound), "channels are constant"),
    ):
        if channels.any():
            notes.append(f"layer {name!r}: {int(channels.sum())} of {count} {what}")
    return settled


def _torch_bits(decision: Decision, folded: np.ndarray) -> np.ndarray:
    """The bits PyTorch computes in float32 for one folded sum per channel, bool (MH,)."""
    sums = torch.from_numpy((folded * decision.signs).astype(np.float32))
    gamma, beta, mean, variance, bias = (
        torch.from_numpy(values) for values in
        (decision.gamma, decision.beta, decision.mean, decision.variance, decision.bias))
    with torch.no_grad():
        values = (sums + bias)[None, :, None, None]
        if not decision.eps:
            return (values.view(-1) >= mean).numpy()
        values = functional.batch_norm(values, mean, variance, gamma, beta, eps=decision.eps)
        return (values >= 0).numpy().reshape(-1)


def exact_scores(checkpoint: Checkpoint) -> Exact:
    """The scores of a network that folds, by the sums of its last layer."""
    head = pattern(parse(checkpoint.arch).plain()).head
    return exact(_decision(head, checkpoint.state_dict), head.geometry.positions)


def _head(
    block: Block, tensors: Tensors, source: str, inputs: range, notes: list[str]
) -> list[Node]:
    """Product and scores."""
    product = Product(name=block.name, sources=(source,), geometry=block.geometry, inputs=inputs,
                      weights=_weights(block, tensors))
    decision, positions = _decision(block, tensors), product.geometry.positions
    meant, sums = exact(decision, positions), reachable(product)
    affine = settled(_usual(decision, positions), meant, sums)
    if share := disagreeing(affine, meant, sums):
        notes.append(f"layer {block.name!r}: of the pairs of sums that two classes may have, "
                     f"{share:.1g} choose the other class by integers than by exact scores")
    if (bits := int(np.abs(affine.multipliers).max()).bit_length() + 1) > WIDTH:
        notes.append(f"layer {block.name!r}: its slopes are so far apart that exact scores take "
                     f"multipliers of {bits} bits")
    return [product, Scores(name=f"{block.name}.scores", sources=(block.name,),
                            multipliers=affine.multipliers, offsets=affine.offsets,
                            scale=affine.scale)]


def _usual(decision: Decision, positions: int) -> Affine:
    """score = slope * (sum over positions - centre) + beta, with the average in the slope."""
    gamma, beta, mean, variance, bias = (
        values.astype(np.float64) for values in
        (decision.gamma, decision.beta, decision.mean, decision.variance, decision.bias))
    slopes = gamma / np.sqrt(variance + decision.eps) / positions
    return usual(slopes, positions * (mean - bias), beta)


def _weights(block: Block, tensors: Tensors) -> np.ndarray:
    """int8 (MH, kh, kw, C) of +-1; latents become their signs, with sign(0) = +1."""
    stored = _array(block.name, "weight", tensors)
    zeros = int((stored == 0).sum())
    if zeros and np.isin(stored, (-1, 0, 1)).all():
        raise Refusal(f"layer {block.name!r}: {zeros} of {stored.size} binary weights are 0, "
                      "neither +1 nor -1; binarise them with sign(0) = +1 and train on")
    geometry = block.geometry
    # A dense layer's inputs are a map that PyTorch flattened channel by channel.
    shaped = stored.reshape(len(stored), geometry.channels, *geometry.kernel)
    return np.ascontiguousarray(np.where(shaped.transpose(0, 2, 3, 1) >= 0, 1, -1), np.int8)


def _decision(block: Block, tensors: Tensors) -> Decision:
    name, copies = block.name, 2 if block.pairs else 1
    count = copies * int(block.product["out"])
    zeros, ones = np.zeros(count, np.float32), np.ones(count, np.float32)
    bias = _array(name, "bias", tensors).repeat(copies) if block.product["bias"] else zeros
    if block.batch_norm is None:
        steps = zeros if block.threshold is None else _array(
            str(block.threshold["name"]), "threshold", tensors)
        return Decision(gamma=ones, beta=zeros, mean=steps, variance=ones, eps=0.0, bias=bias)
    norm = str(block.batch_norm["name"])
    decision = Decision(
        gamma=_array(norm, "weight", tensors), beta=_array(norm, "bias", tensors),
        mean=_array(norm, "running_mean", tensors),
        variance=_array(norm, "running_var", tensors),
        eps=float(block.batch_norm["eps"]), bias=bias)
    _check(norm, decision)
    return decision


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


def _array(layer: str, tensor: str, tensors: Tensors) -> Any:
    values = tensors[f"{layer}.{tensor}"].detach().to("cpu")
    bad = int((~torch.isfinite(values)).sum())
    if bad:
        raise Refusal(f"layer {layer!r}: {bad} of {values.numel()} values of its {tensor} are not "
                      "finite; train the network again")
    return values.numpy() if values.dtype == torch.int8 else values.numpy().astype(np.float32)
