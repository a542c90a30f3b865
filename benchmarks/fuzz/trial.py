"""The trial of one input by the rule for all parsers.

The rule: a file is read correctly, or refused in one line of printable characters; there are no
other exceptions or warnings, and neither takes more than `SECONDS` and `MEMORY`.
"""

import contextlib
import re
import shutil
import signal
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fuzz.target import Files, Other, Target
from model.refusal import Refusal

SECONDS, MEMORY, LINE = 10.0, 2 << 30, 2_000
"""Limits for an input: seconds, bytes that the process may grow by, characters of a refusal."""

ROOT = Path(__file__).resolve().parents[2]


class Slow(BaseException):
    """The time limit is over; no `Exception`, so that a parser does not catch it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a trial.

    ``broken`` says how the rule was broken, and ``where`` in the program, the same for the same
    fault; both are empty if it was not. ``said`` is the text of a refusal.
    """

    said: str = ""
    broken: str = ""
    where: str = ""


def tried(target: Target, files: Files, folder: Path) -> Outcome:
    """Try a parser on one input, in ``folder``, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    _forgotten()
    before, began = _memory(), time.monotonic()
    warned: Sequence[warnings.WarningMessage] = ()
    try:
        with _at_most(SECONDS), warnings.catch_warnings(record=True) as said:
            warned = said
            warnings.simplefilter("always")
            target.read(folder)
        found = Outcome()
    except Refusal as refusal:
        found = _judged(str(refusal))
    except target.refusals as refusal:
        found = Outcome(said=f"{type(refusal).__name__}")
    except Other as other:
        found = Outcome(broken=f"taken for something else: {other}", where=str(other)[:40])
    except Slow:
        found = Outcome(broken=f"more than {SECONDS:g} s", where="slow")
    except Exception as error:
        place = _place(error)
        found = Outcome(broken=f"{type(error).__name__} at {place}: {str(error)[:200]}",
                        where=f"{type(error).__name__} {place}")
    if warned and not found.broken:
        first = warned[0]
        return Outcome(broken=f"warns: {first.message}", where=f"warns {first.filename}")
    if not found.broken and (grown := _memory() - before) > MEMORY:
        return Outcome(broken=f"{grown >> 20:,} MiB", where="memory")
    if not found.broken and time.monotonic() - began > SECONDS + 1:
        return Outcome(broken=f"{time.monotonic() - began:.0f} s", where="slow")
    return found


def _judged(said: str) -> Outcome:
    if not said.isprintable():
        return Outcome(broken=f"not a line of text: {said[:200]!r}", where=f"line {said[-30:]!r}")
    if len(said) > LINE:
        return Outcome(broken=f"a line of {len(said):,} characters", where="long line")
    return Outcome(said=said)


def _place(error: Exception) -> str:
    """The innermost line of this program in an exception's traceback."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).is_relative_to(ROOT)
            and not {".venv", "fuzz"} & set(Path(frame.filename).relative_to(ROOT).parts)]
    if not ours:
        return "?"
    return f"{Path(ours[-1].filename).relative_to(ROOT)}:{ours[-1].name}"


def _memory() -> int:
    """The largest number of bytes that the process has had since `_forgotten`."""
    status = Path("/proc/self/status").read_text()
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(peak) << 10


def _forgotten() -> None:
    """Begin anew with the largest number of bytes: an earlier input may have taken more."""
    Path("/proc/self/clear_refs").write_text("5")


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise Slow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
