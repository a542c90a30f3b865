"""Runs pytest in children that begin with the large libraries loaded, one after another.

``python nursery.py module...`` loads these, then reads an order as one line of JSON and answers
with one, the exit status of pytest and its seconds of CPU. A program by itself, so that a child has
no module of this tree but those of its own.
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
"""Bytes that each process may take: a fault can ask for any number."""


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
    """What is answered, after whatever it left behind is ended; soon if nobody waits for it."""
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
