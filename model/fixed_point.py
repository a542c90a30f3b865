"""Fixed point for a residual stream: its batch norms become affines of integers.

The stream's numbers become integers that stand for 2^-F each, with one F for all, since the two
sides of an add need the same. Whatever else reads the stream takes in the factor 2^F
(`model.stream_readers`).
"""

import torch
from torch import Tensor

from model.draft import Draft, Layer, give
from model.integers import EXACT
from model.precision import FRACTION
from model.records import Add, Affine, BatchNorm, Clamp, Product, Subsample
from model.refusal import Refusal
from model.scales import MOVES, Form
from model.stream_readers import follow, put

BITS = 17
"""Bits of an affine's result, so that the sum of two has the 18 bits of a device's multiplier."""

RAISED = 24
"""Most bits of a product's sums that are added to the stream: float32 still holds what comes of
it, and no batch norm has cut them yet."""

READERS = (Add, BatchNorm, Clamp, Subsample)
"""Layers whose sources are numbers of a stream, if one reads a batch norm."""

MULTIPLIER = 2**17 - 1
"""Largest multiplier: of 18 bits in two's complement, like the device's."""

SHIFT = 24
"""Most bits an affine drops: a multiplier's rounding then moves no result by a hundredth."""

SIGMAS = 8
"""Standard deviations of a batch norm's input that its result must hold."""


def fixed_point(draft: Draft, most: int = FRACTION) -> tuple[list[str], int]:
    """Make affines of the batch norms on a residual stream; returns their names, and F.

    F is ``most``, or as much as the largest numbers of the stream leave. There is no stream where
    no layer is an add of batch norms.

    Raises
    ------
    Refusal
        For numbers so large that they do not fit with F = 0, or an add of numbers that are neither
        integers nor a batch norm's.
    """
    _take_in_biases(draft)
    norms = [layer.name for layer in draft.layers if _on_stream(draft, layer)]
    stream = _stream(draft, norms)
    fraction = _fraction(draft, norms, stream, most)
    factors: dict[str | None, float] = {}
    for layer in list(draft.layers):
        there = [read for read in layer.reads if read in factors]
        if layer.name in norms:
            _fix(draft, layer, fraction, int(factors[there[0]]) if there else 1)
            factors[layer.name] = 1 << fraction
        elif isinstance(layer.record, Add) and there:
            for raw in {*layer.reads} - {*there}:
                norms.append(_raise(draft, layer, raw, fraction))
            factors[layer.name] = 1 << fraction
        elif there and (factor := follow(draft, layer, factors[there[0]])):
            factors[layer.name] = factor
    return norms, fraction


def _take_in_biases(draft: Draft) -> None:
    """Let batch norms take in the biases of products whose sums go to the stream."""
    for layer in list(draft.layers):
        record = layer.record
        if not isinstance(record, Product) or not record.bias or record.weights == "real":
            continue
        if any(isinstance(reader, Add | Clamp | Subsample)
               or _on_stream(draft, draft.layer(reader.name))
               for reader in draft.readers(layer.name).records):
            bias = draft.tensors[f"{layer.name}.bias"].double()
            give(draft, layer.name, Form(torch.ones_like(bias), bias))


def _on_stream(draft: Draft, layer: Layer) -> bool:
    """True for a batch norm that is read as numbers and not as signs."""
    return isinstance(layer.record, BatchNorm) and any(
        isinstance(reader, READERS) for reader in draft.readers(layer.name).records)


def _stream(draft: Draft, norms: list[str]) -> set[str | None]:
    """The layers whose output will have the factor 2^F."""
    stream: set[str | None] = set(norms)
    for layer in draft.layers:
        moves = layer.record.kind in (*MOVES, "add", "relu", "clamp", "subsample")
        if moves and stream & {*layer.reads}:
            stream.add(layer.name)
    return stream


def _fraction(draft: Draft, norms: list[str], stream: set[str | None], most: int) -> int:
    """The largest F that leaves room for every number of the stream."""
    integers = draft.arch.integers
    sizes: dict[str, tuple[float, int]] = {}
    for layer in draft.layers:
        beside = {*layer.reads} - stream if isinstance(layer.record, Add) else set()
        if layer.name in norms:
            sizes[layer.name] = _size(draft, layer), BITS
        elif beside and stream & {*layer.reads}:
            (raw,) = beside
            known = integers[str(raw)]
            if known is None:
                raise Refusal(f"layer {layer.name!r}: adds {raw!r}, whose numbers are no integers,"
                              " to a batch norm's; put a batch_norm behind it")
            sizes[layer.name] = known.largest, RAISED
    if not sizes:
        return most
    worst = max(sizes, key=lambda name: sizes[name][0] / 2**sizes[name][1])
    (size, bits), fraction = sizes[worst], most
    while size * 2**fraction > 2**(bits - 1) - 1:
        fraction -= 1
    if fraction < 0:
        raise Refusal(f"layer {worst!r}: its numbers reach {size:,.0f}, and fixed point of"
                      f" {bits} bits has room up to {2**(bits - 1) - 1:,}; train it again with a"
                      " batch_norm before the add")
    return fraction


def _size(draft: Draft, layer: Layer) -> float:
    """How large the numbers that a batch norm gives may become."""
    gamma, beta = (draft.tensors[f"{layer.name}.{key}"].double() for key in ("weight", "bias"))
    reach = float(SIGMAS)
    if layer.name in draft.added:
        # It has no statistics of what it reads.
        known = draft.arch.integers[str(layer.reads[0])]
        reach = EXACT if known is None else known.largest
    size = float((beta.abs() + reach * gamma.abs()).max())
    readers = [each.record for each in draft.layers if layer.name in each.reads]
    # What clamps alone read may be cut where they cut it.
    ends = [max(abs(each.low), abs(each.high)) for each in readers if isinstance(each, Clamp)]
    return min(size, max(ends)) if len(ends) == len(readers) else size


@torch.no_grad()
def _fix(draft: Draft, layer: Layer, fraction: int, factor: int) -> None:
    """Make an affine of a batch norm that reads a map with ``factor``.

    The offset makes the affine right at the running mean, and rounds to nearest.
    """
    record = layer.record
    assert isinstance(record, BatchNorm)
    gamma, beta, mean, variance = (draft.tensors.pop(f"{layer.name}.{key}").double() for key in
                                   ("weight", "bias", "running_mean", "running_var"))
    del draft.tensors[f"{layer.name}.num_batches_tracked"]
    slopes = gamma / (variance + record.eps).sqrt() * 2**fraction / factor
    # A channel that never left its mean by 1 has any slope; it must not cost others precision.
    moves = SIGMAS * variance.sqrt() * factor >= 1
    shift = _shift(slopes[moves])
    multipliers = (slopes * 2**shift).round().clamp(-MULTIPLIER, MULTIPLIER)
    half = 1 << shift >> 1
    offsets = (beta * 2**(fraction + shift) - multipliers * mean * factor).round() + half
    put(draft, layer, multipliers, offsets, shift=shift, bits=BITS)


def _shift(slopes: Tensor) -> int:
    """The most bits behind the point that the largest multiplier has room for."""
    largest = float(slopes.abs().max()) if len(slopes) else 0.0
    shift = SHIFT
    while shift and largest * 2**shift > MULTIPLIER:
        shift -= 1
    return shift


def _raise(draft: Draft, add: Layer, raw: str | None, fraction: int) -> str:
    """Give integers that an add reads the factor 2^F; returns the name of the affine for it."""
    name, known = draft.fresh(add.name, "fixed"), draft.arch.integers[str(raw)]
    assert known is not None, "as of the fraction"
    bits = max(BITS, (known.largest << fraction).bit_length() + 1)
    draft.branch(Affine(kind="affine", name=name, shift=0, bits=bits), raw, add)
    channels = draft.arch.shapes[name][0]
    put(draft, draft.layer(name), torch.full((channels,), 1 << fraction), torch.zeros(channels),
        shift=0, bits=bits)
    return name
