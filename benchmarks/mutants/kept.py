"""The files of a campaign: a verdict for each fault, and the reasons why survivors are equivalent.

Verdicts are lines of JSON, of which the last one for a fault counts. Reasons are written by hand.
"""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.mutants.fault import Fault, room_of

HERE = Path(__file__).parent
VERDICTS, REASONS = HERE / "verdicts.jsonl", HERE / "equivalent.toml"
SECONDS = HERE.parents[1] / "build" / "mutants" / "seconds.json"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The verdict on a fault.

    Parameters
    ----------
    key, file, function, kind, original, mutated : as in `Fault`.
    noticed : test that failed, "" if none did within the limit.
    late : True if it failed by taking too long.
    passed : number of tests that passed before.
    seconds : time of the trial.
    """

    key: str
    file: str
    function: str
    kind: str
    original: str
    mutated: str
    noticed: str
    late: bool
    passed: int
    seconds: float

    @property
    def room(self) -> str:
        return room_of(self.file)



def verdict(fault: Fault, noticed: str, late: bool, passed: int, seconds: float) -> Verdict:
    """Make the verdict on a fault."""
    return Verdict(
        key=fault.key, file=fault.file, function=fault.function, kind=fault.kind,
        original=fault.original, mutated=fault.mutated, noticed=noticed, late=late, passed=passed,
        seconds=round(seconds, 1),
    )  # fmt: skip


def verdicts(path: Path = VERDICTS) -> dict[str, Verdict]:
    """All verdicts, by the fault's key."""
    lines = path.read_text().splitlines() if path.is_file() else []
    found = (Verdict(**json.loads(line)) for line in lines)
    return {one.key: one for one in found}


def keep(new: Verdict, path: Path = VERDICTS) -> None:
    """Append a verdict to the file."""
    with path.open("a") as file:
        file.write(json.dumps(asdict(new)) + "\n")


def tidy(wanted: Iterable[str], path: Path = VERDICTS) -> None:
    """Rewrite the file with one line for each of the wanted faults, in the order of files."""
    chosen = set(wanted)
    kept = [one for one in verdicts(path).values() if one.key in chosen]
    kept.sort(key=lambda one: (one.file, one.function, one.key))
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in kept))


def reasons(path: Path = REASONS) -> dict[str, str]:
    """Reasons why faults make no difference, by their key."""
    listed = tomllib.loads(path.read_text()).get("equivalent", []) if path.is_file() else []
    found = {}
    for each in listed:
        fault = Fault(kind="", start=0, end=0, text="", **{
            name: each[name] for name in ("file", "function", "original", "mutated")
        }, number=each.get("number", 0))  # fmt: skip
        found[fault.key] = each["reason"]
    return found


def took(path: Path = SECONDS) -> dict[str, dict[str, float]]:
    """Seconds of tests that passed in any trial, by file and test."""
    return json.loads(path.read_text()) if path.is_file() else {}


def learn(seconds: dict[str, dict[str, float]], path: Path = SECONDS) -> None:
    """Save the seconds of tests for the next campaign."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(seconds, indent=1, sort_keys=True) + "\n")
