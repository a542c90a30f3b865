"""The work of model.convert: the importer of a format makes a checkpoint of a published file."""

import argparse
from pathlib import Path
from typing import Any

from model import arrays
from model.checkpoint import Checkpoint, save
from model.evaluation import check_images
from model.importers.catalogue import importer_of
from model.importers.modules.code import Code
from model.importers.normalisation import Normalisation


def convert(form: str, source: Path, **said: Any) -> Checkpoint:
    """The checkpoint of the network in ``source``, a file or folder of the format ``form``.

    Parameters
    ----------
    said : what the importer takes beside the file, by the names of
        `model.importers.catalogue.SAID`; None and False say nothing.

    Raises
    ------
    Refusal
        For a format without an importer, a source that is not exactly of that format, something
        said that its importer does not take, or not said that it needs.
    """
    given = {name: value for name, value in said.items() if value}
    return importer_of(form, given).read(source, **given)


def run(given: argparse.Namespace) -> int:
    """Convert as the arguments say; returns the exit status."""
    normalisation = _normalisation(given)
    checkpoint = convert(
        given.form, given.source, normalisation=normalisation, code=_code(given),
        output_bits=given.output_bits, sign_before_last=given.sign_before_last)
    images = None if given.images is None else arrays.read(given.images)
    if images is not None:
        check_images(images, checkpoint, str(given.images))
    save(checkpoint, given.out)
    print(f"{given.out}: {described(checkpoint)}")
    if images is not None and normalisation is not None:
        differing = normalisation.differing(checkpoint, images)
        print(f"{differing:,} of {len(images):,} images have another class than with real input,"
              f" at a scale of 2^{normalisation.scale_bits}")
        zeros, values = normalisation.zeros(checkpoint, images)
        print(f"{zeros:,} of {values:,} numbers before a sign are exactly 0, of which torch.sign"
              " makes 0 and this network +1")
    return 0


def described(checkpoint: Checkpoint) -> str:
    """One line about a network, with what hardware cannot do of it."""
    network = checkpoint.module()
    weights = {kind: [each.weight.numel() for each in network.products() if each.weights == kind]
               for kind in ("binary", "integer")}
    exact = ", ".join(f"{len(each)} {kind} layers with {sum(each):,} weights"
                      for kind, each in weights.items() if each or not any(weights.values()))
    shape = " x ".join(map(str, checkpoint.arch["input"]["shape"]))
    records = checkpoint.arch["layers"]
    real = [each["name"] for each in records if each.get("weights") == "real"]
    lacking = [each["name"] for each in records if each["kind"] == "relu"]
    return (f"images of {shape}, {exact}, {len(checkpoint.classes)} classes"
            + (f"; weights of {', '.join(real)} are real, of which python -m model.quantise makes"
               " integers for hardware" if real else "")
            + (f"; hardware has no relu ({', '.join(lacking)})" if lacking else ""))


def _code(given: argparse.Namespace) -> Code | None:
    """What is said of the module, None if nothing is."""
    if given.form != "torch":
        return None
    file, _, name = given.module.rpartition(":")
    return Code(file=Path(file), name=name, shape=given.shape, rule=given.binary_weights,
                real=tuple(each for each in given.real.split(",") if each))


def _normalisation(given: argparse.Namespace) -> Normalisation | None:
    if given.mean is None:
        return None
    return Normalisation(mean=given.mean, std=given.std, scale_bits=given.scale_bits)
