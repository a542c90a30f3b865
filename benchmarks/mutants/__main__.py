"""``python -m benchmarks.mutants``: plants single faults by seed, and sees which test notices."""

import argparse
import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

from benchmarks.builds import ROOT
from benchmarks.marks import between
from benchmarks.mutants import kept
from benchmarks.mutants.fault import ROOMS, Fault
from benchmarks.mutants.noticing import Noticing, slow
from benchmarks.mutants.operators import faults
from benchmarks.mutants.page import section
from benchmarks.mutants.trial import Trials

PAGE = ROOT / "docs" / "verification.md"


def possible(room: str) -> list[Fault]:
    """Every fault of a room."""
    files = sorted((ROOT / room).rglob("*.py"))
    return [
        one for path in files
        for one in faults(path.relative_to(ROOT).as_posix(), path.read_bytes())
    ]  # fmt: skip


def drawn(among: Sequence[Fault], seed: int) -> Iterator[Fault]:
    """Faults in a random order by a seed, in which kinds take turns.

    A change in other lines of a file changes the order little.
    """

    def order(one: Fault | str) -> bytes:
        text = one if isinstance(one, str) else one.key
        return hashlib.sha256(f"{seed} {text}".encode()).digest()

    kinds: dict[str, list[Fault]] = defaultdict(list)
    for one in sorted(among, key=order, reverse=True):
        kinds[one.kind].append(one)
    while any(kinds.values()):
        for kind in sorted(kinds, key=order):
            if kinds[kind] and _is_program(one := kinds[kind].pop()):
                yield one


def _is_program(fault: Fault) -> bool:
    try:
        ast.parse(fault.planted((ROOT / fault.file).read_bytes()))
    except SyntaxError:
        return False
    return True


def main(argv: Sequence[str] | None = None) -> int:
    """Try faults as the arguments say; 0 if each is noticed or known to be equivalent, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=30, help="faults of each room; %(default)s")
    parser.add_argument("--room", choices=ROOMS, action="append", help="only faults of this one")
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD", help="only faults, drawn "
                        "or not, with one of these in their key, file or function")
    parser.add_argument("--limit", type=float, default=60.0,
                        help="seconds of CPU for the tests of each; %(default)s")
    parser.add_argument("--quick", action="store_true", help="without tests that build or simulate")
    parser.add_argument("--tests", nargs="*", metavar="TEST", help="these tests and no others, "
                        "named as pytest takes them")
    parser.add_argument("--again", action="store_true", help="try those that survived once more")
    parser.add_argument("--list", action="store_true", help="say which faults it would be")
    given = parser.parse_args(argv)
    every = {room: possible(room) for room in ROOMS}
    chosen = _chosen(every, given)
    if given.list:
        for one in chosen:
            print(f"{one.key} {_told(one)}")
        return 0
    known, reasons = kept.verdicts(), kept.reasons()
    waiting = [one for one in chosen if one.key not in known or (
        given.again and not known[one.key].noticed and one.key not in reasons)]  # fmt: skip
    _try(waiting, given)
    exist = {one.key for room in every.values() for one in room}
    kept.tidy(exist)
    verdicts = list(kept.verdicts().values())
    counts = {room: len(found) for room, found in every.items()}
    made = section(verdicts, reasons, counts)
    PAGE.write_text(between("benchmarks.mutants", made, PAGE.read_text()))
    survived = [one for one in verdicts if not one.noticed and one.key not in reasons]
    print(f"{len(verdicts)} faults, {len(survived)} survived")
    return 1 if survived else 0


def _chosen(every: dict[str, list[Fault]], given: argparse.Namespace) -> list[Fault]:
    rooms = given.room or ROOMS
    if given.only:
        return [one for room in rooms for one in every[room] if any(
            word in f"{one.key} {one.file} {one.function}" for word in given.only)]  # fmt: skip
    draws = [drawn(every[room], given.seed) for room in rooms]
    # Rooms take turns, so that an interrupted campaign has tried as many faults of each.
    turns = [one for _ in range(given.each) for draw in draws if (one := next(draw, None))]
    return turns


def _try(waiting: Sequence[Fault], given: argparse.Namespace) -> None:
    if not waiting:
        return
    with Trials(ROOT, given.limit, took=kept.took()) as trials:
        for number, one in enumerate(waiting, 1):
            noticing = Noticing(ROOT, {
                file: sum(tests.values()) for file, tests in trials.took.items()})  # fmt: skip
            tests = given.tests or [
                test for test in noticing.tests(one.file) if not given.quick or not slow(test)]
            outcome = trials.of(one, tests, [noticing.seconds(test) for test in tests])
            kept.keep(kept.verdict(one, outcome.noticed, outcome.late, outcome.passed,
                                   outcome.seconds))  # fmt: skip
            kept.learn(trials.took)
            said = f"by {outcome.noticed}" if outcome.noticed else "SURVIVED"
            print(f"{number}/{len(waiting)} {one.key} {outcome.seconds:.0f} s {outcome.passed} "
                  f"passed, {said}{' (too long)' * outcome.late}: {_told(one)}", flush=True)


def _told(fault: Fault) -> str:
    return f"{fault.file} {fault.function} {fault.kind}: {fault.original}  =>  {fault.mutated}"


if __name__ == "__main__":
    raise SystemExit(main())
