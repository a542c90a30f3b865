"""The findings about a network that others trained, as a file in the repository."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.builds import ROOT
from model.files import write_text

KEPT = ROOT / "benchmarks" / "foreign" / "found"


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many of so many images."""

    count: int
    images: int

    @property
    def percent(self) -> float:
        return 100 * self.count / self.images


@dataclass(frozen=True, kw_only=True)
class Found:
    """The findings about a network; None where one was not, or could not be, measured.

    Parameters
    ----------
    missing : why there is nothing to measure; nothing else is known then.
    refused : why the network is not accepted, as the command says it.
    changed : what is quantised in it, in the importer's or ``model.quantise``'s words.
    before : images that the other program has right, with its real numbers, where some of them
        are quantised here.
    pytorch, integers : images that the checkpoint has right, by PyTorch and in integers.
    read : images of which the other program gives another class than the network before anything
        real is quantised, in float64 and with real input.
    differing : images of which the other program gives another class than our integers.
    tied : how many of them have the same score in integers for both classes.
    rounded : images that differ where the other program is given the table's rounded numbers.
    alone : why the other program was not run.
    wrong : simulated images of which a score is not that of the integers.
    rate : planned frames/s.
    unplanned : why there is no plan.
    """

    row: str
    commit: str | None
    missing: str | None = None
    refused: str | None = None
    changed: str | None = None
    before: Share | None = None
    pytorch: Share | None = None
    integers: Share | None = None
    read: Share | None = None
    differing: Share | None = None
    tied: int = 0
    rounded: Share | None = None
    alone: str | None = None
    wrong: Share | None = None
    rate: float | None = None
    unplanned: str | None = None

    def save(self, folder: Path = KEPT) -> None:
        """Write it to the row's file."""
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / f"{self.row}.json", _FORMAT.dump_json(self, indent=1).decode() + "\n")


_FORMAT = TypeAdapter(Found)


def read(row: str, folder: Path = KEPT) -> Found | None:
    """The findings kept of a row; None if there are none."""
    path = folder / f"{row}.json"
    return _FORMAT.validate_json(path.read_text()) if path.is_file() else None
