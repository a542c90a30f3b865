"""Refusals: a command that cannot use its input prints one line, and exits with status 2."""

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
    """A command's ``main``: takes its arguments, None for those of the process; gives a status."""

    def __call__(self, argv: Sequence[str] | None = None) -> int: ...


class Refusal(Exception):
    """Unusable input; the message says what is wrong, where, and what to do.

    Several messages are a line each.
    """

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


def refusing(main: Main) -> Main:
    """Wrap a command's ``main``: a `Refusal` becomes ``error: ...`` on stderr and status 2.

    So does any other `OSError`, such as a write to a full disk. A signal that ends the command
    becomes one line, and status 128 plus its number. If the reader of the output has ended, as in
    ``| head``, the command ends without a message.
    """

    @functools.wraps(main)
    def wrapped(argv: Sequence[str] | None = None) -> int:
        _open_closed()
        _take_any_name()
        # Amaranth warns of a design that was incomplete when the command ended: not for users.
        warnings.filterwarnings("ignore", message=".* created but never used")
        try:
            with interruptible():
                return _answered(main, argv)
        except KeyboardInterrupt as end:
            say(words(end))
            return status(end)
        except Refusal as refusal:
            first, *others = map(str, refusal.args)
            say(f"error: {first}")
            for line in others:
                say(line)
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
    sys.stdout.flush()  # here, so that the command tells of a full disk, not the interpreter
    return code


def _open_closed() -> None:
    """Open closed standard streams, as after ``>&-``, on the null device.

    Otherwise the next file that is opened would become the standard output of every tool.
    """
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
    """Make the standard streams accept any file name: bytes that are no text, and non-ASCII ones.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Discard buffered output that cannot be written, of which Python would complain at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def refused(error: OSError, path: object = None) -> str:
    """An `OSError` as text: the path, as far as it is known, and the reason."""
    where = path or error.filename2 or error.filename or "output"
    return f"{where}: {error.strerror or error}"


def say(line: str) -> None:
    """Print one line on stderr; nothing if that is closed.

    Characters that would break the line or move a terminal's cursor are printed as escapes.
    """
    # A surrogate is a byte of a file name that is no text, which the stream itself can write.
    shown = "".join(sign if "\ud800" <= sign <= "\udfff" else printable(sign) for sign in line)
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{shown}\n")
        sys.stderr.flush()
