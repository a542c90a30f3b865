"""What the runs of a training row came to, as it is kept in the repository."""

import statistics
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter
from scipy.stats import ttest_ind

from benchmarks.builds import ROOT
from hw.flow.folder import write_text

KEPT = ROOT / "benchmarks" / "accuracy"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One run.

    Parameters
    ----------
    correct, images : of the test set, by the finished checkpoint; None for a run that failed.
    epoch : seconds, the median of all epochs, its test included.
    rate : training images a second, the median of all epochs.
    seconds : of all epochs.
    failure : the line in which the run ended without a checkpoint.
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
    """The first seed's network as `hw.build` plans it, not built: frames/s, and joules a frame.

    ``failure`` says why there is no plan, or no network for hardware at all.
    """

    rate: float | None
    paper: float | None
    counter: float | None
    failure: str | None


@dataclass(frozen=True, kw_only=True)
class Runs:
    """All runs of a row so far, by one command on one kind of machine."""

    row: str
    command: str
    machine: str
    tools: dict[str, str]
    outcomes: tuple[Outcome, ...] = ()
    hardware: Hardware | None = None

    @property
    def percents(self) -> list[float]:
        """Accuracies of the runs that ended in a checkpoint."""
        return [each.percent for each in self.outcomes if each.percent is not None]

    @property
    def mean(self) -> float:
        return statistics.mean(self.percents)

    @property
    def deviation(self) -> float | None:
        """Of the sample; None of fewer than two."""
        return statistics.stdev(self.percents) if len(self.percents) > 1 else None

    def save(self, folder: Path) -> None:
        """Write them as the row's file."""
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / f"{self.row}.json", _FORMAT.dump_json(self, indent=1).decode() + "\n")


_FORMAT = TypeAdapter(Runs)


def read(row: str, folder: Path) -> Runs | None:
    """What was kept of a row; None if nothing was."""
    path = folder / f"{row}.json"
    return _FORMAT.validate_json(path.read_text()) if path.is_file() else None


def chance(one: Runs, other: Runs) -> float | None:
    """p of Welch's t-test, two-sided, that both have one mean; None with fewer than two of each."""
    if min(len(one.percents), len(other.percents)) < 2:
        return None
    return float(ttest_ind(one.percents, other.percents, equal_var=False).pvalue)
