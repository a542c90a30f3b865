"""One build at a time in a folder: who has it is told to whoever comes second."""

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO

from model.refusal import Refusal, refused

NAME = ".building"
"""The file that is locked while a build goes on. It is removed at the end, and one that a killed
build has left behind holds nobody up: the lock on it went with the process."""


class Lock:
    """The right to write in a folder, from when it is made until `free`.

    Parameters
    ----------
    folder
        One that is there.
    holder
        What to tell others of the build that has it.

    Raises
    ------
    Refusal
        Another process has it, or the folder cannot be written.
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
        """Let others have it."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._file.close()

    def _locked(self) -> IO[str]:
        while True:
            # Not through a link: what somebody's link leads to would be emptied.
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
            file.close()  # its holder has removed it meanwhile

    def _taken(self, file: IO[str]) -> str:
        told = ""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            known = json.loads(file.read())
            told = f" (process {known['pid']} since {known['since']}: {known['holder']})"
        return (
            f"{self._path.parent}: another build is at work in this folder{told}; "
            "wait until it has ended, or give another folder for --out"
        )


def _same(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
