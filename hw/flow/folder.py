"""The build folder: its files, and for every step the key of the inputs they were made from."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from model.refusal import Refusal

LEDGER = "steps.json"
ROOT = Path(__file__).resolve().parents[2]


class Folder:
    """``DIR`` of a build: ``folder / name`` is a file to read, ``folder.new(name)`` one to write.

    Until `release`, new files are kept elsewhere: a build that is refused while it is planned
    leaves no trace.

    Raises
    ------
    Refusal
        The path is no folder, or cannot be written when it comes to that.
    """

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_dir():
            raise Refusal(f"{path}: is a file; give a folder for --out")
        self.path = path
        self._staging: tempfile.TemporaryDirectory[str] | None = tempfile.TemporaryDirectory()
        self._steps: dict[str, Any] = _ledger(path / LEDGER)
        self._unsaved = False

    def __truediv__(self, name: str) -> Path:
        if self._staging is not None:
            staged = Path(self._staging.name) / name
            if staged.exists():
                return staged
        return self.path / name

    def new(self, name: str) -> Path:
        """Where to write a file; it is at its place after `release`."""
        return (Path(self._staging.name) if self._staging else self.path) / name

    def release(self) -> None:
        """Make the folder and bring in the files written so far; a second call does nothing."""
        if self._staging is None:
            return
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for staged in Path(self._staging.name).iterdir():
                partial = self.path / f".{staged.name}.partial"
                shutil.copyfile(staged, partial)
                os.replace(partial, self.path / staged.name)
            if self._unsaved:
                self._save()
        except OSError as error:
            where = f"{self.path}: cannot be written ({error.strerror})"
            raise Refusal(f"{where}; give another folder for --out") from None
        self._staging.cleanup()
        self._staging = None

    def current(self, step: str, key: str) -> bool:
        """Whether the step was done with this key and its files are still what it wrote."""
        known = self._steps.get(step)
        if known is None or known["key"] != key:
            return False
        return all(fingerprint(self / name) == was for name, was in known["files"].items())

    def done(self, step: str, key: str, files: Iterable[str], seconds: float) -> None:
        """Note that a step's files, as they are now, belong to its key."""
        prints = {name: fingerprint(self / name) for name in files}
        self._steps[step] = {"key": key, "files": prints, "seconds": round(seconds, 2)}
        if self._staging is None:
            self._save()
        else:
            self._unsaved = True

    def forget(self, step: str) -> None:
        """Delete what a step once wrote, as it belongs to nothing that is here now."""
        for name in self._steps.pop(step)["files"]:
            (self.path / name).unlink(missing_ok=True)
        self._save()

    @property
    def steps(self) -> dict[str, Any]:
        """Key, files and seconds of every known step."""
        return dict(self._steps)

    @property
    def released(self) -> bool:
        return self._staging is None

    def _save(self) -> None:
        write_text(self.path / LEDGER, json.dumps(self._steps, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a whole file or leave the old one."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text)
    os.replace(partial, path)


def fingerprint(path: Path) -> str | None:
    """SHA-256 of a file in hexadecimal; None if it is not there."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key(*inputs: object) -> str:
    """A key of plain values: changes when any of them does."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def code(*rooms: str) -> str:
    """A key of this program's own text in some rooms: a changed program makes its steps again."""
    state = hashlib.sha256()
    for room in rooms:
        path = ROOT / room
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            state.update(file.relative_to(ROOT).as_posix().encode())
            state.update(file.read_bytes())
    return state.hexdigest()


def _ledger(path: Path) -> dict[str, Any]:
    """What an earlier build noted; a damaged ledger is no ledger."""
    try:
        steps = json.loads(path.read_text())
        return {
            name: one for name, one in steps.items() if {"key", "files", "seconds"} <= one.keys()
        }
    except (OSError, ValueError, AttributeError):
        return {}
