"""PyTorch's own float32, by which a threshold is held where it really steps."""

import numpy as np
import torch
from torch.nn import functional

from hw.network.thresholds import Decision


def bits(decision: Decision, folded: np.ndarray) -> np.ndarray:
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
