"""Quantisation: a trained network becomes one of integers, which hardware can compute exactly."""

from dataclasses import replace
from typing import Any

from model import evaluation
from model.arch import parse
from model.checkpoint import Checkpoint
from model.draft import Draft
from model.fixed_point import fixed_point
from model.integer_weights import integer_weights
from model.labelled import Labelled
from model.precision import BITS, FRACTION
from model.refusal import Refusal


def quantise(
    checkpoint: Checkpoint, *, bits: int = BITS, odd: bool = False, fraction_bits: int = FRACTION
) -> Checkpoint:
    """The network with integers of ``bits`` bits in place of real weights, and a residual stream in
    fixed point with ``fraction_bits`` bits behind the point, or fewer if they do not fit.

    ``odd`` takes odd integers alone, which cost hardware less.

    What was measured of the network before goes to ``metrics["before_quantising"]``, and what was
    done to it to ``training["quantised"]``.

    Raises
    ------
    Refusal
        For a network without real weights and without a stream, or one that has no such integers.
    """
    draft = Draft(parse(checkpoint.arch), checkpoint.state_dict)
    weights = integer_weights(draft, bits, odd=odd)
    parse(draft.arch.plain())  # refuses weights whose sums are too large
    norms, fraction = fixed_point(draft, fraction_bits)
    if not weights and not norms:
        raise Refusal("nothing to do: no weights are real numbers, and no batch_norm is on a"
                      " residual stream; hw.check takes the network as it is")
    done: dict[str, Any] = {}
    if weights:
        done |= {"weight_bits": bits, "weights": weights}
    if norms:
        done |= {"fraction_bits": fraction, "affines": norms}
    arch = parse(draft.arch.plain())
    return replace(checkpoint, arch=arch.plain(), state_dict=draft.tensors,
                   metrics={"before_quantising": checkpoint.metrics},
                   training={**checkpoint.training, "quantised": done})


def measure(before: Checkpoint, after: Checkpoint, test: Labelled, *, device: str = "auto") -> None:
    """Note in the metrics of ``after`` how both networks classify the images.

    ``differing`` counts images of another class than before. Without labels nothing else is noted.
    """
    old, new = (evaluation.evaluate(each, test.images, device=device) for each in (before, after))
    count = len(test.images)
    if test.labels is not None:
        right = {name: result.correct(test.labels) for name, result in (("old", old), ("new", new))}
        after.metrics["before_quantising"] = _accuracy(right["old"], count, test)
        after.metrics |= _accuracy(right["new"], count, test)
    after.metrics["differing"] = int((old.classes != new.classes).sum())


def _accuracy(right: int, count: int, test: Labelled) -> dict[str, Any]:
    return {"accuracy": right / count, "correct": right, "images": count, **test.source}
