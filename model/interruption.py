"""The end of a command by a signal: Ctrl-C, SIGTERM, or a terminal that closes."""

import _thread
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

GRACE = 3.0
"""Seconds for cleaning up, after which a command that is still in a library's call is ended."""


class Interrupted(KeyboardInterrupt):
    """A signal that ends the command; its notes (`add_note`) tell users what is kept."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def status(end: KeyboardInterrupt) -> int:
    """The exit status for a signal: 128 plus its number, as in shells."""
    return 128 + _number(end)


def words(end: KeyboardInterrupt) -> str:
    """The line to print for a signal, with the notes."""
    return "; ".join([_words(_number(end)), *getattr(end, "__notes__", ())])


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise the first signal of `SIGNALS` during the block as `Interrupted`.

    Later signals are ignored, so that a second Ctrl-C does not disturb the cleaning up. A signal
    that was ignored before, as by nohup, stays so. In other threads than the main one this does
    nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in SIGNALS}
    read, write = os.pipe()
    os.set_blocking(write, False)
    _HEARD.clear()
    _thread.start_new_thread(_watch, (read, threading.get_ident()))
    woken = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    collects, unraisable = gc.isenabled(), sys.unraisablehook

    def lost(event: "sys.UnraisableHookArgs") -> None:
        """Python drops what is raised in a ``__del__``: the signal is to be raised elsewhere."""
        if isinstance(event.exc_value, Interrupted):
            _handle(_raise)
            _HEARD.clear()  # so that `_watch` sends the signal again
        else:
            unraisable(event)

    sys.unraisablehook = lost
    _handle(_raise)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        sys.unraisablehook = unraisable
        signal.set_wakeup_fd(woken)
        os.close(write)
        if collects:
            gc.enable()


def from_the_start() -> None:
    """End with one line on a signal also while a command's modules are being imported.

    Called by the ``__init__`` of a package of commands: ``python -m package.command`` imports it
    first, and only at that time is ``sys.argv[0]`` "-m". The script ``purelogic`` does so too.
    """
    if sys.argv[:1] == ["-m"] or os.path.basename(sys.argv[0]) == "purelogic":
        _handle(_leave)


def _handle(handler: Callable[[int, FrameType | None], None]) -> None:
    """Set the handler of all signals that are not ignored."""
    for each in SIGNALS:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, handler)


def _raise(number: int, frame: FrameType | None) -> None:
    _handle(_nothing)
    _HEARD.set()
    gc.disable()  # a collection among a large design's objects takes longer than GRACE
    raise Interrupted(number)


def _nothing(number: int, frame: FrameType | None) -> None:
    """The handler of signals while the command is already ending: does nothing."""


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, f"{_words(number)}\n".encode())
    os._exit(128 + number)


_HEARD = threading.Event()
"""Set once the main thread has raised `Interrupted`."""


def _watch(read: int, main: int) -> None:
    """Read a signal's number from a pipe, then wait for the command's end, which closes the pipe.

    A signal that comes just before the main thread begins to wait does not wake it, and one that is
    raised while an object is deleted is dropped by Python: both are sent to that thread again.
    """
    number = 0
    while heard := os.read(read, 1):
        if heard[0] in SIGNALS:
            number = heard[0]
            break
    if number:
        deadline = time.monotonic() + GRACE
        os.set_blocking(read, False)
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if not _HEARD.is_set():
                signal.pthread_kill(main, number)
            try:
                if not os.read(read, 64):
                    break
            except BlockingIOError:
                continue
        else:
            _leave(number, None)
    os.close(read)


def _number(end: KeyboardInterrupt) -> int:
    return end.number if isinstance(end, Interrupted) else signal.SIGINT


def _words(number: int) -> str:
    if number == signal.SIGINT:
        return "interrupted"
    return f"ended by {signal.Signals(number).name}"
