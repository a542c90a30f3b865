"""``python -m benchmarks.hostile``: every hostile input to its command, and what came of it."""

import argparse
import importlib
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence

import torch

from benchmarks.builds import ROOT
from benchmarks.hostile import arrays, checkpoints, others, places
from benchmarks.hostile.case import Case
from benchmarks.hostile.judge import LINE, MEMORY, SECONDS, Verdict, judge
from benchmarks.marks import between
from hw.flow import sources
from hw.steps import STEPS

PAGE = ROOT / "docs" / "verification.md"
KINDS = (checkpoints.cases, arrays.cases, arrays.sets, places.options, places.places,
         others.archives, others.logs, others.names)
SHOWN = 160
"""Characters of a line that the table repeats."""


def every() -> list[Case]:
    """All cases, in the order of the page."""
    return [case for kind in KINDS for case in kind()]


def section(verdicts: Sequence[Verdict]) -> str:
    """The tables of all kinds, as Markdown."""
    lines = [
        f"{len(verdicts)} inputs, {sum(bool(one.broken) for one in verdicts)} of which broke the "
        f"rule. {sum(one.case.taken for one in verdicts)} are good, though they look odd; every "
        f"other was refused in one line of at most {LINE:,} characters, with status 2, within "
        f"{SECONDS:g} s of a processor and {MEMORY >> 30} GiB beyond the idle program, and left "
        "nothing behind.",
    ]
    for kind in dict.fromkeys(one.case.kind for one in verdicts):
        mine = [one for one in verdicts if one.case.kind == kind]
        worst = max(one.seconds for one in mine), max(one.memory for one in mine)
        lines += [
            "", f"### {kind.capitalize()}s: {len(mine)}, at most {worst[0]:.1f} s and "
            f"{worst[1] >> 20:,} MiB", "", "| input | command | outcome |", "|---|---|---|",
            *(_row(one) for one in mine),
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _row(one: Verdict) -> str:
    outcome = "taken" if one.case.taken else one.said.removeprefix("error: ")
    if one.broken:
        outcome = f"broke the rule: {'; '.join(one.broken)}"
    if len(outcome) > SHOWN:
        outcome = f"{outcome[:SHOWN]}..."
    return f"| {_cell(one.case.name)} | `{one.case.command}` | {_cell(outcome)} |"


def _cell(text: str) -> str:
    """Text that a table cell takes: no bar, no line break, no markup."""
    flat = " ".join(text.split())
    for sign in "\\`*_[]<>$":
        flat = flat.replace(sign, f"\\{sign}")
    return flat.replace("|", "\\|")


def main(argv: Sequence[str] | None = None) -> int:
    """Try them; 0 the rule held for all, 1 not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="WORD",
                        help="only cases with one of these in their kind, name or command; "
                        "nothing is written then")
    parser.add_argument("--kind", choices=list(dict.fromkeys(case.kind for case in every())),
                        help="only cases of this kind; nothing is written then")
    parser.add_argument("--every", type=int, default=1, metavar="N",
                        help="only the first of every N of a kind; nothing is written then")
    given = parser.parse_args(argv)
    chosen = [case for case in every() if _named(case, given.only)]
    if given.kind:
        chosen = [case for case in chosen if case.kind == given.kind]
    chosen = some(chosen, given.every)
    torch.set_num_threads(1)  # a child could not use the threads that this process began
    _prepare(case.command for case in chosen)
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"HOME": home, "XDG_CACHE_HOME": home}
        verdicts = []
        for case in chosen:
            verdicts.append(judge(case))
            _tell(verdicts[-1])
    broken = sum(bool(one.broken) for one in verdicts)
    print(f"{len(verdicts)} inputs, {broken} broke the rule")
    if not given.only and not given.kind and given.every == 1:
        PAGE.write_text(between("benchmarks.hostile", section(verdicts), PAGE.read_text()))
    return 1 if broken else 0


def some(cases: Iterable[Case], every: int) -> list[Case]:
    """The first of every so many cases of a kind, and of any further number of them."""
    numbers: Counter[str] = Counter()
    kept = []
    for case in cases:
        if numbers[case.kind] % every == 0:
            kept.append(case)
        numbers[case.kind] += 1
    return kept


def _prepare(commands: Iterable[str]) -> None:
    """Do once, here, what is the same for all inputs, so that the time of a case is its own."""
    for command in set(commands):
        importlib.import_module(command)
    for step in STEPS:
        sources.code(type(step))  # kept in this process: reading all of this program takes 0.5 s


def _named(case: Case, words: Sequence[str]) -> bool:
    known = f"{case.kind} {case.name} {case.command}"
    return not words or any(word in known for word in words)


def _tell(one: Verdict) -> None:
    mark = "BROKEN" if one.broken else "ok"
    text = "; ".join(one.broken) or one.said[:SHOWN]
    line = (f"{mark:<6} {one.case.kind}: {one.case.name} ({one.case.command}) {one.seconds:.1f} s "
            f"{one.memory >> 20} MiB  {text}")  # fmt: skip
    sys.stdout.write(line.encode("utf-8", "backslashreplace").decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
