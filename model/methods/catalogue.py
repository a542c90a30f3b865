"""The training methods by their names for ``--method``."""

import torch

from model.methods.bd_bnn import BdBnn
from model.methods.binaryduo import BinaryDuo
from model.methods.bnn_dl import BnnDl
from model.methods.method import Method
from model.methods.real import Real
from model.methods.self_binarizing import SelfBinarizing
from model.settings import Settings

METHODS: dict[str, type[Method]] = {
    "bnn": Method,
    "bnn-dl": BnnDl,
    "bd-bnn": BdBnn,
    "self-binarizing": SelfBinarizing,
    "binaryduo": BinaryDuo,
    "real": Real,
}


def method(settings: Settings, device: torch.device) -> Method:
    """The training method that the settings name, for a network on ``device``."""
    return METHODS[settings.method](settings, device)
