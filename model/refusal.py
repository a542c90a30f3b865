"""The one way a command says no: a single clear line and exit status 2."""

import contextlib
import functools
import io
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from typing import Protocol

from model.faults import printable
from model.interruption import interruptible, status, words


class Main(Protocol):
    """A command: the words after its name, or None for those it was started with."""

    def __call__(self, argv: Sequence[str] | None = None) -> int: ...


class Refusal(Exception):
    """An input that cannot be used: the message says what is wrong, where, and what to do."""


def refusing(main: Main) -> Main:
    """Wrap a command's ``main``: a `Refusal` becomes ``error: ...`` on stderr and status 2.

    So does what the machine refuses, such as a write to a full disk, where nobody could say more of
    it. A signal that ends the command is one line as well, and status 128 and its number; a reader
    of its output that has left, as of ``| head``, ends it quietly.
    """

    @functools.wraps(main)
    def wrapped(argv: Sequence[str] | None = None) -> int:
        _open_closed()
        _take_any_name()
        # Amaranth's, for who writes a design: of one that was begun when the command ended.
        warnings.filterwarnings("ignore", message=".* created but never used")
        try:
            with interruptible():
                return _answered(main, argv)
        except KeyboardInterrupt as end:
            say(words(end))
            return status(end)
        except Refusal as refusal:
            say(f"error: {refusal}")
        except BrokenPipeError:
            _drop_output()
            return 128 + signal.SIGPIPE
        except MemoryError as error:
            say(f"error: out of memory ({error})" if str(error) else "error: out of memory")
        except OSError as error:
            say(f"error: {refused(error)}")
            _drop_output()
        return 2

    return wrapped


def _answered(main: Main, argv: Sequence[str] | None) -> int:
    code = main(argv)
    sys.stdout.flush()  # a full disk behind it is the command's to tell, not the interpreter's
    return code


def _open_closed() -> None:
    """Streams that were closed, as by ``>&-``, lead nowhere: the next file to be opened would else
    be the standard output of every tool."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


def _take_any_name() -> None:
    """A file's name may hold bytes that are no text, and the terminal may know ASCII alone."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """What is left in the buffer cannot be written either; Python would complain at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def refused(error: OSError, path: object = None) -> str:
    """What the machine refused: the path, as far as it is known, and the reason."""
    where = path or error.filename2 or error.filename or "output"
    return f"{where}: {error.strerror or error}"


def say(line: str) -> None:
    """One line on stderr, whatever characters a file's name has: what would break it, or move a
    terminal's cursor, is written as Python writes it. Nothing if nobody can read it."""
    # A surrogate is a byte of a name that is no text, for which the stream knows a way.
    shown = "".join(sign if "\ud800" <= sign <= "\udfff" else printable(sign) for sign in line)
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{shown}\n")
        sys.stderr.flush()
