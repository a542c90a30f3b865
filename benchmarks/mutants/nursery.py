"""A server that runs pytest in child processes, which start with large libraries already imported.

``python nursery.py module...`` imports these, then reads orders as lines of JSON, and answers each
with a line: the exit status of pytest and its seconds of CPU. It is a program of its own, so that a
child has no modules of this source tree, only those of its own tree.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import time

MEMORY = 8 << 30
"""Most bytes of each process: a fault can allocate any number."""


def main() -> int:
    for name in sys.argv[1:]:
        importlib.import_module(name)
    starter = os.getppid()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            os._exit(_child(order))
        answer = _wait(pid, order["wall"], starter)
        if os.getppid() != starter:
            break
        print(json.dumps(answer), flush=True)
    return 0


def _child(order: dict) -> int:
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    resource.setrlimit(resource.RLIMIT_CPU, (order["cpu"], order["cpu"] + 2))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    os.chdir(order["tree"])
    os.environ.update(order["env"])
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in order["env"]
    sys.path[:] = [order["tree"], *order["path"]]
    sys.argv = ["pytest", *order["words"]]
    return int(importlib.import_module("pytest").main(order["words"]))


def _wait(pid: int, seconds: float, starter: int) -> tuple[int, float]:
    """Wait for a child, and kill what it has left running; returns its status and seconds of CPU.

    If the process that started this one is gone, the child is killed soon.
    """
    deadline = time.monotonic() + seconds
    while True:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if not ended and time.monotonic() < deadline and os.getppid() == starter:
            time.sleep(0.02)
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        if not ended:
            _, status, used = os.wait4(pid, 0)
        return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
