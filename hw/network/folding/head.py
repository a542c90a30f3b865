"""Head: the scores behind the last integers of a network."""

import numpy as np

from hw.network.exact import exact, reachable
from hw.network.nodes.node import Node
from hw.network.nodes.scores import Scores
from hw.network.order import Affine, disagreeing
from hw.network.scores import WIDTH, settled, usual
from hw.network.thresholds import Decision


def scores(
    last: Node, values: range, positions: int, decision: Decision, layer: str, notes: list[str]
) -> Scores:
    """Scores of the node ``last``, whose map has so many positions; ``layer`` gives the name."""
    meant, sums = exact(decision, positions), reachable(last, values, positions)
    affine = settled(_usual(decision, positions), meant, sums)
    if share := disagreeing(affine, meant, sums):
        notes.append(f"layer {layer!r}: of the pairs of sums that two classes may have, "
                     f"{share:.1g} choose the other class by integers than by exact scores")
    if (bits := int(np.abs(affine.multipliers).max()).bit_length() + 1) > WIDTH:
        notes.append(f"layer {layer!r}: its slopes are so far apart that exact scores take "
                     f"multipliers of {bits} bits")
    return Scores(name=f"{layer}.scores", sources=(last.name,), multipliers=affine.multipliers,
                  offsets=affine.offsets, scale=affine.scale)


def _usual(decision: Decision, positions: int) -> Affine:
    """score = slope * (sum over positions - centre) + beta, with the average in the slope."""
    gamma, beta, mean, variance, bias = (
        values.astype(np.float64) for values in
        (decision.gamma, decision.beta, decision.mean, decision.variance, decision.bias))
    slopes = gamma / np.sqrt(variance + decision.eps) / positions
    return usual(slopes, positions * (mean - bias), beta)
