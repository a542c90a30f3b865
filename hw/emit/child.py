"""Programs that are run for a command, and that end when it does, however it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")
Command = Sequence[str | os.PathLike[str]]

_LIFELINE = Path(__file__).with_name("lifeline.py")


class Child:
    """A running program, in a process group of its own; as a context it is ended when left early.

    Parameters
    ----------
    watches
        The program itself ends when its standard input does. Any other is started by
        `hw.emit.lifeline`, and reads nothing unless ``stdin`` is given.
    more
        Of `subprocess.Popen`.
    """

    def __init__(self, command: Command, *, watches: bool = False, **more: Any) -> None:
        self._group = _GROUP.get()
        if self._group and self._group.ended:
            raise Ended
        self._lifeline: int | None = None
        if watches:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, start_new_session=True, **more
            )
        else:
            read, self._lifeline = os.pipe()
            try:
                self.process = subprocess.Popen(
                    [sys.executable, "-I", "-S", _LIFELINE, str(read), *command],
                    pass_fds=(read,), start_new_session=True,
                    **{"stdin": subprocess.DEVNULL} | more,
                )  # fmt: skip
            except BaseException:
                os.close(self._lifeline)
                raise
            finally:
                os.close(read)
        if self._group:
            self._group.add(self)

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        self.process.wait()
        if self._lifeline is not None:
            os.close(self._lifeline)
        if self._group:
            self._group.remove(self)

    def end(self) -> None:
        """Kill it and what it has started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.killpg(self.process.pid, signal.SIGKILL)


def run(command: Command, **more: Any) -> "subprocess.CompletedProcess[str]":
    """As `subprocess.run` with the output and the errors kept as one text."""
    given = more.pop("input", None)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | more
    if given is not None:
        pipes["stdin"] = subprocess.PIPE
    with Child(command, text=True, errors="replace", **pipes) as child:
        out, err = child.process.communicate(given)
        return subprocess.CompletedProcess(list(command), child.process.returncode, out, err)


class Ended(Exception):
    """The run that a program would be a part of is over."""


class Group:
    """The programs that threads run together, those of groups that they make included."""

    def __init__(self) -> None:
        self.ended = False
        self._around = _GROUP.get()
        self._lock, self._running = threading.Lock(), set[Child]()
        self._calls, self._left = 0, threading.Condition()

    def call(self, call: Callable[[], Result]) -> Result:
        """What a thread does for the group."""
        with self._left:
            if self.ended:
                raise Ended
            self._calls += 1
        try:
            _GROUP.set(self)  # a thread begins with a context of its own
            return call()
        finally:
            with self._left:
                self._calls -= 1
                self._left.notify()

    def add(self, child: Child) -> None:
        with self._lock:
            self._running.add(child)
            if self.ended:
                child.end()
        if self._around:
            self._around.add(child)

    def remove(self, child: Child) -> None:
        with self._lock:
            self._running.discard(child)
        if self._around:
            self._around.remove(child)

    def end(self) -> None:
        """Kill its programs, and have no others."""
        with self._left, self._lock:
            self.ended = True
            for child in self._running:
                child.end()

    def wait(self) -> None:
        """Wait for every call that was begun, also in a thread that its pool does not know, as the
        one that was being started when a signal came."""
        with self._left:
            self._left.wait_for(lambda: not self._calls)


_GROUP: ContextVar[Group | None] = ContextVar("group", default=None)


def together(calls: Iterable[Callable[[], Result]], jobs: int) -> list[Result]:
    """As `results`, all at once."""
    return list(results(calls, jobs))


def results(calls: Iterable[Callable[[], Result]], jobs: int) -> Iterator[Result]:
    """What calls return, one by one; ``jobs`` at a time go on, in threads that wait for programs.

    When one raises, or this is interrupted, all programs that the others wait for are ended and no
    further call is begun.
    """
    group = Group()
    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        waiting = [pool.submit(group.call, call) for call in calls]
        for each in waiting:
            yield each.result()
    except BaseException:
        group.end()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        group.wait()
