"""The networks that are measured: where each comes from, and what its answers must be."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw.emit.child import run
from model.data import Images
from model.data import load as load_set
from model.refusal import Refusal

ROOT = Path(__file__).parents[1]
PARAMETERS = "bnn-pynq/cnvW1A1-cifar10"
SCORES = "bnn-pynq/cnvW1A1-cifar10.scores.npy"
COUNTED = 512
"""Agreeing bits that the published score of cnvW1A1 counts among: score = 2 count - 512."""


class Missing(Exception):
    """What a network is made from is not on this machine: what, and the option that names it."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Folders of this machine: data sets, what others published, and where checkpoints go."""

    data: Path | None
    references: Path | None
    made: Path

    def fill(self, words: str) -> list[str]:
        """A command's words with ``{data}`` and ``{references}`` replaced.

        Raises
        ------
        Missing
            The command needs a folder that was not given.
        """
        known = {"data": self.data, "references": self.references}
        for name, folder in known.items():
            if folder is None and f"{{{name}}}" in words:
                raise Missing(f"needs --{'data-dir' if name == 'data' else name} DIR")
        return [word.format(**known) for word in words.split()]


def folder(path: Path | None) -> Path | None:
    """A folder of this machine, if one is given. Raises `Refusal` where there is none."""
    if path is not None and not path.is_dir():
        raise Refusal(f"{path}: no such folder")
    return None if path is None else path.absolute()


@dataclass(frozen=True, kw_only=True)
class Source:
    """A network.

    Parameters
    ----------
    data : name of the set it was trained for.
    made_by : words of the command that writes its checkpoint, but for the file; None: shipped.
    shipped : the file where it is a part of this project.
    published : file of the authors' own counts for every test image, under the references.
    """

    name: str
    title: str
    data: str
    made_by: str | None = None
    shipped: Path | None = None
    published: str | None = None

    @property
    def shown(self) -> str:
        """The checkpoint's path as a command in a document names it."""
        return str(self.shipped) if self.shipped else f"{self.name}.pt"

    @property
    def command(self) -> str | None:
        """What makes the checkpoint, as a person would type it."""
        if self.made_by is None:
            return None
        words = self.made_by.format(data="DIR", references="REFERENCES")
        return f"python -m {words} {self._target(self.shown)}"

    def checkpoint(self, inputs: Inputs) -> Path:
        """The checkpoint's file, made now where it is not there yet.

        Raises
        ------
        Missing
            What it is made from is not here, or its command did not succeed.
        """
        if self.shipped is not None:
            return ROOT / self.shipped
        assert self.made_by is not None
        path = inputs.made / f"{self.name}.pt"
        if not path.exists():
            words = [*inputs.fill(self.made_by), *self._target(str(path)).split()]
            path.parent.mkdir(parents=True, exist_ok=True)
            done = run([sys.executable, "-m", *words], cwd=ROOT,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if done.returncode:
                raise Missing(f"{words[0]}: {done.stderr.strip() or 'failed'}")
        return path

    def _target(self, path: str) -> str:
        made_by = self.made_by or ""
        return f"--out {path}" if made_by.startswith("model.train") else path

    def test_set(self, inputs: Inputs) -> Images | None:
        """Its test images with labels; None without the data set."""
        if inputs.data is None:
            return None
        try:
            return load_set(self.data, inputs.data, "test")
        except Refusal:
            return None

    def published_scores(self, inputs: Inputs) -> np.ndarray | None:
        """int64 (N, classes) as our hardware gives them; None where nobody published any."""
        if self.published is None or inputs.references is None:
            return None
        path = inputs.references / self.published
        return 2 * np.load(path).astype(np.int64) - COUNTED if path.is_file() else None


def _vgg(width: int, epochs: int, images: int = 50_000) -> Source:
    number = {51: 6, 64: 7, 96: 8}[width]
    return Source(
        name=f"vgg{width}", title=f"Net {number} of BNN-DL, vgg of x = {width}, on CIFAR-10",
        data="cifar10",
        made_by=f"model.train --method bnn-dl --arch vgg --width {width} --data cifar10"
                f" --data-dir {{data}} --epochs {epochs} --batch 100 --train-images {images}",
    )  # fmt: skip


_ALL = (
    Source(name="cnv", title="CNV, published parameters of BNN-PYNQ, CIFAR-10", data="cifar10",
           made_by=f"model.convert --from bnn-pynq {{references}}/{PARAMETERS}", published=SCORES),
    Source(name="lfc", title="LFC, published parameters of BNN-PYNQ, MNIST", data="mnist",
           made_by="model.convert --from bnn-pynq {references}/bnn-pynq/lfcW1A1-mnist"),
    Source(name="sfc", title="SFC-size, 784-256-256-256-10, trained here, MNIST", data="mnist",
           made_by="model.train --method bnn-dl --arch sfc --data mnist --data-dir {data}"
                   " --table threshold --epochs 12"),
    Source(name="tfc", title="TFC, published as QONNX, MNIST", data="mnist",
           made_by="model.convert --from qonnx {references}/tfc-qonnx/TFC_1W1A.onnx"),
    _vgg(51, 2), _vgg(64, 1, 10_000), _vgg(96, 1, 10_000),
    Source(name="cifar10", title="The CIFAR-10 example", data="cifar10",
           shipped=Path("examples/cifar10/net.pt")),
    Source(name="mnist", title="The MNIST example", data="mnist",
           shipped=Path("examples/mnist/net.pt")),
)  # fmt: skip

SOURCES: dict[str, Source] = {source.name: source for source in _ALL}
