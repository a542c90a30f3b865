# amaranth: UnusedElaboratable=no
"""Accelerators with integer maps: residual blocks, planes of weights, several thresholds a sum.

Scores, class, latency and the distance of frames are those of the reference and of the plan.
"""

import numpy as np
import pytest
from design_runs import check, drawn_plan
from residual_networks import EVERY

FRAMES = 5


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", EVERY)
def test_scores_interval_and_latency_are_the_planned_ones(kind: str, seed: int) -> None:
    network = EVERY[kind](seed)
    images = np.random.default_rng(seed).integers(
        0, 256, (FRAMES, *network.input_shape), dtype=np.uint8
    )
    check(drawn_plan(network, seed), images)
