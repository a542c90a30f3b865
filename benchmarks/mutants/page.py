"""The section of a page on a campaign, as Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence

from benchmarks.mutants.kept import Verdict

SHOWN = 90
"""Most characters of a line that the table repeats."""


def section(verdicts: Sequence[Verdict], reasons: Mapping[str, str],
            possible: Mapping[str, int]) -> str:  # fmt: skip
    """Numbers by room, and all faults that no test noticed, with the reasons.

    Parameters
    ----------
    possible : number of faults that can be planted, by room.
    """
    open_ones = [one for one in verdicts if not one.noticed and one.key not in reasons]
    equal = [one for one in verdicts if not one.noticed and one.key in reasons]
    killed = len(verdicts) - len(open_ones) - len(equal)
    lines = [
        f"{len(verdicts)} faults tried, of {sum(possible.values()):,} that the generator can "
        f"plant: {killed} were noticed, {len(equal)} change nothing that anyone could see, and "
        f"{_number(open_ones)} survived the tests that were run.",
        "",
        "| room | can be planted | tried | noticed | by the room's own tests | by other quick "
        "tests | by commands | by simulation | by taking too long | equivalent | survived |",
        "|---|" + "---|" * 10,
    ]  # fmt: skip
    for room, count in possible.items():
        mine = [one for one in verdicts if one.room == room]
        by = Counter(_by(one) for one in mine)
        lines.append("| " + " | ".join([
            f"`{room}`", f"{count:,}", str(len(mine)), str(sum(bool(one.noticed) for one in mine)),
            *(str(by[kind]) for kind in ("own", "quick", "command", "simulation", "late")),
            str(sum(one in equal for one in mine)), str(sum(one in open_ones for one in mine)),
        ]) + " |")  # fmt: skip
    if equal:
        lines += ["", "| where | was | became | why nobody could see it |", "|---|---|---|---|"]
        lines += [f"{_where(one)} | {_became(one)} | {reasons[one.key]} |" for one in equal]
    if open_ones:
        lines += ["", "| survived | was | became | tests that passed |", "|---|---|---|---|"]
        lines += [f"{_where(one)} | {_became(one)} | {one.passed} |" for one in open_ones]
    return "\n".join(lines) + "\n"


def _number(some: Sequence[object]) -> str:
    return str(len(some)) if some else "none"


def _by(verdict: Verdict) -> str:
    """The kind of test that noticed a fault."""
    if verdict.late or not verdict.noticed:
        return "late" if verdict.late else ""
    file = verdict.noticed.partition("::")[0]
    for folder, kind in (("sim/", "simulation"), ("tests/commands/", "command"),
                         (f"tests/{verdict.room.rpartition('/')[2]}/", "own")):  # fmt: skip
        if file.startswith(folder):
            return kind
    return "quick"


def _where(verdict: Verdict) -> str:
    return f"| `{verdict.file}` {_code(verdict.function) if verdict.function else ''}".rstrip()


def _became(verdict: Verdict) -> str:
    """Both texts of a fault from their first difference on, cut for a table."""
    was, became = verdict.original, verdict.mutated
    same = next((k for k, (a, b) in enumerate(zip(was, became, strict=False)) if a != b), 0)
    start = max(0, same - SHOWN // 2) if max(len(was), len(became)) > SHOWN else 0
    return " | ".join(_code(_cut(text, start)) for text in (was, became))


def _cut(text: str, start: int) -> str:
    some = text[start : start + SHOWN]
    return ("..." if start else "") + some + ("..." if start + SHOWN < len(text) else "")


def _code(text: str) -> str:
    return "`" + text.replace("`", "'").replace("|", "\\|") + "`"
