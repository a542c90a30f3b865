"""The methods by the names that ``--method`` takes."""

import torch

from model.methods.bnn_dl import BnnDl
from model.methods.method import Method
from model.settings import Settings

METHODS: dict[str, type[Method]] = {
    "bnn": Method,
    "bnn-dl": BnnDl,
}


def method(settings: Settings, device: torch.device) -> Method:
    """The method of these settings, for a network on ``device``."""
    return METHODS[settings.method](settings, device)
