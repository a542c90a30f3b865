"""The work of hw.sweep: builds in processes of their own, and what they came to as each is ready.
"""

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

from rich.console import Console

from boards.catalogue import board as find_board
from hw.emit import report, sweep
from hw.emit.child import run as run_program
from hw.emit.child import together
from hw.emit.sweep import Row
from hw.emit.tools import Failure
from hw.flow.lock import NAME as LOCK
from hw.flow.request import name_of
from model.files import check_target, write_text
from model.refusal import Refusal, refused, say

JSON, CSV, PICTURE = "sweep.json", "sweep.csv", "sweep.svg"

WIDE = 120
"""Columns of the table, which a narrower terminal wraps: no figure is clipped."""

Design = list[Row]
"""The rows of one design: they differ in the seed alone, so that only placement is done again."""


def run(given: argparse.Namespace) -> int:
    """Build as the arguments say; returns the exit status."""
    designs = asked(given)
    kept = Kept(given.out, [row for design in designs for row in design], Console())
    try:
        together([partial(_build, design, given, kept) for design in designs], given.jobs)
    except Failure as failure:
        say(f"failed: {failure}")
        return 1
    except KeyboardInterrupt as end:
        end.add_note(f"{kept.count} of {len(kept.names)} rows are in {given.out / CSV}; the same"
                     " command goes on")
        raise
    rows = kept.rows
    Console(width=max(WIDE, kept.console.width)).print(sweep.table(rows))
    # Only here: it takes longer to import than a sweep of unchanged builds.
    from hw.emit.scatter import draw

    draw(rows, f"{name_of(given.checkpoint)}: {len(rows)} builds", given.out / PICTURE)
    kept.console.print(f"{given.out}: {JSON}, {CSV}, {PICTURE}", highlight=False)
    states = {row.state for row in rows}
    return 1 if "failed" in states else 0 if "done" in states else 2


def asked(given: argparse.Namespace) -> list[Design]:
    """The rows that the arguments ask for, none of them built."""
    speeds = [(fill, None) for fill in given.fills or ()]
    speeds += [(None, fps) for fps in given.fps or ()]
    designs: dict[str, Design] = {}  # by name, as something may be asked for twice
    for named, (fill, fps), clock in product(
            given.boards, speeds or [(None, None)], given.clocks or [None]):
        board, _, variant = named.partition(":")
        variant = variant or find_board(board).default_variant
        words = [board, variant, "" if fill is None else f"fill{fill:g}",
                 "" if fps is None else f"fps{fps:.10g}", "" if clock is None else f"{clock:g}MHz"]
        name = "-".join(word for word in words if word)
        designs[name] = [
            Row(folder=name if seed is None else f"{name}-seed{seed}", board=board,
                variant=variant, fill=fill, fps=fps, clock=clock, seed=seed, state="asked")
            for seed in dict.fromkeys(given.seeds or [None])]
    return [*designs.values()]


class Kept:
    """The rows that are ready, in files that are whole at any time.

    Raises
    ------
    Refusal
        The folder cannot be written.
    """

    def __init__(self, out: Path, every: list[Row], console: Console) -> None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refusal(f"{refused(error, out)}; give another folder for --out") from None
        for name in (JSON, CSV, PICTURE):
            check_target(out / name, "--out")
        self.out, self.console = out, console
        self.names = [row.folder for row in every]
        self._ready: dict[str, Row] = {}
        self._lock = threading.Lock()

    @property
    def rows(self) -> list[Row]:
        """The rows that are ready, in the order in which they were asked for."""
        return [self._ready[name] for name in self.names if name in self._ready]

    @property
    def count(self) -> int:
        return len(self._ready)

    def add(self, row: Row) -> None:
        """Keep a row, and print a line for it."""
        with self._lock:
            self._ready[row.folder] = row
            write_text(self.out / JSON, sweep.text(self.rows))
            write_text(self.out / CSV, sweep.comma_separated(self.rows))
            said = f"{row.state}: {row.reason}" if row.reason else row.state
            made = row.figures
            if made:
                said += f", {made.lut:,} LUT4, {made.rate:,.0f} frames/s"
            self.console.print(f"{self.count} of {len(self.names)}  {row.folder}  {said}, "
                               f"{row.seconds:.1f} s", highlight=False, markup=False,
                               soft_wrap=True)


def _build(design: Design, given: argparse.Namespace, kept: Kept) -> None:
    first = _built(design[0], given)
    kept.add(first)
    for row in design[1:]:
        if first.state == "refused":  # before anything was placed, so with any seed
            kept.add(replace(first, folder=row.folder, seed=row.seed, seconds=0.0))
            continue
        _copy(given.out / first.folder, given.out / row.folder)
        kept.add(_built(row, given))


def _copy(done: Path, folder: Path) -> None:
    """Copy a build of another seed, whose steps before placement are then not done again."""
    if folder.exists() or not done.is_dir():
        return
    partial_copy = folder.with_name(f".{folder.name}.copy")
    shutil.rmtree(partial_copy, ignore_errors=True)
    shutil.copytree(done, partial_copy, ignore=shutil.ignore_patterns(LOCK))
    partial_copy.rename(folder)


def _built(row: Row, given: argparse.Namespace) -> Row:
    """Build a row, or have it recognised as built; the row with its state and figures."""
    folder, began = given.out / row.folder, time.time()
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    done = run_program(
        [sys.executable, "-m", "hw.build", *_options(row, given), "--out", str(folder)],
        env=os.environ | {"PYTHONPATH": paths}, stderr=subprocess.PIPE,
    )
    seconds = time.time() - began
    if done.returncode < 0:
        raise Failure(f"{folder}: hw.build was killed from outside; the same command goes on")
    if done.returncode == 0:
        return replace(row, state="done", seconds=seconds, figures=_figures(folder))
    said = [line for line in done.stderr.splitlines() if line.startswith(("error: ", "failed: "))]
    reason = "; ".join(said) or f"hw.build ended with status {done.returncode}"
    reason = reason.replace("error: ", "").replace("failed: ", "")
    if done.returncode == 2:
        return replace(row, state="refused", reason=reason, seconds=seconds)
    # A tool that failed leaves the report of an earlier build.
    path = folder / report.FILE
    fresh = path.is_file() and path.stat().st_mtime >= began
    return replace(row, state="failed", reason=reason, seconds=seconds,
                   figures=_figures(folder) if fresh else None)


def _figures(folder: Path) -> sweep.Figures:
    return sweep.figures(report.read(folder / report.FILE))


def _options(row: Row, given: argparse.Namespace) -> list[str]:
    """Options of hw.build for a row."""
    words = ["--checkpoint", str(given.checkpoint), "--board", row.board, "--variant", row.variant]
    # One placement for a row whose seed was asked for, not the best of several.
    attempts = None if row.seed is None else 1
    for option, value in (
        ("--fill", row.fill), ("--fps", row.fps), ("--clock", row.clock), ("--seed", row.seed),
        ("--attempts", attempts), ("--stop-after", given.stop_after), ("--images", given.images),
        ("--labels", given.labels), ("--simulate", given.simulate),
    ):
        if value is not None:
            words += [option, f"{value:.10g}" if isinstance(value, float) else str(value)]
    return words
