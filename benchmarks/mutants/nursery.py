"""Runs pytest in children that begin with the large libraries loaded, one after another.

``python nursery.py`` reads an order as one line of JSON and answers with one, the exit status of
pytest. A program by itself, so that a child has no module of this tree but those of its own.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import time

LOADED = ("torch", "numpy", "pydantic", "rich.console", "scipy.optimize", "pytest", "filelock",
          "amaranth.sim", "amaranth.lib.memory", "amaranth.back.verilog", "xdist", "pytest_timeout",
          "_pytest.assertion.rewrite", "cocotb_tools.runner", "serial")  # fmt: skip
"""Of other people, which no fault is planted in; a child that had to load them takes seconds."""

MEMORY = 8 << 30
"""Bytes that each process may take: a fault can ask for any number."""


def main() -> int:
    for name in LOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            os._exit(_child(order))
        print(json.dumps(_wait(pid, order["wall"])), flush=True)
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


def _wait(pid: int, seconds: float) -> int:
    """The exit status, after whatever it left behind is ended too."""
    deadline = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended and time.monotonic() < deadline:
            time.sleep(0.02)
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(status if ended else os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    raise SystemExit(main())
