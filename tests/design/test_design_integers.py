# amaranth: UnusedElaboratable=no
"""Accelerators with integer maps: residual blocks, planes of weights, several thresholds a sum.

Scores, class, latency and the distance of frames are those of the reference and of the plan.
"""

import numpy as np
import pytest
from design_runs import check, drawn_plan

from sim.residual_networks import EVERY

FRAMES = 4
QUICK = [("residual", 0), ("residual", 11), ("residual", 16), ("planed", 0), ("planed", 1),
         ("several", 0), ("several", 1), ("bare", 1), ("clamped", 0), ("clamped", 1),
         ("clamped", 2)]
"""Of each kind some: of the first that forks wait for a slow reader, and joins for narrow beats."""
CASES = [
    pytest.param(kind, seed, marks=[] if (kind, seed) in QUICK else pytest.mark.long)
    for kind in EVERY for seed in range(20)
]


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_scores_interval_and_latency_are_the_planned_ones(kind: str, seed: int) -> None:
    network = EVERY[kind](seed)
    images = np.random.default_rng(seed).integers(
        0, 256, (FRAMES, *network.input_shape), dtype=np.uint8
    )
    check(drawn_plan(network, seed), images)
