"""Builds of one design with several placement seeds, by ``python -m hw.build``, resumable."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hw.emit import report
from hw.emit.child import run
from hw.emit.report import Report
from hw.flow.ledger import LEDGER
from hw.flow.taken import place
from hw.steps import SIMULATIONS

ROOT = Path(__file__).parents[1]
LARGE = 30_000
"""Placed LUT4 above which a design is built with one seed only: each takes most of an hour."""

OF_A_SEED = (*SIMULATIONS, "place", "bitstream", "report")
"""Steps that are done for every seed; the others are copied from the first."""


class Killed(Exception):
    """A build that was killed from outside, or one of its tools: no result of the design."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """The result of ``hw.build``: its report, if it made one, and its failure, if any."""

    seed: int
    report: Report | None
    failure: str | None

    @property
    def placed(self) -> bool:
        return self.report is not None and self.report.timing is not None


def builds(
    checkpoint: Path, options: Sequence[str], folder: Path, seeds: int = 3
) -> tuple[Build, ...]:
    """Build with seeds 1 to ``seeds``, or with seed 1 alone if it is not placed, or is `LARGE`.

    All but placement is done once, and only the first seed's report has a simulation. Steps whose
    inputs, program and tools are those of an earlier run are not done again.

    Parameters
    ----------
    options : arguments of ``hw.build`` beside checkpoint, folder and seed.
    folder : folder for a build folder and a log of each seed.

    Raises
    ------
    Killed
        A tool was killed by a signal; finished steps are kept for the next run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first = _build(checkpoint, options, folder / "seed1", 1)
    found = [first]
    large = first.report and first.report.counts.placed and first.report.counts.placed.lut > LARGE
    for seed in range(2, seeds + 1) if first.placed and not large else ():
        _share(folder / "seed1", folder / f"seed{seed}")
        words = [*options, "--simulate", "0"]  # the design is the same
        found.append(_build(checkpoint, words, folder / f"seed{seed}", seed))
    return tuple(found)


def _build(checkpoint: Path, options: Sequence[str], out: Path, seed: int) -> Build:
    words = ["--checkpoint", str(checkpoint), *options, "--out", str(out)]
    words += ["--seed", str(seed), "--attempts", "1"]
    with out.with_suffix(".log").open("w") as log:
        done = run([sys.executable, "-m", "hw.build", *words], cwd=ROOT,
                   stdout=log, stderr=subprocess.PIPE)
    told = [line.partition(": ")[2] for line in done.stderr.splitlines()
            if line.startswith(("error: ", "failed: "))]  # fmt: skip
    failure = None
    if done.returncode:
        failure = "; ".join(told) or f"hw.build ended with {done.returncode}: {done.stderr[-300:]}"
        failure = failure.replace(f"{ROOT}/", "")
        if done.returncode < 0 or "ended with status -" in failure:
            raise Killed(failure)
    # After a refusal the folder still has the report of an earlier build.
    latest = None if done.returncode == 2 else _report(out)
    return Build(seed=seed, report=latest, failure=failure)


def _report(out: Path) -> Report | None:
    path = out / report.FILE
    return report.read(path) if path.is_file() else None


def _share(first: Path, other: Path) -> None:
    """Copy the steps before placement into another seed's folder, unless it has them."""
    if _before(first) != _before(other):
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(first, other)


def _before(folder: Path) -> dict[str, object] | None:
    ledger = folder / place(LEDGER)
    if not ledger.is_file():
        return None
    steps = json.loads(ledger.read_text())
    return {name: step for name, step in steps.items() if name not in OF_A_SEED}
