"""Bits: the nodes behind integers, down to the bits that a layer reads."""

import numpy as np

from hw.network.folding import float32
from hw.network.nodes.node import Node
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.threshold import Threshold
from hw.network.reading.pieces import ThresholdPiece
from hw.network.thresholds import Decision, settle


def of_product(
    product: Product, piece: ThresholdPiece, decision: Decision, notes: list[str]
) -> list[Node]:
    """A product that nothing else reads, with the weights of negative gammas negated, and what
    makes bits of it."""
    weights, signs, name = product.weights, decision.signs, product.name
    gammas = decision.gamma.reshape(len(weights), -1)
    if turned := int(((gammas < 0).any(axis=1) & (gammas > 0).any(axis=1)).sum()):
        groups = "pairs" if piece.copies == 2 else f"groups of {piece.copies} thresholds"
        notes.append(f"layer {name!r}: {turned} of {len(weights)} {groups} have gammas of "
                     "different signs, so that the layer has a sum for each threshold")
        weights = weights.repeat(piece.copies, axis=0)
    # Beside a gamma of 0, whose bit is constant, the others' sign decides.
    one = signs.reshape(len(weights), -1).min(axis=1)
    folded = Product(name=name, sources=product.sources, geometry=product.geometry,
                     inputs=product.inputs,
                     weights=weights * one.astype(np.int8)[:, None, None, None])
    thresholds = _settled(name, decision, product.bound, notes)
    _note_constant(name, (thresholds == -product.bound) | (thresholds > product.bound), notes)
    threshold = Threshold(name=f"{name}.threshold", sources=(name,),
                          thresholds=thresholds.astype(np.int32))
    return [folded, threshold, *_pool(name, piece, signs)]


def of_integers(
    source: str, values: range, name: str, piece: ThresholdPiece, decision: Decision,
    notes: list[str],
) -> list[Node]:
    """Bits of a map of ``values`` that others may read too, under names that begin with ``name``;
    a negative gamma turns its comparison."""
    signs, low, high = decision.signs, values[0], values[-1]
    folded = _settled(name, decision, max(-low, high), notes)
    thresholds = np.clip(np.where(signs > 0, folded, 1 - folded), low, high + 1)
    _note_constant(name, (thresholds == low) | (thresholds > high), notes)
    threshold = Threshold(name=f"{name}.threshold", sources=(source,), negated=signs < 0,
                          thresholds=thresholds.astype(np.int32))
    return [threshold, *_pool(name, piece, signs)]


def _pool(name: str, piece: ThresholdPiece, signs: np.ndarray) -> list[Node]:
    """Negating a channel does not turn its bit around, but it does turn around which of several
    sums is the largest: a pool that reads sums takes the smallest of the negated ones."""
    if not piece.pool:
        return []
    any_of = (signs > 0) | (not piece.pool_first)
    return [Pool(name=f"{name}.pool", sources=(f"{name}.threshold",), geometry=piece.pool,
                 any_of=any_of)]


def _settled(name: str, decision: Decision, bound: int, notes: list[str]) -> np.ndarray:
    """Thresholds on integers up to ``bound``, times the channel's sign."""
    exact = decision.exact(bound)
    settled = settle(exact, lambda sums: float32.bits(decision, sums), bound)
    for channels, what in (
        (settled != exact, "thresholds moved to where PyTorch's float32 steps on this processor"),
        (decision.delicate(settled, bound), "channels where float32's last bit of rounding "
         "decides a reachable sum; another processor may round it the other way"),
    ):
        if channels.any():
            notes.append(f"layer {name!r}: {int(channels.sum())} of {len(exact)} {what}")
    return settled


def _note_constant(name: str, channels: np.ndarray, notes: list[str]) -> None:
    if channels.any():
        notes.append(f"layer {name!r}: {int(channels.sum())} of {len(channels)} channels are "
                     "constant")
