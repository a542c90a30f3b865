"""The trial of a case by the rule for all commands, in a process with bounded memory."""

import importlib
import io
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hostile.case import Case
from benchmarks.hostile.checkpoints import CODE_RAN

SECONDS, MEMORY, LINE = 10.0, 2 << 30, 2_000
"""Limits of a refusal: seconds of a processor, which do not depend on the load of the machine;
bytes of memory, for good input too; and characters of its line."""

KILLED_AFTER = 120.0
"""Seconds of real time after which a command is killed, as one that waits for ever."""

ADDRESSES = 12 << 30
"""Bytes of address space, so that a case that allocates terabytes fails on any machine."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The outcome of a case.

    Seconds of a processor, bytes of memory beyond the idle program's, and in ``broken`` the clauses
    of the rule that did not hold.
    """

    case: Case
    status: int
    said: str
    seconds: float
    memory: int
    broken: tuple[str, ...]


def judge(case: Case) -> Verdict:
    """Run a case in an empty folder that is both its home and its working directory.

    The rule: with good input the command ends with status 0. With any other it ends with status 2
    and one line on the standard error that begins with ``error: ``, leaves no file, and stays
    within the limits.
    """
    with tempfile.TemporaryDirectory(prefix="hostile") as name:
        folder, here = Path(name) / "given", Path(name) / "here"
        folder.mkdir()
        here.mkdir()
        words = case.make(folder)
        before = _files(Path(name))
        status, memory, seconds = _run(case.command, words, Path(name), here)
        said = (Path(name) / "err").read_text(errors="replace")
        left = sorted(_files(Path(name)) - before - {"err", "out"})
        broken = _broken(case, status, said, seconds, memory, left)
        shown = said.replace(f"{folder}/", "").replace(f"{here}/", "").strip()
    return Verdict(case=case, status=status, said=shown, seconds=seconds, memory=memory,
                   broken=tuple(broken))  # fmt: skip


def _broken(
    case: Case, status: int, said: str, seconds: float, memory: int, left: list[str]
) -> list[str]:
    found = []
    if "Traceback" in said:
        found.append(f"traceback: {said.strip().splitlines()[-1][:150]}")
    if any(name.endswith(CODE_RAN) for name in left):
        found.append("its code was run")
    if seconds > SECONDS and not case.taken:
        found.append(f"{seconds:.0f} s")
    if memory > MEMORY:
        found.append(f"{memory >> 20} MiB")
    if case.taken:
        return [*found, f"status {status}: {said[:150]}"] if status else found
    if status != 2:
        found.append(f"status {status}")
    elif not said.startswith("error: ") or said.count("\n") != 1:
        found.append(f"{said.count(chr(10))} lines: {said[:100]!r}")
    if len(said) > LINE:
        found.append(f"{len(said)} characters")
    if case.told.lower() not in said.lower():
        found.append(f"does not say {case.told!r}")
    if left:
        found.append(f"left {left[:3]}")
    return found


def _run(command: str, words: list[str], outside: Path, here: Path) -> tuple[int, int, float]:
    """Run a command; returns exit status, memory and seconds of a processor.

    Memory is the largest number of bytes beyond those of this process; the seconds include those of
    the command's children.
    """
    # What this process has now, which the child begins with; not the most that it ever had.
    mine = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 10
    pid = os.fork()
    if not pid:
        _child(command, words, outside, here)
    deadline = time.monotonic() + KILLED_AFTER
    while True:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            memory = max(0, used.ru_maxrss - mine) << 10
            return os.waitstatus_to_exitcode(status), memory, used.ru_utime + used.ru_stime
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)


def _child(command: str, words: list[str], outside: Path, here: Path) -> None:
    os.setsid()
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(outside / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8",
                                  errors="backslashreplace", write_through=True)  # fmt: skip
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    os.chdir(here)
    status = 1
    try:
        status = importlib.import_module(command).main(words)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status or 0)


def _files(folder: Path) -> set[str]:
    """Paths of all files and folders below a folder."""
    found = set()
    for path, folders, files in os.walk(folder):
        inside = Path(path).relative_to(folder)
        found |= {str(inside / name) for name in (*folders, *files)}
    return found
