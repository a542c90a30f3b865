"""Whole builds that several tests begin with: each made once for all test processes, and copied.

Synthesis and placement take most of a minute even for the smallest network, so that a test that
changes a build, or looks at one, takes a copy of these.
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
"""In a road's folder: its network, its build, and which files every step of it executed."""


@dataclass(frozen=True, kw_only=True)
class Road:
    """A build to the end.

    Parameters
    ----------
    network : makes what is built.
    options : of ``python -m hw.build``, beside the checkpoint and the folder.
    """

    network: Callable[[], Checkpoint]
    options: tuple[str, ...]

    def words(self, folder: Path, *more: str) -> list[str]:
        """The command in a folder made by `copy`."""
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
    """A copy of a road's folder, the road built if it is the first to be asked for.

    Parameters
    ----------
    base : pytest's base folder of temporary ones; that of all processes is above a worker's.
    to : where to, a folder that does not exist.
    """
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = shared / f"road-{name}"
    with FileLock(f"{made}.lock"):
        if not made.exists():
            half = shared / f"half-{name}"
            shutil.rmtree(half, ignore_errors=True)  # of a road that failed
            half.mkdir()
            # In a process of its own: a test that forks cannot have the threads of torch.
            command = [sys.executable, "-m", "sim.roads", name, str(half)]
            done = subprocess.run(command, cwd=sources.ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            half.replace(made)
    shutil.copytree(made, to)
    return to


class Watched:
    """Which files of this program every step of a build executes."""

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
    """Build a road; the status of the build."""
    save(ROADS[name].network(), folder / CHECKPOINT)
    watched = Watched()
    status = build.main(ROADS[name].words(folder))
    ran = {step: sorted(files) for step, files in watched.files.items()}
    (folder / RAN).write_text(json.dumps(ran))
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2])))
