"""The build folder: its files, and for every step the key of the inputs they were made from."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hw.emit.tools import Failure
from hw.flow.lock import Lock
from model.refusal import Refusal, refused

LEDGER = "steps.json"
WORK = ".purelogic-work-"
"""What the name of a step's private folder begins with."""


class Folder:
    """``DIR`` of a build: ``folder / name`` is a file to read, ``folder.new(name)`` one to write.

    A step writes in a private folder, and only what it has finished is moved to its place: nothing
    is half written there, and a tool that outlives its build writes where nobody reads. Until
    `release`, finished files are kept elsewhere as well: a build that is refused while it is
    planned leaves no trace.

    Raises
    ------
    Refusal
        The path is no folder, or cannot be written when it comes to that.
    """

    def __init__(self, path: Path) -> None:
        self.path = _checked(path)
        self._staging: Path | None = None
        self._released = False
        self._work: Path | None = None
        self._holder = ""
        self._lock: Lock | None = None
        self._steps = _ledger(path / LEDGER)
        self._fresh: set[str] = set()  # steps that this build has run

    @contextmanager
    def held(self, holder: str) -> Iterator[None]:
        """The folder for one build alone, which ``holder`` tells others of; not there yet, it is
        taken when it is made.

        Raises
        ------
        Refusal
            Another build has it.
        """
        self._holder = holder
        if self.path.is_dir():
            self._take()
        try:
            with _writing(Path(tempfile.gettempdir())):
                staging = tempfile.TemporaryDirectory(prefix="purelogic-")
            with staging as name:
                self._staging = Path(name)
                yield
        finally:
            self._staging = None
            if self._lock:
                self._clear()
                self._lock.free()
                self._lock = None

    def __truediv__(self, name: str) -> Path:
        if self._staging is not None and (staged := self._staging / name).exists():
            return staged
        return self.path / name

    @contextmanager
    def work(self) -> Iterator[None]:
        """Give `new` an empty private folder, which is gone afterwards.

        The log that a `Failure` names is kept: it takes its place among the files.
        """
        parent = self._place()
        with _writing(self._disk):
            self._work = Path(tempfile.mkdtemp(prefix=WORK, dir=parent))
        try:
            with _writing(self._disk):
                yield
        except Failure as failure:
            if failure.log and failure.log.parent == self._work:
                kept = parent / failure.log.name
                os.replace(failure.log, kept)
                for known in self._steps.values():
                    known["files"].pop(kept.name, None)  # it is of no step that succeeded
                failure.log = kept
            raise
        finally:
            shutil.rmtree(self._work, ignore_errors=True)
            self._work = None

    def new(self, name: str = "") -> Path:
        """Where a step writes a file; without a name, its private folder."""
        assert self._work is not None, "outside a step"
        return self._work / name

    def bring(self, *names: str) -> Path:
        """The private folder, with copies of files that earlier steps of this build have made.

        Raises
        ------
        Failure
            One is no longer what was made.
        """
        for name in names:
            copy = self.new(name)
            shutil.copyfile(self / name, copy)
            self._compare(name, fingerprint(copy))
        return self.new()

    def made(self, name: str) -> Path:
        """A file to read, which still is what an earlier step of this build has made.

        Raises
        ------
        Failure
            It is not.
        """
        path = self / name
        self._compare(name, fingerprint(path))
        return path

    def release(self) -> None:
        """Make the folder and bring in the files written so far; a second call does nothing."""
        if self._released or self._staging is None:
            return
        with _writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            if self._lock is None:
                self._take()
            staged = list(self._staging.iterdir())
            for file in staged:
                shutil.copyfile(file, self.path / f"{WORK}{file.name}")
            for file in staged:
                os.replace(self.path / f"{WORK}{file.name}", self.path / file.name)
                file.unlink()
            if self._fresh:
                self._save()
        self._released = True

    def current(self, step: str, key: str) -> bool:
        """Whether the step was done with this key and its files are still what it wrote."""
        known = self._steps.get(step)
        if known is None or known["key"] != key:
            return False
        return all(fingerprint(self / name) == was for name, was in known["files"].items())

    def done(self, step: str, key: str, files: Iterable[str], seconds: float) -> None:
        """Put a step's files in their place and note that they belong to its key; what it made an
        earlier time and now did not goes."""
        names = list(files)
        with _writing(self._disk):
            prints = {name: fingerprint(self.new(name)) for name in names}
            for name in names:
                os.replace(self.new(name), self._place() / name)
            before = self._steps.get(step, {"files": {}})["files"]
            self._steps[step] = {"key": key, "files": prints, "seconds": round(seconds, 2)}
            self._fresh.add(step)
            if self._released:
                for name in set(before) - set(names):
                    (self.path / name).unlink(missing_ok=True)
                self._save()

    def forget(self, step: str) -> None:
        """Delete what a step once wrote, as it belongs to nothing that is here now."""
        for name in self._steps.pop(step)["files"]:
            (self.path / name).unlink(missing_ok=True)
        self._save()

    @property
    def steps(self) -> dict[str, Any]:
        """Key, files and seconds of every known step."""
        return dict(self._steps)

    def files_of(self, step: str) -> list[str]:
        """Names of the files that a step has made."""
        return list(self._steps.get(step, {"files": ()})["files"])

    @property
    def released(self) -> bool:
        return self._released

    def print_of(self, name: str) -> str | None:
        """SHA-256 of a file as the step that made it noted it."""
        for known in self._steps.values():
            if name in known["files"]:
                return str(known["files"][name])
        return None

    def _compare(self, name: str, found: str | None) -> None:
        if found is None or found != self.print_of(name):
            raise Failure(
                f"{self / name}: is no longer what this build has made of it; something else "
                "writes in the folder, so build again when it has ended, or in another folder"
            )

    def _place(self) -> Path:
        if self._released or self._staging is None:
            return self.path
        return self._staging

    @property
    def _disk(self) -> Path:
        """The folder that is full when a step's is."""
        return self.path if self._place() == self.path else Path(tempfile.gettempdir())

    def _take(self) -> None:
        """Have the folder alone, as an earlier build has left it."""
        self._lock = Lock(self.path, self._holder)
        fresh = {step: self._steps[step] for step in self._fresh}
        self._steps = _ledger(self.path / LEDGER) | fresh
        self._clear()

    def _clear(self) -> None:
        """Remove what a killed build has left of its private folders."""
        for left in self.path.glob(f"{WORK}*"):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    left.unlink()

    def _save(self) -> None:
        write_text(self.path / LEDGER, json.dumps(self._steps, indent=1) + "\n")


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """What the machine refuses while files are written, as one line with the path."""
    try:
        yield
    except OSError as error:
        named = Path(str(error.filename2 or error.filename or folder))
        private = any(part.startswith(WORK) for part in named.parts)
        said = refused(error, folder if private else named)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            todo = "make room there and build again; the steps that were done are kept"
        elif folder == Path(tempfile.gettempdir()):
            todo = "name another folder in the variable TMPDIR"
        else:
            todo = "give another folder for --out"
        raise Refusal(f"{said}; {todo}") from None


def _checked(path: Path) -> Path:
    """A path that can become the folder, as far as can be told without making it."""
    if not _is_text(path.absolute()):
        raise Refusal(f"{path}: is no text in UTF-8, in which the tools read names; give another "
                      "folder for --out")
    with _writing(path):
        if path.is_symlink() and not path.exists():
            raise Refusal(f"{path}: is a link that leads nowhere; give a folder for --out")
        for nearest in (path, *path.absolute().parents):
            if nearest.exists():
                break
        if not nearest.is_dir():
            within = "" if nearest == path else f"{path}: "
            raise Refusal(f"{within}{nearest}: is a file; give a folder for --out")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "cannot be written", str(nearest))
    return path


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def write_text(path: Path, text: str) -> None:
    """Write a whole file or leave the old one."""
    partial = path.with_name(f"{WORK}{path.name}")
    try:
        partial.write_text(text)
        os.replace(partial, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from None


def fingerprint(path: Path) -> str | None:
    """SHA-256 of a file in hexadecimal; None if it is not there."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key(*inputs: object) -> str:
    """A key of plain values: changes when any of them does."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _ledger(path: Path) -> dict[str, Any]:
    """What an earlier build noted; a damaged ledger is no ledger, nor is a pipe, which is waited
    for without end."""
    if not path.is_file():
        return {}
    try:
        steps = json.loads(path.read_text())
        return {name: one for name, one in steps.items() if _sound(one)}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def _sound(known: Any) -> bool:
    """Whether it is what `Folder.done` notes: files are named here, and are in the folder."""
    return (
        isinstance(known, dict)
        and isinstance(known.get("key"), str)
        and isinstance(known.get("seconds"), int | float)
        and isinstance(known.get("files"), dict)
        and all(name and name == Path(name).name for name in known["files"])
    )
