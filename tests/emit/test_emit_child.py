"""Programs that a command runs end with it: when it fails, is interrupted, or is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from hw.emit.child import Child, Ended, Group, run, together

ROOT = Path(__file__).resolve().parents[2]

SLEEPER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
"""Says who it is and sleeps."""

PARENT = """
import sys
import threading
from hw.emit.child import Child
with Child([sys.executable, "-c", *sys.argv[1:]]) as child:
    child.process.wait()
"""
"""Waits for such a one, with another Python between, as compilers have theirs."""

BETWEEN = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"


def pid_in(path: Path) -> int:
    """The number that a sleeper has written."""
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline, "the sleeper did not start"
        time.sleep(0.01)
    return int(path.read_text())


def gone(pid: int, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("depth", [0, 1], ids=["child", "grandchild"])
def test_a_program_ends_with_a_parent_that_is_killed(
    number: signal.Signals, depth: int, tmp_path: Path
) -> None:
    words = [*[BETWEEN] * depth, SLEEPER, str(tmp_path / "pid")]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *words], env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    sleeper = pid_in(tmp_path / "pid")
    parent.send_signal(number)
    parent.wait()
    assert gone(sleeper)


def test_a_program_that_is_left_early_is_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BETWEEN, SLEEPER, tmp_path / "pid"]
    with pytest.raises(KeyboardInterrupt), Child(command):
        sleeper = pid_in(tmp_path / "pid")
        raise KeyboardInterrupt
    assert gone(sleeper)


def test_output_input_and_status_are_as_without_it() -> None:
    program = "import sys; print(sys.stdin.read().upper()); sys.exit(3)"
    done = run([sys.executable, "-c", program], input="text")
    assert (done.stdout.strip(), done.returncode) == ("TEXT", 3)
    assert "EOF when reading a line" in run([sys.executable, "-c", "print(input())"]).stdout


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_the_signal_that_ended_a_program_is_told(number: signal.Signals) -> None:
    program = f"import os; os.kill(os.getpid(), {int(number)})"
    assert run([sys.executable, "-c", program]).returncode == -number


def test_a_program_that_is_not_there_is_a_status() -> None:
    done = run(["no-such-program"])
    assert done.returncode == 127 and "no-such-program: No such file" in done.stdout


def sleep(path: Path) -> int:
    return run([sys.executable, "-c", SLEEPER, path]).returncode


@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
def test_when_one_call_fails_the_programs_of_the_others_end(nested: bool, tmp_path: Path) -> None:
    path = tmp_path / "pid"
    begun: list[int] = []

    def fail() -> int:
        begun.append(pid_in(path))
        raise ValueError("this one")

    other: Callable[[], object] = partial(sleep, path)
    if nested:
        other = partial(together, [partial(sleep, path)], 1)
    before = time.monotonic()
    with pytest.raises(ValueError, match="this one"):
        together([fail, other], 2)
    assert time.monotonic() - before < 50
    assert gone(begun[0])


def test_calls_that_were_not_begun_are_left_out() -> None:
    begun: list[int] = []

    def call(number: int) -> int:
        begun.append(number)
        if number == 0:
            raise ValueError
        time.sleep(0.02)
        return number

    with pytest.raises(ValueError):
        together([partial(call, number) for number in range(50)], 1)
    assert len(begun) < 50
    assert together([partial(call, number) for number in (4, 2, 3)], 2) == [4, 2, 3]


def test_a_group_that_has_ended_starts_nothing() -> None:
    group = Group()
    group.end()
    with pytest.raises(Ended):
        group.call(lambda: run([sys.executable, "-c", ""]))


def test_a_group_waits_for_the_calls_of_threads_that_no_pool_knows() -> None:
    group, begun, let_go = Group(), threading.Event(), threading.Event()

    def call() -> None:
        begun.set()
        let_go.wait(60)

    thread = threading.Thread(target=group.call, args=(call,))
    thread.start()
    begun.wait(60)
    group.end()
    threading.Timer(0.2, let_go.set).start()
    group.wait()
    assert let_go.is_set()
    thread.join()
    with pytest.raises(Ended):
        group.call(call)
