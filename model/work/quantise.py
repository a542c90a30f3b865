"""The work of model.quantise: integers in place of real numbers, and what they cost."""

import argparse

from model import labelled
from model.checkpoint import Checkpoint, load, save
from model.quantisation import measure, quantise
from model.refusal import Refusal


def run(given: argparse.Namespace) -> int:
    """Quantise as the arguments say; returns the exit status."""
    before = load(given.checkpoint)
    test = labelled.read(given, before) if given.data or given.images else None
    try:
        after = quantise(before, bits=given.bits, odd=given.odd,
                         fraction_bits=given.fraction_bits)
    except Refusal as refusal:
        raise Refusal(f"{given.checkpoint}: {refusal}") from None
    if test is not None:
        measure(before, after, test, device=given.device)
    save(after, given.out)
    print(f"{given.out}: {told(after)}")
    if test is not None:
        print(_measured(after, len(test.images)))
    return 0


def told(after: Checkpoint) -> str:
    """What was done to a network, for a person."""
    done, parts = after.training["quantised"], []
    if weights := done.get("weights"):
        parts.append(f"weights of {done['weight_bits']} bits in {', '.join(weights)}")
    if affines := done.get("affines"):
        parts.append(f"{len(affines)} batch norms in fixed point with {done['fraction_bits']} bits"
                     " behind the point")
    return "; ".join(parts)


def _measured(after: Checkpoint, count: int) -> str:
    metrics = after.metrics
    other = f"{metrics['differing']:,} of {count:,} images have another class than before"
    if "accuracy" not in metrics:
        return other
    return (f"right: {metrics['before_quantising']['correct']:,} of {count:,} before, "
            f"{metrics['correct']:,} ({metrics['accuracy']:.2%}) now; {other}")

