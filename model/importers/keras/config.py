"""Description of a Keras model: its layers, and fields that are read, harmless or refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.faults import described, shown

HARMLESS = frozenset((
    "name", "trainable", "batch_input_shape", "batch_shape", "sparse", "ragged", "momentum",
    "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
    "activity_regularizer", "kernel_constraint", "bias_constraint", "beta_initializer",
    "gamma_initializer", "moving_mean_initializer", "moving_variance_initializer",
    "beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint", "rate", "seed",
    "noise_shape", "metrics", "clip_value", "beta", "synchronized", "renorm", "build_config"))
"""Fields without effect on the scores."""

SIGNS = {"SteSign": "", "ste_sign": "", "ApproxSign": "", "approx_sign": "", "SwishSign": "",
         "swish_sign": "", "MagnitudeAwareSign": "scaled", "magnitude_aware_sign": "scaled"}
"""Quantisers to +1 and -1 by name, +1 at 0; "scaled" ones multiply by the channel's mean size."""


@dataclass(kw_only=True)
class Layer:
    """A layer: its kind, name and fields. Fields that are not harmless have to be taken."""

    kind: str
    name: str
    fields: dict[str, Any]

    def take(self, field: str, default: Any = None) -> Any:
        """Remove a field and return its value."""
        return self.fields.pop(field, default)

    def quantiser(self, field: str) -> str | None:
        """The rule of a quantiser's scale, None without one. Raises ValueError for another."""
        given = self.take(field)
        if isinstance(given, dict) and (inside := given.get("config")) is not None:
            given = given.get("class_name") if isinstance(inside, dict) else inside
        if given is None or given == "linear":
            return None
        if given not in SIGNS:
            raise ValueError(f"{field} {described(given)} is no sign; train with ste_sign")
        return SIGNS[given]

    def check(self) -> None:
        """Raise ValueError for the fields that are left and not harmless."""
        left = {key: value for key, value in self.fields.items()
                if key not in HARMLESS and value not in (None, False, [], {})}
        data_type = left.pop("dtype", "float32")
        if isinstance(data_type, dict):
            data_type = data_type.get("config", {}).get("name")
        if data_type != "float32":
            left["dtype"] = data_type
        if left:
            told = ", ".join(f"{shown(str(key), 40)} {described(value)}"
                             for key, value in list(left.items())[:4])
            raise ValueError(f"{told} is not known; only plain layers are read")


def layers(text: str) -> tuple[tuple[int, ...], list[Layer]]:
    """The images' shape (height, width, channels), and the layers behind the input.

    Raises
    ------
    ValueError
        For anything but a sequential model.
    """
    try:
        model = json.loads(text)
        if model["class_name"] != "Sequential":
            raise ValueError(f"a model {described(model['class_name'])}, not Sequential; build it"
                             " as tf.keras.Sequential, load its weights and save it")
        given = model["config"]
        found = [_layer(each) for each in (given["layers"] if isinstance(given, dict) else given)]
        first = found[0]
        shape = first.fields.get("batch_input_shape") or first.fields["batch_shape"]
        sizes = tuple(shape[1:])
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"its description is none of Keras ({type(error).__name__})") from None
    except json.JSONDecodeError:
        raise ValueError("its description is no JSON; save the model again") from None
    if len(sizes) != 3 or not all(type(size) is int and 1 <= size <= 65535 for size in sizes):
        raise ValueError(f"its input is {described(list(sizes))}; give images of a fixed (height,"
                         " width, channels)")
    return sizes, found[1:] if first.kind == "InputLayer" else found


def _layer(given: Mapping[str, Any]) -> Layer:
    kind = str(given["class_name"]).rpartition(">")[2]
    return Layer(kind=kind, name=str(given["config"]["name"]), fields=dict(given["config"]))
