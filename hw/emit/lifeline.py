"""A launcher for a command, which is killed when its parent process ends, even by SIGKILL.

``python lifeline.py N command...`` leads a process group of its own, and inherits as descriptor N
the read end of a pipe whose write end only the parent has. The pipe closes when the parent ends,
and the launcher then kills its group. It imports nothing of this program, so that it starts in a
hundredth of a second.
"""

import _thread
import os
import signal
import sys


def main() -> int:
    lifeline, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(lifeline, False)
    try:
        child = os.posix_spawnp(command[0], command, os.environ)
    except OSError as error:
        print(f"error: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    _thread.start_new_thread(_watch, (lifeline,))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:  # ended by a signal: end by the same one
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def _watch(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # the thread still waits
