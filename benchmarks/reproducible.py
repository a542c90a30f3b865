"""``python -m benchmarks.reproducible``: builds in two environments must make equal files.

One build is in a short folder; the other in a long one with a space and letters beyond ASCII, from
another working directory and home, with another hash seed, umask, language and time zone. All files
of a build are compared, but the report, the ledger of steps and the tools' logs, which have times
and paths.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.builds import ROOT
from hw.flow.ledger import DONE, LEDGER
from hw.flow.taken import README
from model.checkpoint import save
from sim.random_networks import random_checkpoint

SEED = 3
BOARDS = {
    "icebreaker": ("--board", "icebreaker", "--fps", "1", "--clock", "24"),
    "ulx3s": ("--board", "ulx3s", "--variant", "12F", "--fill", "0.3"),
}
TOLD = ("report.json", "report.html", "report.md", README, LEDGER, DONE)
"""Files with times, paths and commands."""

MADE = ("network.npz", "plan.json", "design.v", "tools/design.json")
"""Files that must be among those compared, beside the bitstream."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The environment of a build: folders and variables."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    umask: int = 0o022


def surroundings(within: Path) -> tuple[Surroundings, Surroundings]:
    """Two environments that have nothing in common but the tools."""
    far = within / "a longer folder, with a space and an é" / ("deep" * 20)
    return (
        Surroundings(folder=within / "a", environment={"PYTHONHASHSEED": "1", "LC_ALL": "C"}),
        Surroundings(
            folder=far, umask=0o077,
            environment={
                "PYTHONHASHSEED": "4242", "HOME": str(far),
                "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati",
                "TMPDIR": str(far), "COLUMNS": "40", "SOURCE_DATE_EPOCH": "1",
            },
        ),
    )  # fmt: skip


def built(where: Surroundings, board: str) -> Path:
    """Build in an environment; returns the build folder. `subprocess.CalledProcessError` if it
    fails."""
    where.folder.mkdir(parents=True)
    save(random_checkpoint(SEED), where.folder / "net.pt")
    # The tools' compiled programs are shared: they do not decide results, and compiling is slow.
    caches = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    environment = {
        **os.environ, "XDG_CACHE_HOME": caches, **where.environment, "PYTHONPATH": str(ROOT),
    }
    words = [*BOARDS[board], "--simulate", "0", "--prove", "0", "--simulate-netlist", "0",
             "--out", "out"]
    subprocess.run(
        [sys.executable, "-m", "hw.build", "--checkpoint", "net.pt", *words], cwd=where.folder,
        env=environment, umask=where.umask, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return where.folder / "out"


def compared(first: Path, second: Path) -> dict[str, bool]:
    """For every file in either folder, by name, True if both have it with equal content."""
    names = sorted({
        path.relative_to(folder).as_posix()
        for folder in (first, second) for path in folder.rglob("*")
        if path.is_file() and path.name not in TOLD and path.suffix not in (".log", ".lock")
    })
    return {name: _content(first / name) == _content(second / name) is not None for name in names}


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def main(argv: Sequence[str] | None = None) -> int:
    """Build twice and compare; 0 if all files are equal, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reproducible", description=__doc__)
    parser.add_argument("boards", nargs="*", metavar="BOARD", help=f"default: {', '.join(BOARDS)}")
    given = parser.parse_args(argv)
    differing = 0
    for board in given.boards or BOARDS:
        with tempfile.TemporaryDirectory() as name:
            equal = compared(*(built(each, board) for each in surroundings(Path(name))))
            shutil.rmtree(name, ignore_errors=True)
        unequal = [file for file, same in equal.items() if not same]
        differing += len(unequal)
        print(f"{board}: {len(equal) - len(unequal)} of {len(equal)} files equal"
              f"{''.join(f', not {file}' for file in unequal)} ({', '.join(equal)})", flush=True)
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
