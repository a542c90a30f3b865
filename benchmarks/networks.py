"""The networks that are measured: their checkpoints, test sets and published scores."""

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
"""Inputs of cnvW1A1's last layer, whose published scores are counts: score = 2 count - 512."""


class Missing(Exception):
    """An input of a network is not on this machine; the message has the option for it."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Folders on this machine: data sets, published references, and checkpoints to be made."""

    data: Path | None
    references: Path | None
    made: Path

    def fill(self, words: str) -> list[str]:
        """A command's arguments, with ``{data}`` and ``{references}`` replaced.

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
    """The absolute path of a folder, if one is given. Raises `Refusal` if it does not exist."""
    if path is not None and not path.is_dir():
        raise Refusal(f"{path}: no such folder")
    return None if path is None else path.absolute()


@dataclass(frozen=True, kw_only=True)
class Source:
    """A network, and the source of its checkpoint.

    Parameters
    ----------
    data : name of the data set that it was trained for.
    made_by : command that makes its checkpoint, without the file; None for a shipped one.
    shipped : file of a checkpoint that is part of this project.
    published : file of the authors' own counts for every test image, in the references.
    """

    name: str
    title: str
    data: str
    made_by: str | None = None
    shipped: Path | None = None
    published: str | None = None

    @property
    def shown(self) -> str:
        """The checkpoint's path in commands of a document."""
        return str(self.shipped) if self.shipped else f"{self.name}.pt"

    @property
    def command(self) -> str | None:
        """The command that makes the checkpoint, as typed."""
        if self.made_by is None:
            return None
        words = self.made_by.format(data="DIR", references="REFERENCES")
        return f"python -m {words} {self._target(self.shown)}"

    def checkpoint(self, inputs: Inputs) -> Path:
        """The checkpoint's file, which is made if it does not exist.

        Raises
        ------
        Missing
            An input of its command is missing, or the command failed.
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
        """The test images with labels; None without the data set."""
        if inputs.data is None:
            return None
        try:
            return load_set(self.data, inputs.data, "test")
        except Refusal:
            return None

    def published_scores(self, inputs: Inputs) -> np.ndarray | None:
        """The published scores, int64 (N, classes), in the scale of our hardware; None without."""
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


def _resnet(name: str, depth: int, width: int, epochs: int, images: int) -> Source:
    return Source(
        name=name, data="cifar10",
        title=f"ResNet-{depth} by BNN-DL, x = {width}, trained a little, CIFAR-10",
        made_by=f"model.train --method bnn-dl --arch resnet{depth} --width {width} --data cifar10"
                f" --data-dir {{data}} --train-images {images} --epochs {epochs}"
                " --precision bfloat16 --channels-last --threads 1 --seed 1",
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
    _resnet("resnet20", 20, 32, 3, 15_000), _resnet("resnet20-16", 20, 16, 4, 10_000),
    _resnet("resnet18-16", 18, 16, 2, 5_000),
    Source(name="cifar10", title="The CIFAR-10 example", data="cifar10",
           shipped=Path("examples/cifar10/net.pt")),
    Source(name="mnist", title="The MNIST example", data="mnist",
           shipped=Path("examples/mnist/net.pt")),
)  # fmt: skip

SOURCES: dict[str, Source] = {source.name: source for source in _ALL}
