"""A lock on the build folder, for one build at a time; others are told who has it."""

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO

from model.refusal import Refusal, refused

NAME = ".building"
"""The file that is locked during a build, and deleted at its end. One that a killed build has left
does no harm: the lock ended with the process."""


class Lock:
    """A lock on a folder, from its creation until `free`.

    Parameters
    ----------
    folder
        A folder that exists.
    holder
        Text that other builds print about this one, such as its command.

    Raises
    ------
    Refusal
        Another process has the lock, or the folder cannot be written.
    """

    def __init__(self, folder: Path, holder: str) -> None:
        self._path = folder / NAME
        try:
            self._file = self._locked()
            since = time.strftime("%Y-%m-%d %H:%M:%S")
            self._file.write(json.dumps({"pid": os.getpid(), "since": since, "holder": holder}))
            self._file.flush()
        except OSError as error:
            said = refused(error, folder)
            raise Refusal(f"{said}; give another folder for --out") from None

    def free(self) -> None:
        """Release the lock."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._file.close()

    def _locked(self) -> IO[str]:
        while True:
            # Do not follow a symbolic link: the file that it leads to would be emptied.
            how = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            file = os.fdopen(os.open(self._path, how), "r+")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with file:
                    raise Refusal(self._taken(file)) from None
            except BaseException:
                file.close()
                raise
            if _same(file, self._path):
                file.truncate(0)
                return file
            file.close()  # a build that ended meanwhile has deleted it

    def _taken(self, file: IO[str]) -> str:
        told = ""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            entry = json.loads(file.read())
            told = f" (process {entry['pid']} since {entry['since']}: {entry['holder']})"
        return (
            f"{self._path.parent}: another build is at work in this folder{told}; "
            "wait until it has ended, or give another folder for --out"
        )


def _same(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
