"""The settings of a training run, refused early when they are out of range."""

import math
from dataclasses import dataclass
from typing import Literal

from model.refusal import Refusal

Method = Literal["bnn", "bnn-dl", "bd-bnn", "self-binarizing", "binaryduo", "real"]
Variant = Literal["paper", "upstream"]
Precision = Literal["float32", "bfloat16", "float16"]
Optimizer = Literal["adam", "momentum", "nesterov", "rmsprop"]
Weights = Literal["sign", "scaled", "ir-net", "xnor-net"]
Gradient = Literal["clip", "ede"]

STEPS = ((0.0, 1.0), (0.2, 0.2), (0.4, 0.1), (0.5, 0.02), (0.6, 0.01), (0.7, 0.002))
"""BNN-DL's CIFAR-10 schedule: from this share of all epochs on, this share of the first rate."""

LIMITS: dict[str, tuple[float, float]] = {
    "epochs": (1, 10**6), "batch": (2, 10**6), "lr": (1e-12, 1e3), "momentum": (0, 1),
    "weight_decay": (0, 1), "weight": (0, 1e9), "kd": (0, 1e9), "wdm": (0, 1e9), "nu": (1, 1e9),
    "coupled": (0, 1), "kurtosis": (1, 1e9), "shift": (0, 100), "negative_gammas": (0, 1),
    "seed": (0, 2**31), "threads": (0, 1024), "shards": (1, 4096),
}
"""Least and largest value of a setting."""

_OPTIONS = {"weight": "lambda", "negative_gammas": "negative-gammas",
            "weight_decay": "weight-decay"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that decides the outcome of a training run, beside the images and the arch.

    Parameters
    ----------
    momentum : momentum of the optimisers "momentum" and "nesterov".
    weight : lambda, the factor of "bnn-dl"'s distribution loss or "bd-bnn"'s kurtosis loss.
    weights, gradient : of "bd-bnn": the binariser of weights, and the slope of signs.
    kurtosis : of "bd-bnn": the target of all layers, or one for each.
    teacher, kd, wdm : of "bd-bnn": the teacher's checkpoint, and the factors of both its losses.
    nu : of "self-binarizing": the last steepness of tanh.
    coupled : of "binaryduo": the share of the epochs before the ternary activations are split.
    shift, flip : the augmentation of the training images.
    negative_gammas : share of batch-norm channels that start at -1 instead of +1.
    threads : CPU threads, on which the last bit of a float sum depends; 0 leaves torch's choice.
    shards : shards of a batch, which are normalised separately and distributed to processes.
    precision : precision of products while training; a checkpoint is always measured in float32.
    channels_last, compile : torch's options that add the same terms in another order, mostly
        faster.

    Raises
    ------
    Refusal
        For a value out of its range, with the range.
    """

    method: Method
    data: str
    epochs: int
    batch: int = 128
    lr: float = 5e-3
    schedule: Literal["cosine", "steps"] = "cosine"
    optimizer: Optimizer = "adam"
    momentum: float = 0.9
    weight_decay: float = 0.0
    weight: float = 2.0
    variant: Variant = "paper"
    weights: Weights = "sign"
    gradient: Gradient = "clip"
    kurtosis: tuple[float, ...] = (1.8,)
    teacher: str = ""
    kd: float = 0.9
    wdm: float = 200.0
    nu: float = 1000.0
    coupled: float = 0.6
    shift: int = 0
    flip: bool = False
    negative_gammas: float = 0.0
    seed: int = 1
    threads: int = 0
    shards: int = 1
    precision: Precision = "float32"
    channels_last: bool = False
    compile: bool = False

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            given = getattr(self, name)
            for value in given if isinstance(given, tuple) else (given,):
                if not least <= value <= most:
                    raise Refusal(f"{_OPTIONS.get(name, name)}: {value} is not between {least} and"
                                  f" {most}")

        if self.batch < 2 * self.shards:
            raise Refusal(f"batch: {self.batch} in {self.shards} shards; one image alone cannot be"
                          " normalised, so make it at least twice the shards")

    def rate(self, progress: float) -> float:
        """The learning rate at a progress in [0, 1) of the run."""
        if self.schedule == "cosine":
            return self.lr * 0.5 * (1 + math.cos(math.pi * progress))
        return self.lr * [share for start, share in STEPS if progress >= start][-1]
