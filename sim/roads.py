"""Complete builds that several tests start from: each is made once for all test processes.

Synthesis and placement take most of a minute even for the smallest network, so that tests that need
a build take a copy of one of these.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

from filelock import FileLock

from hw import build, steps
from hw.flow import sources
from hw.flow.job import Job
from hw.flow.screen import Note
from model.checkpoint import Checkpoint, save
from sim.random_networks import random_checkpoint

CHECKPOINT, OUT, RAN = "net.pt", "out", "ran.json"
"""Files in a road's folder: its network, its build, and the list of files that steps executed."""


@dataclass(frozen=True, kw_only=True)
class Road:
    """A complete build.

    Parameters
    ----------
    network : function that makes the network.
    options : options of ``python -m hw.build``, beside the checkpoint and the folder.
    """

    network: Callable[[], Checkpoint]
    options: tuple[str, ...]

    def words(self, folder: Path, *more: str) -> list[str]:
        """Arguments of ``hw.build`` for a folder made by `copy`."""
        given = ["--checkpoint", str(folder / CHECKPOINT), "--out", str(folder / OUT)]
        return [*given, *self.options, *more]


ROADS = {
    "ulx3s": Road(
        network=partial(random_checkpoint, 3),
        options=("--board", "ulx3s", "--variant", "12F", "--fill", "0.06", "--clock", "60",
                 "--simulate", "5", "--attempts", "1"),
    ),
    "icebreaker": Road(
        network=partial(random_checkpoint, 3),
        options=("--board", "icebreaker", "--fps", "1", "--clock", "24", "--simulate", "5"),
    ),
}  # fmt: skip


def copy(name: str, base: Path, to: Path) -> Path:
    """Copy a road's folder; the first call builds the road.

    Parameters
    ----------
    base : pytest's base folder of temporary files; that of all processes is above a worker's.
    to : path of the copy, which must not exist.
    """
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = shared / f"road-{name}"
    with FileLock(f"{made}.lock"):
        if not made.exists():
            half = shared / f"half-{name}"
            shutil.rmtree(half, ignore_errors=True)  # left by a build that failed
            half.mkdir()
            # In a process of its own: torch starts threads, with which a test must not fork.
            command = [sys.executable, "-m", "sim.roads", name, str(half)]
            done = subprocess.run(command, cwd=sources.ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            half.replace(made)
    shutil.copytree(made, to)
    return to


class Watched:
    """A recorder of the files of this program that each step of a build executes."""

    def __init__(self) -> None:
        self.files: dict[str, set[str]] = {step.name: set() for step in steps.STEPS}
        for step in steps.STEPS:
            step.run = partial(self._run, step.name, step.run)  # type: ignore[method-assign]

    def _run(self, name: str, run: Callable[..., None], job: Job, note: Note) -> None:
        def seen(frame: FrameType, event: str, argument: object) -> None:
            if event == "call":
                self.files[name].add(frame.f_code.co_filename)

        threading.setprofile(seen)
        sys.setprofile(seen)
        try:
            run(job, note)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def main(name: str, folder: Path) -> int:
    """Build a road; returns the status of the build."""
    save(ROADS[name].network(), folder / CHECKPOINT)
    watched = Watched()
    status = build.main(ROADS[name].words(folder))
    ran = {step: sorted(files) for step, files in watched.files.items()}
    (folder / RAN).write_text(json.dumps(ran))
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2])))
