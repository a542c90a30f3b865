"""``python -m benchmarks.coverage``: branches that the tests take, by room, and those they do not.

Processes that tests start are measured as well. Arguments are those of pytest, such as tests to
run; without any, all tests are run, in about twice the usual time, and the page is written.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.builds import ROOT
from benchmarks.marks import between

PAGE = ROOT / "docs" / "verification.md"
ROOMS = ("model", "hw/network", "hw/plan", "hw/cores", "hw/design", "hw/emit", "hw/flow", "hw",
         "boards", "sim")  # fmt: skip
"""Rooms to count files in: a file belongs to the first that contains it."""

MOST = 40
"""Most files to list, those with the most branches that no test takes first."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Branch coverage of a file.

    ``taken`` is the number of branches that tests take; ``missing`` are those that they do not,
    from line to line, where 0 or less is the end of a function or module.
    """

    name: str
    taken: int
    branches: int
    missing: tuple[tuple[int, int], ...]

    @property
    def room(self) -> str:
        return next(room for room in ROOMS if self.name.startswith(f"{room}/"))


def measured(report: Mapping[str, dict]) -> list[Measured]:
    """The files of coverage's JSON report, without tests."""
    return [
        Measured(name=name, taken=file["summary"]["covered_branches"],
                 branches=file["summary"]["num_branches"],
                 missing=tuple((int(a), int(b)) for a, b in file["missing_branches"]))
        for name, file in sorted(report["files"].items())
        if name.startswith(tuple(f"{room}/" for room in ROOMS))
        and not Path(name).name.startswith("test_")
    ]  # fmt: skip


def section(files: Sequence[Measured]) -> Iterator[str]:
    """The tables, as lines of Markdown."""
    yield "| room | branches | taken | share |"
    yield "|---|---|---|---|"
    by_room: dict[str, list[Measured]] = defaultdict(list)
    for file in files:
        by_room[file.room].append(file)
    for room in (*ROOMS, "all"):
        mine = files if room == "all" else by_room[room]
        if of := sum(file.branches for file in mine):
            taken = sum(file.taken for file in mine)
            yield f"| {room} | {of:,} | {taken:,} | {taken / of:.1%} |"
    yield ""
    yield "| file | not taken, by line | |"
    yield "|---|---|---|"
    short = sorted((file for file in files if file.missing), key=lambda file: -len(file.missing))
    for file in short[:MOST]:
        lines = ", ".join(f"{start}" for start in sorted({start for start, _ in file.missing}))
        yield f"| {file.name} | {lines} | {len(file.missing)} of {file.branches} |"
    if more := short[MOST:]:
        yield f"| {len(more)} other files | | {sum(len(file.missing) for file in more)} |"


def run(words: Sequence[str], folder: Path) -> tuple[int, dict]:
    """Run pytest and all its processes under coverage; returns its status and the JSON report."""
    environment = os.environ | {"COVERAGE_FILE": str(folder / "data"), "PYTHONPATH": str(ROOT)}
    tool = [sys.executable, "-m", "coverage"]
    done = subprocess.run([*tool, "run", "-m", "pytest", *words], cwd=ROOT, env=environment)
    for more in (["combine", "-q"], ["json", "-q", "-o", str(folder / "report.json")]):
        subprocess.run([*tool, *more], cwd=ROOT, env=environment, check=True)
    return done.returncode, json.loads((folder / "report.json").read_text())


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="PYTEST", help="what to give to pytest")
    given, more = parser.parse_known_args(argv)
    words = [*given.words, *more]
    everything = ["tests", "sim", "-n", str(os.cpu_count()), "--dist", "loadfile"]
    with tempfile.TemporaryDirectory() as folder:
        status, report = run(words or everything, Path(folder))
    lines = "\n".join(section(measured(report)))
    print(lines)
    if status:
        print(f"error: pytest ended with {status}; nothing is written", file=sys.stderr)
    elif not words:
        PAGE.write_text(between("benchmarks.coverage", f"{lines}\n", PAGE.read_text()))
    return status


if __name__ == "__main__":
    raise SystemExit(main())
