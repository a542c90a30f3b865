"""``python -m benchmarks.hostile``: runs commands on hostile inputs, and checks their refusals."""

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
"""Most characters of a refusal that the table repeats."""


def every() -> list[Case]:
    """All cases, in the order of the page."""
    return [case for kind in KINDS for case in kind()]


def section(verdicts: Sequence[Verdict]) -> str:
    """The section of the page: tables of all kinds, as Markdown."""
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


def _row(verdict: Verdict) -> str:
    outcome = "taken" if verdict.case.taken else verdict.said.removeprefix("error: ")
    if verdict.broken:
        outcome = f"broke the rule: {'; '.join(verdict.broken)}"
    if len(outcome) > SHOWN:
        outcome = f"{outcome[:SHOWN]}..."
    return f"| {_cell(verdict.case.name)} | `{verdict.case.command}` | {_cell(outcome)} |"


def _cell(text: str) -> str:
    """Text for a table cell, with bars, line breaks and markup escaped."""
    flat = " ".join(text.split())
    for sign in "\\`*_[]<>$":
        flat = flat.replace(sign, f"\\{sign}")
    return flat.replace("|", "\\|")


def main(argv: Sequence[str] | None = None) -> int:
    """Try the cases as the arguments say; 0 if the rule held for all, 1 if not."""
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
    torch.set_num_threads(1)  # a child process could not use threads that this process has started
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
    """A sample of cases: of each kind the first, and then one of ``every``."""
    numbers: Counter[str] = Counter()
    kept = []
    for case in cases:
        if numbers[case.kind] % every == 0:
            kept.append(case)
        numbers[case.kind] += 1
    return kept


def _prepare(commands: Iterable[str]) -> None:
    """Do the work that all inputs need in this process, so that it is not counted for each case."""
    for command in set(commands):
        importlib.import_module(command)
    for step in STEPS:
        sources.code(type(step))  # cached: reading all of this program takes 0.5 s


def _named(case: Case, words: Sequence[str]) -> bool:
    known = f"{case.kind} {case.name} {case.command}"
    return not words or any(word in known for word in words)


def _tell(verdict: Verdict) -> None:
    mark, case = "BROKEN" if verdict.broken else "ok", verdict.case
    text = "; ".join(verdict.broken) or verdict.said[:SHOWN]
    line = (f"{mark:<6} {case.kind}: {case.name} ({case.command}) {verdict.seconds:.1f} s "
            f"{verdict.memory >> 20} MiB  {text}")  # fmt: skip
    sys.stdout.write(line.encode("utf-8", "backslashreplace").decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
