"""``python -m benchmarks.link``: thousands of faults on the serial line, either way, and the rest.

To the board: the top of a board is simulated. Its replies must be those of docs/protocol.md for the
bytes that it received, classes must be those of the images that were sent, and it must find the
first frame after a silence. To the host: the driver of ``boards.run`` must give every image its own
answer while requests and replies have faults.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from benchmarks.builds import ROOT
from benchmarks.marks import between
from boards.driver import Driver, LinkError
from sim.faulty_port import FaultyPort
from sim.line_trials import INFO, KEPT, Report, answer, judge, trials

PAGE = ROOT / "docs" / "verification.md"
COUNT = 10_000
BOARDS = (("two", 4), ("one", 4), ("none", 4), ("two", 5), ("none", 16))
"""Image slots of each board to simulate, and clock cycles of a bit."""
SHARES = (0.3, 0.3, 0.3, 0.05, 0.05)
SESSION = 300
"""Faults in one run of the simulator."""
CHANCE = 0.3
"""Probability of a fault in a frame, in the driver's runs."""
IMAGES = 500
"""Images that one run of the driver classifies."""
RETRIES = 60
"""Most retries of the driver in a row: nearly every second frame is broken."""


@dataclass(kw_only=True)
class Host:
    """The results of the driver's runs."""

    images: int = 0
    recoveries: int = 0
    to_board: Counter[str] = field(default_factory=Counter)
    to_host: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def to_board(count: int, seed: int) -> Report:
    """Run ``count`` faults from the host to the simulated top of a board."""
    report, tried = Report(), 0
    for number, ((kept, divisor), share) in enumerate(zip(BOARDS, SHARES, strict=True)):
        left = round(share * count)
        while left > 0:
            some = min(left, SESSION)
            judge(kept, divisor, trials(some, seed + tried, divisor), report)
            left, tried = left - some, tried + some
            where = f"board {number + 1} of {len(BOARDS)}"
            print(f"{where}: {tried} faults, {len(report.faults)} wrong", flush=True)
    return report


def to_host(count: int, seed: int) -> Host:
    """Run the driver against the reference board with faults both ways, ``count`` to the host."""
    found = Host()
    while found.to_host.total() < count:
        run(found, seed)
        seed += 1
    print(f"driver: {found.images} images, {found.to_host.total()} faults to the host,"
          f" {len(found.faults)} wrong")  # fmt: skip
    return found


def run(host: Host, seed: int) -> None:
    """One run of the driver, on a board with two slots, one or none in turn."""
    numbers, slots = Random(f"host {seed}"), list(KEPT.values())[seed % len(KEPT)]
    info = replace(INFO, slots=slots.window)
    port = FaultyPort(info, answer, kept=slots.count, chance=CHANCE, seed=seed)
    driver = Driver(port, clock=port, retries=RETRIES)
    images = [numbers.randbytes(info.image_bytes) for _ in range(IMAGES)]
    answers = []
    try:
        answers += driver.classify(images)
    except LinkError as error:
        host.faults.append(f"seed {seed}: {error}")
    if answers != [answer(image) for image in images]:
        host.faults.append(f"seed {seed}: an answer of another image")
    host.images += len(answers)
    host.recoveries += driver.recoveries
    host.to_board += port.to_board
    host.to_host += port.to_host


def section(board: Report, host: Host) -> str:
    """The section of the page, as Markdown."""
    outcomes = board.outcomes
    tried = sum(each.trials for each in outcomes.values())
    at_once = sum(each.at_once for each in outcomes.values())
    lost = sum(each.lost for each in outcomes.values())
    lines = [
        f"To the board: {tried:,} faults on the rx of the simulated top (two image slots, one and "
        f"none; 4, 5 and 16 cycles a bit). All of its {board.replies:,} replies but "
        f"{len(board.faults)} were those of the page to the bytes that came; no class was wrong, "
        "and the first frame behind a silence was answered every time. (Whether an image came a "
        f"few bytes too early for a slot was left open {board.open:,} times.) An image that "
        f"followed at once, without the silence, got no answer in {lost:,} of {at_once:,} cases: "
        "the page says when.",
        "",
        "| fault in a request | tried | answered right | error told | no reply | image at once | "
        "of these lost |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, each in outcomes.items():
        errors = ", ".join(f"{name} {count}" for name, count in sorted(each.faults.items()))
        lines.append(
            f"| {_words(kind)} | {each.trials} | {each.answered} | {errors or '-'} | {each.silent} "
            f"| {each.at_once} | {each.lost} |"
        )
    kinds = sorted(host.to_host | host.to_board)
    lines += [
        "",
        f"To the host: {host.images:,} images by the driver of `boards.run`, with "
        f"{host.to_host.total():,} faults in replies and {host.to_board.total():,} in requests, "
        f"{host.recoveries:,} recoveries. Every image got its own answer; {len(host.faults)} runs "
        "did not end well.",
        "",
        "| fault | in replies | in requests |",
        "|---|---|---|",
        *(f"| {_words(kind)} | {host.to_host[kind]} | {host.to_board[kind]} |" for kind in kinds),
    ]
    return "\n".join(lines) + "\n"


def _words(name: str) -> str:
    return name.replace("_", " ")


def main(argv: Sequence[str] | None = None) -> int:
    """Run as the arguments say; 0 if everything was right, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.link", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, metavar="N",
                        help=f"faults each way; the page is written with {COUNT} alone")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(argv)
    start = time.monotonic()
    host = to_host(given.count, given.seed)
    board = to_board(given.count, given.seed)
    for fault in board.faults + host.faults:
        print(fault)
    print(f"{time.monotonic() - start:.0f} s")
    broken = bool(board.faults or host.faults)
    if given.count == COUNT and not broken:  # the page says that everything held
        PAGE.write_text(between("benchmarks.link", section(board, host), PAGE.read_text()))
    return int(broken)


if __name__ == "__main__":
    raise SystemExit(main())
