"""The outcomes of a row's training runs, as a file in the repository."""

import statistics
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter
from scipy.stats import ttest_ind

from benchmarks.builds import ROOT
from model.files import write_text

KEPT = ROOT / "benchmarks" / "accuracy"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of one run.

    Parameters
    ----------
    correct, images : test images, and those that the checkpoint has right; None if the run failed.
    epoch : seconds of an epoch with its test, the median of all.
    rate : training images a second, the median of all epochs.
    seconds : seconds of all epochs.
    failure : the last line of a run that ended without a checkpoint.
    """

    seed: int
    correct: int | None
    images: int | None
    epochs: int
    epoch: float | None
    rate: float | None
    seconds: float
    commit: str | None
    failure: str | None = None

    @property
    def percent(self) -> float | None:
        if self.correct is None or self.images is None:
            return None
        return 100 * self.correct / self.images


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """The plan of the first seed's network: frames/s, and joules a frame.

    ``failure`` says why there is no plan, or no network for hardware at all.
    """

    rate: float | None
    paper: float | None
    counter: float | None
    failure: str | None


@dataclass(frozen=True, kw_only=True)
class Runs:
    """The runs of a row so far, all by one command on one kind of machine."""

    row: str
    command: str
    machine: str
    tools: dict[str, str]
    outcomes: tuple[Outcome, ...] = ()
    hardware: Hardware | None = None

    @property
    def percents(self) -> list[float]:
        """Accuracies in percent of the runs with a checkpoint."""
        return [each.percent for each in self.outcomes if each.percent is not None]

    @property
    def mean(self) -> float:
        return statistics.mean(self.percents)

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation of the accuracies; None for fewer than two."""
        return statistics.stdev(self.percents) if len(self.percents) > 1 else None

    def save(self, folder: Path) -> None:
        """Write the runs to the row's file."""
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / f"{self.row}.json", _FORMAT.dump_json(self, indent=1).decode() + "\n")


_FORMAT = TypeAdapter(Runs)


def read(row: str, folder: Path) -> Runs | None:
    """The runs in a row's file; None if there is none."""
    path = folder / f"{row}.json"
    return _FORMAT.validate_json(path.read_text()) if path.is_file() else None


def chance(first: Runs, second: Runs) -> float | None:
    """p of Welch's two-sided t-test for equal means; None with fewer than two runs of each."""
    if min(len(first.percents), len(second.percents)) < 2:
        return None
    return float(ttest_ind(first.percents, second.percents, equal_var=False).pvalue)
