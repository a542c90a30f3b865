"""The optimisers by their names for ``--optimizer``."""

from collections.abc import Iterable

import torch
from torch import nn

from model.settings import Settings


def optimiser(settings: Settings, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The optimiser that the settings name; its learning rate is set before every step."""
    rate, decay, momentum = settings.lr, settings.weight_decay, settings.momentum
    if settings.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=rate, weight_decay=decay)
    if settings.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=rate, weight_decay=decay)
    return torch.optim.SGD(parameters, lr=rate, weight_decay=decay, momentum=momentum,
                           nesterov=settings.optimizer == "nesterov")
