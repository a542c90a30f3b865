"""Files that users name: checks before one is opened, and writing one completely or not at all."""

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from model.faults import shown
from model.refusal import Refusal

Name = str | os.PathLike[str]

TRAINED = "give a file written by model.train"
"""Advice where a checkpoint is missing, or is none."""

PARTIAL = ".partial-"
"""Begin of the names of files that are being written."""


def size(path: Name, most: int, *, hint: str = "") -> int:
    """Size in bytes of the regular file ``path``, without opening it: a pipe would wait for ever.

    Parameters
    ----------
    most : most bytes.
    hint : advice for the refusal: what to give in its place.

    Raises
    ------
    Refusal
        For a missing file, a folder, a pipe or device, a file without rights, or a larger one.
    """
    hint = hint and f"; {hint}"
    try:
        known = os.stat(path)
    except FileNotFoundError:
        raise Refusal(f"{path}: no such file{hint}") from None
    except (OSError, ValueError) as error:
        raise Refusal(f"{path}: cannot be read ({reason(error)}){hint}") from None
    if stat.S_ISDIR(known.st_mode):
        raise Refusal(f"{path}: no such file, but a folder{hint}")
    if not stat.S_ISREG(known.st_mode):
        raise Refusal(f"{path}: a pipe or device, not a regular file; write it to a file first")
    if not os.access(path, os.R_OK):
        raise Refusal(f"{path}: cannot be read (Permission denied){hint}")
    if known.st_size > most:
        raise Refusal(f"{path}: {known.st_size:,} bytes, at most {most:,} are read{hint}")
    return known.st_size


def content(path: Name, most: int, *, hint: str = "") -> bytes:
    """Content of the regular file ``path``, at most ``most`` bytes. Raises as `size` does."""
    size(path, most, hint=hint)
    try:
        with open(path, "rb") as file:
            given = file.read(most + 1)
    except OSError as error:
        raise Refusal(f"{path}: cannot be read ({reason(error)})") from None
    if len(given) > most:
        raise Refusal(f"{path}: more than {most:,} bytes, which are read at most")
    return given


def reason(error: Exception) -> str:
    """The first line of an exception's text, made printable; its type's name if it has none."""
    said = ((error.strerror if isinstance(error, OSError) else None) or str(error)).splitlines()
    return shown(said[0]) if said and said[0] else type(error).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Silence a library's own warnings about a file: the refusal is the one line to read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def check_target(path: Path, option: str = "--out") -> None:
    """Refuse a path that cannot be written; called before any work is done.

    Raises
    ------
    Refusal
        With ``option``: its folder is missing or cannot be written, or ``path`` is a folder or a
        device.
    """
    folder = path.absolute().parent
    try:
        # is_dir does not tell a name that is too long, or a loop of links.
        with suppress(FileNotFoundError):
            known = os.lstat(path)
            if not stat.S_ISREG(known.st_mode) and not path.is_file():
                what = "a folder" if path.is_dir() else "not a regular file"
                raise Refusal(f"{path}: is {what}; change {option} to a file to write")
        there = folder.is_dir()
    except (OSError, ValueError) as error:
        raise Refusal(f"{path}: cannot be written ({reason(error)}); change {option}") from None
    if not there:
        raise Refusal(f"{path}: there is no folder {path.parent}; change {option}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refusal(f"{path}: cannot be written (no rights to the folder {path.parent}); change"
                      f" {option}")


def check_new(path: Path, *, overwrite: bool) -> None:
    """Refuse a path that is given by its name and cannot be written, or has a file already.

    Raises
    ------
    Refusal
        As `check_target` does, or for a file that is there, unless ``overwrite``.
    """
    check_target(path, "the name")
    if path.exists() and not overwrite:
        raise Refusal(f"{path}: a file lies there already; replace it with --overwrite, or change"
                      " the name")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The path of a new file beside ``path``, which takes its place if the block raises nothing.

    So a file is complete, or the earlier one is still there; what a killed program leaves begins
    with `PARTIAL`. Raises OSError as the system does.
    """
    # A name of this process alone, so that two writers do not mix: the later one wins.
    partial = path.with_name(f"{PARTIAL}{os.getpid()}-{os.urandom(4).hex()}")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a file completely or not at all. Raises OSError with ``path``."""
    try:
        with replacing(path) as partial:
            partial.write_text(text)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


@contextmanager
def whole(path: Name) -> Iterator[IO[bytes]]:
    """A temporary file to write and read, which replaces ``path`` if the block raises nothing.

    Raises
    ------
    Refusal
        If it cannot be written; an earlier file is then unchanged.
    """
    target = Path(path)
    try:
        with replacing(Path(os.path.realpath(target))) as partial:
            with open(partial, "x+b") as file:
                yield file
            if target.exists() and not target.is_file():
                raise Refusal(f"{target}: cannot be written (a folder, pipe or device lies there);"
                              " change the name")
    except (OSError, ValueError) as error:
        raise Refusal(f"{target}: cannot be written ({reason(error)}); check the folder") from None
