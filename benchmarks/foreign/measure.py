"""The measurement of a network that others trained or defined."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.builds import ROOT
from benchmarks.foreign.found import Found, Share
from benchmarks.foreign.rows import Row
from benchmarks.measurement import commit
from benchmarks.networks import Missing
from boards.catalogue import board
from hw.design.accelerator import Accelerator
from hw.emit.child import run
from hw.network.fold import fold
from hw.network.network import Network
from hw.network.reference import Classified, Reference
from hw.plan.search import plan
from model import evaluation
from model.checkpoint import Checkpoint, load
from model.data import load as load_set
from model.images import Images
from model.importers.normalisation import Normalisation, exact_table
from model.refusal import Refusal
from model.work.quantise import told
from sim.cosimulate import cosimulate

COMPARED = 1000
"""Images that the other program classifies, where it is not asked for fewer."""
SIMULATED = 20
"""Images that are simulated."""
FILL = 0.8
"""Share of an ULX3S-85F that a rate is planned for."""
OTHERS = Path(__file__).with_name("others")
SEED = 1
BATCH = 50
"""Images that are classified together."""
LINE = 300
"""Most characters of a refusal or of another program's last line that are repeated."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """The places of the other programs, a folder of their repositories and their interpreter, and
    the folders of data sets and of checkpoints made here. The other program classifies so many
    images as are ``compared``."""

    others: Path | None
    python: Path | None
    data: Path | None
    made: Path
    compared: int = COMPARED

    def program(self, row: Row) -> str:
        """The other program's sources. Raises `Missing` where they are not here."""
        if not row.folder:
            return "-"
        if self.others is None or not (self.others / row.folder).is_dir():
            raise Missing(f"needs {row.folder} in the folder of --others")
        return str(self.others / row.folder)

    def file(self, row: Row) -> Path:
        """The file or folder of the trained network, which the other program makes if it has to.

        Raises
        ------
        Missing
            It is not here, or the other program failed.
        """
        if row.trained:
            path = Path(self.program(row)) / row.file
            if not path.exists():
                raise Missing(f"needs {row.folder}/{row.file} in the folder of --others")
            return path
        path = self.made / f"{row.name}.other"
        if not path.exists():
            self.made.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory() as folder:
                taught = self.lessons(row, Path(folder))
                self.run(row.maker or row.program, row, "make", row.made, str(path), *taught)
        return path

    def lessons(self, row: Row, folder: Path) -> list[str]:
        """The file of images that a network is trained on when it is made, if there are any.

        Raises
        ------
        Missing
            The data set is not here.
        """
        if not row.taught:
            return []
        if self.data is None:
            raise Missing(f"needs {row.data} in the folder of --data-dir")
        taught = load_set(row.data, self.data, "train")
        path = folder / "images.npz"
        np.savez(path, images=taught.images[:row.taught], labels=taught.labels[:row.taught])
        return [str(path)]

    def run(self, program: str, row: Row, command: str, *words: str) -> None:
        """Run a script of the other program. Raises `Missing` where it cannot be run, or failed."""
        if self.python is None:
            raise Missing("needs --python PYTHON, with the other program's packages")
        script = OTHERS / f"{program}.py"
        done = run([str(self.python), str(script), command, self.program(row), *words], cwd=ROOT,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode:
            raise Missing(f"{script.name} {command}: {_last_line(done.stderr)}")

    def classes(self, row: Row, images: np.ndarray, *, rounded: bool = False) -> np.ndarray:
        """The other program's own class of every image, int64 (N,); of the numbers that the input
        table rounds its real ones to, if ``rounded``."""
        with tempfile.TemporaryDirectory() as folder:
            given, answers = Path(folder) / "images.npy", Path(folder) / "answers.npz"
            np.save(given, images)
            more = [str(row.table_bits)] if rounded else map(str, row.numbers or ())
            self.run(row.program, row, "run", str(self.file(row)), str(given), str(answers), *more)
            with np.load(answers) as answered:
                classes: np.ndarray = answered["classes"]
        return classes


def measure(row: Row, place: Place) -> Found:
    """All that can be found of a row here.

    Raises
    ------
    Missing
        The network itself is not here.
    """
    found = Found(row=row.name, commit=commit())
    source, path = place.file(row), place.made / f"{row.name}.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    words = ["--from", row.form, str(source), str(path), "--overwrite", *row.convert.split()]
    if refused := _refused("model.convert", words, source):
        return replace(found, refused=refused)
    tested = _test_set(row, place)
    checkpoint = imported = load(path)
    if row.bits:
        small = path.with_suffix(".small.pt")
        words = [str(path), str(small), "--bits", str(row.bits), "--overwrite"]
        if refused := _refused("model.quantise", words, path):
            return replace(found, refused=refused)
        checkpoint = load(small)
        found = replace(found, changed=told(checkpoint))
    try:
        network = fold(checkpoint)
    except Refusal as refusal:
        return replace(found, refused=str(refusal).splitlines()[-1])
    found = _accuracy(found, checkpoint, network, tested)
    found = _hardware(found, network, _some(row, tested, SIMULATED))
    return _compared(row, place, tested, found, network, imported)


def _refused(module: str, words: Sequence[str], source: Path) -> str | None:
    """The refusal of a command, without its file's name; None if the command is done."""
    done = run([sys.executable, "-m", module, *words], cwd=ROOT, stdout=subprocess.DEVNULL,
               stderr=subprocess.PIPE)
    if not done.returncode:
        return None
    return _last_line(done.stderr.replace(f"{source}: ", "")).removeprefix("error: ")


def _last_line(errors: str) -> str:
    """The last line of a program's errors; of a long one, the parts between semicolons that fit."""
    line = (errors.strip().splitlines() or ["failed"])[-1]
    if len(line) <= LINE:
        return line
    whole, semicolon, _ = line[:LINE].rpartition("; ")
    return f"{whole}; and more" if semicolon else line[:LINE]


def _test_set(row: Row, place: Place) -> Images | None:
    """All images that accuracy is measured on: a network made here has as many as are compared."""
    if not row.data or place.data is None:
        return None
    try:
        whole = load_set(row.data, place.data, "test")
    except Refusal:
        return None
    count = len(whole.images) if row.trained else place.compared
    return Images(images=whole.images[:count], labels=whole.labels[:count])


def _some(row: Row, tested: Images | None, count: int) -> np.ndarray:
    """Images of the test set, or drawn ones, uint8 (count, C, H, W)."""
    if tested is not None:
        return tested.images[:count]
    drawn = np.random.default_rng(SEED).integers(0, 256, (count, *row.shape), dtype=np.uint8)
    return drawn


def _right(classes: np.ndarray, tested: Images) -> Share:
    return Share(count=int((classes == tested.labels).sum()), images=len(classes))


def _accuracy(
    found: Found, checkpoint: Checkpoint, network: Network, tested: Images | None
) -> Found:
    if tested is None:
        return found
    pytorch = evaluation.evaluate(checkpoint, tested.images).classes
    integers = Reference(network).run(tested.images).classes
    return replace(found, pytorch=_right(pytorch, tested), integers=_right(integers, tested))


def _hardware(found: Found, network: Network, images: np.ndarray) -> Found:
    try:
        made = plan(network, board("ulx3s"), "85F", fill=FILL)
    except Refusal as refusal:
        return replace(found, unplanned=str(refusal).splitlines()[0])
    # The fastest design: a frame of a slow one takes longer to simulate than it saves to compile.
    wrong = cosimulate(Accelerator(made), network, images).differing
    return replace(found, rate=made.frames_per_second,
                   wrong=Share(count=len(wrong), images=len(images)))  # fmt: skip


def _compared(
    row: Row, place: Place, tested: Images | None, found: Found, network: Network,
    imported: Checkpoint,
) -> Found:
    """With the other program's own classes beside ours."""
    images = _some(row, tested, place.compared)
    real = row.table_bits is not None
    try:
        theirs = place.classes(row, images)
        # With rounded numbers, and nothing else that is quantised, no class may differ.
        rounded = place.classes(row, images, rounded=True) if real and not row.bits else None
    except Missing as reason:
        return replace(found, alone=str(reason))
    ours = Reference(network).run(images)
    if tested is not None and real:
        found = replace(found, before=_right(theirs, tested))
    if row.bits:
        found = replace(found, read=_share(_real(imported, images) != theirs))
    return replace(
        found, differing=_share(ours.classes != theirs), tied=_ties(ours, theirs),
        rounded=None if rounded is None else _share(ours.classes != rounded),
    )  # fmt: skip


def _ties(ours: Classified, theirs: np.ndarray) -> int:
    """The number of images that differ, but whose two classes have the same score."""
    images = np.flatnonzero(ours.classes != theirs)
    chosen = ours.scores[images, ours.classes[images]]
    return int((chosen == ours.scores[images, theirs[images]]).sum())


def _share(differs: np.ndarray) -> Share:
    return Share(count=int(differs.sum()), images=len(differs))


def _real(imported: Checkpoint, images: np.ndarray) -> np.ndarray:
    """Classes of a network as it was read, of real input in place of its table's."""
    said, module = imported.training, imported.module().double()
    exact_table(module, Normalisation(
        mean=tuple(said["mean"]), std=tuple(said["std"]), scale_bits=said["scale_bits"]))
    with torch.no_grad():
        parts = [module(each).argmax(1) for each in torch.from_numpy(images).split(BATCH)]
    return torch.cat(parts).numpy()
