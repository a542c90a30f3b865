"""The build folder: its files, and for every step the key of the inputs that they come from."""

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hw.emit.tools import Failure
from hw.flow.ledger import DONE, LEDGER, content, entries
from hw.flow.lock import Lock
from hw.flow.prints import fingerprint
from hw.flow.taken import BELOW, CORE, place
from model.files import PARTIAL, write_text
from model.refusal import Refusal, refused

WORK = ".purelogic-work-"
"""Prefix of the name of a step's private folder."""


class Folder:
    """The folder of a build; ``folder / name`` is a file to read, ``folder.new(name)`` to write.

    Steps know a file by its name alone; `hw.flow.taken.place` says where in the folder it lies.
    A step writes into a private folder, and its files are moved to their place when it is done:
    no file there is incomplete, and a tool that outlives its build writes where nobody reads. Until
    `release`, finished files are kept in a temporary folder: a build that is refused while it is
    planned leaves nothing behind.

    Raises
    ------
    Refusal
        The path is not a folder, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = _checked(path)
        self._staging: Path | None = None
        self._released = False
        self._work: Path | None = None
        self._holder = ""
        self._lock: Lock | None = None
        self._steps = entries(self / LEDGER)
        self._fresh: set[str] = set()  # steps that this build has run

    @contextmanager
    def locked(self, holder: str) -> Iterator[None]:
        """A lock on the folder, for one build at a time.

        A folder that does not exist is locked when it is made. Another build is told ``holder``, a
        text such as the command that has the lock.

        Raises
        ------
        Refusal
            Another build has the lock.
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
        if self._staging is not None and (staged := self._staging / place(name)).exists():
            return staged
        return self.path / place(name)

    @property
    def tools(self) -> Path:
        """The folder of the tools' files, once they are released."""
        return self.path / BELOW

    @contextmanager
    def work(self) -> Iterator[None]:
        """A private folder for a step, which `new` gives; it is deleted at the end.

        The log that a `Failure` names is kept: it is moved to the build folder.
        """
        parent = self._place()
        with _writing(self._disk):
            self._work = Path(tempfile.mkdtemp(prefix=WORK, dir=parent))
        try:
            with _writing(self._disk):
                yield
        except Failure as failure:
            if failure.log and failure.log.parent == self._work:
                kept = _within(parent, failure.log.name)
                os.replace(failure.log, kept)
                for step in self._steps.values():
                    step["files"].pop(kept.name, None)  # no step that succeeded has made it
                failure.log = kept
            raise
        finally:
            shutil.rmtree(self._work, ignore_errors=True)
            self._work = None

    def new(self, name: str = "") -> Path:
        """Path at which a step writes a file; without a name, its private folder."""
        assert self._work is not None, "outside a step"
        return self._work / name

    def bring(self, *names: str) -> Path:
        """The private folder, with copies of files that earlier steps of this build have made.

        Raises
        ------
        Failure
            A file has changed since its step made it.
        """
        for name in names:
            copy = self.new(name)
            shutil.copyfile(self / name, copy)
            self._compare(name, fingerprint(copy))
        return self.new()

    def verified(self, name: str) -> Path:
        """Path of a file that an earlier step of this build has made, after comparing its content.

        Raises
        ------
        Failure
            The file has changed since its step made it.
        """
        path = self / name
        self._compare(name, fingerprint(path))
        return path

    def release(self) -> None:
        """Make the build folder and move the finished files there; a second call does nothing."""
        if self._released or self._staging is None:
            return
        with _writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            if self._lock is None:
                self._take()
            staged = [file for file in self._staging.rglob("*") if file.is_file()]
            for file in staged:
                shutil.copyfile(file, self.path / f"{WORK}{file.name}")
            for file in staged:
                os.replace(self.path / f"{WORK}{file.name}", _within(self.path, file.name))
                file.unlink()
            if self._fresh:
                self._save()
        self._released = True

    def current(self, step: str, key: str) -> bool:
        """True if the step was done with this key, and its files have not changed since."""
        entry = self._steps.get(step)
        if entry is None or entry["key"] != key:
            return False
        return all(fingerprint(self / name) == was for name, was in entry["files"].items())

    def done(self, step: str, key: str, files: Iterable[str], seconds: float) -> None:
        """Move a step's files to their place, and note them with its key.

        Files that an earlier run of the step made, and this one did not, are deleted.
        """
        names = list(files)
        with _writing(self._disk):
            prints = {name: fingerprint(self.new(name)) for name in names}
            for name in names:
                os.replace(self.new(name), _within(self._place(), name))
            before = self._steps.get(step, {"files": {}})["files"]
            self._steps[step] = {"key": key, "files": prints, "seconds": round(seconds, 2)}
            self._fresh.add(step)
            if self._released:
                for name in set(before) - set(names):
                    self._delete(name)
                self._save()

    def finish(self, key: str, results: Mapping[str, str]) -> None:
        """Note that a build with this key came to its end, and the result of each of its steps.

        What is noted holds until a step is done or forgotten.
        """
        with _writing(self.path):
            noted = {"key": key, "results": dict(results)}
            write_text(_within(self.path, DONE), json.dumps(noted, indent=1) + "\n")

    def finished(self, key: str) -> dict[str, str]:
        """Results by step of the last build if it had this key and came to its end, and no file of
        these steps has changed since; otherwise none."""
        noted = content(self / DONE)
        results = noted.get("results")
        if noted.get("key") != key or not isinstance(results, dict):
            return {}
        whole = all(step in self._steps and self.current(step, self._steps[step]["key"])
                    for step in results)
        return {str(step): str(told) for step, told in results.items()} if whole else {}

    def forget(self, step: str) -> None:
        """Delete the files that a step of an earlier build made, and its entry."""
        for name in self._steps.pop(step)["files"]:
            self._delete(name)
        self._save()

    @property
    def steps(self) -> dict[str, Any]:
        """Key, files and seconds of every step that was done, by its name."""
        return dict(self._steps)

    def files_of(self, step: str) -> list[str]:
        """Names of the files that a step has made."""
        return list(self._steps.get(step, {"files": ()})["files"])

    @property
    def released(self) -> bool:
        """True after `release`: finished files are in the build folder itself."""
        return self._released

    def print_of(self, name: str) -> str | None:
        """SHA-256 of a file, as noted for the step that made it; None if no step did."""
        for entry in self._steps.values():
            if name in entry["files"]:
                return str(entry["files"][name])
        return None

    def _delete(self, name: str) -> None:
        """Delete a file that a step has made, and the folder of a core with its last one."""
        path = self.path / place(name)
        path.unlink(missing_ok=True)
        if path.parent.name == CORE:
            with contextlib.suppress(OSError):  # it has other files
                path.parent.rmdir()

    def _compare(self, name: str, digest: str | None) -> None:
        if digest is None or digest != self.print_of(name):
            raise Failure(
                f"{self / name}: is no longer what this build has made of it; something else "
                "writes in the folder, so build again when it has ended, or in another folder"
            )

    def _place(self) -> Path:
        """The folder of finished files: a temporary one until `release`, then the build folder."""
        if self._released or self._staging is None:
            return self.path
        return self._staging

    @property
    def _disk(self) -> Path:
        """A folder on the disk that steps write to, to be named when that is full."""
        return self.path if self._place() == self.path else Path(tempfile.gettempdir())

    def _take(self) -> None:
        """Lock the folder, and read what an earlier build has noted in it."""
        self._lock = Lock(self.path, self._holder)
        fresh = {step: self._steps[step] for step in self._fresh}
        self._steps = entries(self.path / place(LEDGER)) | fresh
        self._clear()
        self._clear_flat()

    def _clear(self) -> None:
        """Delete the private folders and files that a killed build has left."""
        for left in (*self.path.glob(f"{WORK}*"), *self.path.glob(f"{PARTIAL}*")):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    left.unlink()

    def _clear_flat(self) -> None:
        """Delete what an earlier version of this program has left, whose files all lay together."""
        for entry in (flat := entries(self.path / LEDGER)).values():
            for name in entry["files"]:
                (self.path / name).unlink(missing_ok=True)
        if flat:
            (self.path / LEDGER).unlink()

    def _save(self) -> None:
        (self.path / place(DONE)).unlink(missing_ok=True)
        write_text(_within(self.path, LEDGER), json.dumps(self._steps, indent=1) + "\n")


def _within(folder: Path, name: str) -> Path:
    """The path of a file to write in a build folder, whose own folder is made."""
    path = folder / place(name)
    path.parent.mkdir(exist_ok=True)
    return path


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn an `OSError` while files are written into a `Refusal`: one line, with the path."""
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
    """The path, if it is a folder that can be written, or one that could be made there.

    Raises
    ------
    Refusal
        It is neither.
    """
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
