"""A command in a process of its own, which tests send signals to."""

import gc
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

Main = Callable[[list[str]], int]
MARK = "PURELOGIC_TEST_MARK"


@dataclass
class Run:
    """A command in a process of its own, known by a mark that its children inherit."""

    pid: int
    folder: Path
    began: float

    @classmethod
    def start(cls, main: Main, words: list[str], folder: Path) -> "Run":
        (folder / "tmp").mkdir(parents=True)
        pid = os.fork()
        if not pid:
            _be(main, words, folder)
        return cls(pid, folder, time.monotonic())

    def send(self, number: int) -> None:
        self.began = time.monotonic()
        os.kill(self.pid, number)

    def status(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    @property
    def said(self) -> str:
        return (self.folder / "err").read_text()

    def children(self) -> list[str]:
        """Command lines of the processes with its mark."""
        mark, found = f"{MARK}={self.folder}\0".encode(), []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if int(path.name) != self.pid and mark in (path / "environ").read_bytes():
                    found.append((path / "cmdline").read_text())
            except OSError:
                continue
        return found

    def wait_for(self, what: str) -> None:
        while not any(what in each for each in self.children()):
            assert time.monotonic() - self.began < 200, f"no {what}: {self.said}"
            time.sleep(0.02)

    def wait_until_said(self, what: str) -> None:
        """Wait for a step's last line, which begins with a mark."""
        while not any(line[:1] in "✓·" and what in line for line in self._lines()):
            assert time.monotonic() - self.began < 200, f"no {what}: {self.said}"
            time.sleep(0.01)

    def _lines(self) -> list[str]:
        path = self.folder / "out"
        return path.read_text().splitlines() if path.exists() else []

    def all_gone(self) -> bool:
        deadline = time.monotonic() + 5
        while self.children():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def _be(main: Main, words: list[str], folder: Path) -> None:
    """The command, and nothing of the test after it."""
    try:
        gc.freeze()  # no command has all that the tests before it left
        torch.set_num_threads(1)  # the others of its pool are not in a fork, which would wait
        os.environ |= {"TMPDIR": str(folder / "tmp"), MARK: str(folder)}
        tempfile.tempdir = None
        for name, number in (("out", 1), ("err", 2)):
            os.dup2(os.open(folder / name, os.O_CREAT | os.O_WRONLY), number)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        hear()
        code = main(words)
        sys.stdout.flush()
        os._exit(code)
    finally:
        os._exit(99)


def hear() -> None:
    """No signal is ignored, though it was around the tests, as by nohup or a shell's ``&``."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
