"""The work of model.plot: figures of runs, all or none, in a folder."""

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from model import figures, runs
from model.activations import SHOWN, histograms
from model.checkpoint import load
from model.data import load as load_set
from model.refusal import Refusal, say
from model.runs import Run

EDGES = np.linspace(-4, 4, 33)
"""Edges of the histograms' bins: a batch norm's output is seldom farther from zero."""


def run(given: argparse.Namespace) -> int:
    """Draw as the arguments say; returns the exit status."""
    found = [runs.read(path) for path in given.runs]
    named = dict(zip(runs.names(found), found, strict=True))
    if len(named) < len(found):
        raise Refusal("a run is given twice; give each once")
    _check(named, given.out)
    for path in draw(named, given.out, given.format, given.data_dir):
        print(path)
    for name, run in named.items():
        if not run.activations:
            say(f"{name}: curves only, its log has no activations")
    if given.data_dir is None:
        say("no histograms: they need images, by --data-dir DIR")
    return 0


def draw(named: Mapping[str, Run], out: Path, form: str, data_dir: Path | None) -> list[Path]:
    """Write the figures into the folder ``out``, all or none; histograms only with ``data_dir``.

    A missing folder is made.

    Raises
    ------
    Refusal
        For a run whose checkpoint or data set is missing, or a folder that cannot be made.
    """
    signed = {name: run for name, run in named.items() if run.activations}
    pictures = {} if data_dir is None else {
        name: _histograms(run, data_dir) for name, run in signed.items()}
    with _folder(out) as place:
        written = [place / f"curves.{form}"]
        figures.curves(named, written[0])
        if signed:
            written.append(place / f"activations.{form}")
            figures.activations(signed, written[-1])
        for name, layers in pictures.items():
            written.append(place / f"{name}.histograms.{form}")
            figures.histograms(layers, EDGES, name, written[-1])
    return [out / file.name for file in written]


@contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """A temporary folder, whose files are moved to ``out`` at the end of the block."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".plot-") as place:
            yield Path(place)
            for file in sorted(Path(place).iterdir()):
                os.replace(file, out / file.name)
    except OSError as error:
        raise Refusal(f"{out}: cannot be written ({error.strerror}); change --out") from None


def _histograms(run: Run, data_dir: Path) -> dict[str, np.ndarray]:
    if "data" not in run.settings:
        raise Refusal(f"{run.checkpoint}: its log does not name the data set it was trained on; "
                      "leave out --data-dir")
    network = load(run.checkpoint).module()
    test = load_set(run.settings["data"], data_dir, "test")
    images = torch.as_tensor(test.images[:SHOWN])
    return dict(histograms(network, images, EDGES))


def _check(named: Mapping[str, Run], out: Path) -> None:
    if os.path.lexists(out) and not os.path.isdir(out):
        raise Refusal(f"{out}: is no folder; give --out one, or a new one's name")
    for name, run in named.items():
        if not run.epochs:
            raise Refusal(f"{name}: no epoch is finished yet; wait for the first")
