"""Importer of Larq: a sequential Keras model, as ``model.save("net.h5")`` writes it.

Its signs are +1 at 0, as here. Maps have their channels last: kernels are turned around, and so are
the inputs of a dense layer behind a flatten. Padding "same" is the same on both sides or refused.
"""

from pathlib import Path

import torch

from model.checkpoint import Checkpoint
from model.faults import shown, told
from model.importers.builder import Builder
from model.importers.keras import config as keras_config
from model.importers.keras import hdf5
from model.importers.keras.walk import KerasWalk
from model.importers.normalisation import Normalisation, needed
from model.importers.simpler import simplify
from model.refusal import Refusal


def read(path: Path, normalisation: Normalisation | None = None) -> Checkpoint:
    """Read the network in ``path``; classes are numbered, as such a file has no names.

    Raises
    ------
    Refusal
        For a file that is no sequential model, with every layer that is not read; or without
        ``normalisation``, which such a file does not tell.
    """
    text, tensors = hdf5.read(path)
    try:
        (height, width, channels), layers = keras_config.layers(text)
    except ValueError as fault:
        raise Refusal(f"{path}: {fault}") from None
    scale = 1 if normalisation is None else normalisation.scale
    walk = KerasWalk(builder=Builder(shape=(channels, height, width)), arrays=tensors,
                 shape=(channels, height, width), scale=torch.full((channels,), 1 / scale).double())
    faults = list[str]()
    for layer in layers:
        try:
            walk.step(layer)
        except ValueError as fault:
            faults.append(f"{layer.kind} {shown(layer.name, 40)}: {fault}")
            if walk.lost:
                break
    if not faults and not any("out" in each for each in walk.builder.records):
        faults.append("it has no convolution and no dense layer")
    if faults:
        raise Refusal(f"{path}: {told(faults)}")
    simplify(walk.builder)
    return walk.builder.checkpoint("larq", path, needed(normalisation, path))
