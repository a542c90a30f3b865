"""Child processes, which end when this process does, even when it is killed."""

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
    """A running program, in a process group of its own.

    As a context manager it kills a program that is still running at the end of the block.

    Parameters
    ----------
    watches
        True if the program ends by itself at the end of its standard input. Any other is started
        by `hw.emit.lifeline`, and reads nothing unless ``stdin`` is given.
    options
        Keyword arguments of `subprocess.Popen`.
    """

    def __init__(self, command: Command, *, watches: bool = False, **options: Any) -> None:
        self._group = _GROUP.get()
        if self._group and self._group.ended:
            raise Ended
        self._lifeline: int | None = None
        if watches:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, start_new_session=True, **options
            )
        else:
            read, self._lifeline = os.pipe()
            try:
                self.process = subprocess.Popen(
                    [sys.executable, "-I", "-S", _LIFELINE, str(read), *command],
                    pass_fds=(read,), start_new_session=True,
                    **{"stdin": subprocess.DEVNULL} | options,
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
        """Kill the program and all that it has started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.killpg(self.process.pid, signal.SIGKILL)


def run(command: Command, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end, as `subprocess.run` does, with output and errors as one text.

    ``options`` are those of `subprocess.run`; ``stderr`` keeps errors apart.
    """
    text = options.pop("input", None)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | options
    if text is not None:
        pipes["stdin"] = subprocess.PIPE
    with Child(command, text=True, errors="replace", **pipes) as child:
        out, err = child.process.communicate(text)
        return subprocess.CompletedProcess(list(command), child.process.returncode, out, err)


class Ended(Exception):
    """The `Group` that a program was to be started in has been ended."""


class Group:
    """The programs that several threads run at once, which are ended together.

    Programs of a group that one of these threads makes belong to this one as well.
    """

    def __init__(self) -> None:
        self.ended = False
        self._around = _GROUP.get()
        self._lock, self._running = threading.Lock(), set[Child]()
        self._calls, self._left = 0, threading.Condition()

    def call(self, call: Callable[[], Result]) -> Result:
        """Make a call in the current thread, whose programs are then of this group."""
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
        """Count a program in; where the group has ended, kill it."""
        with self._lock:
            self._running.add(child)
            if self.ended:
                child.end()
        if self._around:
            self._around.add(child)

    def remove(self, child: Child) -> None:
        """Leave out a program that has ended."""
        with self._lock:
            self._running.discard(child)
        if self._around:
            self._around.remove(child)

    def end(self) -> None:
        """Kill the group's programs, and start no others in it."""
        with self._left, self._lock:
            self.ended = True
            for child in self._running:
                child.end()

    def wait(self) -> None:
        """Wait for every call that was begun.

        A thread pool does not do that alone: it does not know of a thread that was being started
        when a signal came.
        """
        with self._left:
            self._left.wait_for(lambda: not self._calls)


_GROUP: ContextVar[Group | None] = ContextVar("group", default=None)


def together(calls: Iterable[Callable[[], Result]], jobs: int) -> list[Result]:
    """The list of what calls return, made by `results`."""
    return list(results(calls, jobs))


def results(calls: Iterable[Callable[[], Result]], jobs: int) -> Iterator[Result]:
    """Results of calls, in order; up to ``jobs`` run at once, in threads that wait for programs.

    When a call raises, or this is interrupted, the programs of all the others are killed and no
    further call is begun.
    """
    group = Group()
    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        waiting = [pool.submit(group.call, call) for call in calls]
        for future in waiting:
            yield future.result()
    except BaseException:
        group.end()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        group.wait()
