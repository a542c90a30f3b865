"""The work of hw.check: the smallest design on every device, or why there is none."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from boards.board import Board, Device
from boards.catalogue import BOARDS
from boards.catalogue import board as find_board
from hw.network.fold import fold
from hw.network.network import Network
from hw.network.pattern import problems
from hw.plan.plan import Plan
from hw.plan.search import Search
from model.checkpoint import Checkpoint, load
from model.refusal import Refusal, say


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The smallest design of a network on one variant of a board, or the reason why there is none.
    """

    board: str
    variant: str
    smallest: Plan | None = None
    missing: str = ""

    @property
    def ready(self) -> bool:
        """True if there is a design."""
        return self.smallest is not None

    def __str__(self) -> str:
        if self.smallest is None:
            return f"{self.board} {self.variant}: {self.missing}"
        takes, has = self.smallest.estimate, self.smallest.device
        return (
            f"{self.board} {self.variant}: ready, from {takes.lut:,} LUT4 "
            f"({takes.lut / has.lut:.0%}) and {takes.ebr} EBR ({takes.ebr / has.ebr:.0%}) up, "
            f"{self.smallest.slots}"
        )


def network_of(checkpoint: Checkpoint) -> Network:
    """The folded network.

    Raises
    ------
    Refusal
        The network has layers that there is no hardware for; one line for each.
    """
    unknown = problems(checkpoint.arch)
    if unknown:
        raise Refusal("\n".join(unknown))
    return fold(checkpoint)


Known = dict[tuple[Device, float, int], Plan]
"""The smallest designs by what they depend on beside the network: device, clock and line."""


def check(
    network: Network, board: Board, variants: Sequence[str], known: Known | None = None
) -> list[Answer]:
    """An answer for each of ``variants``, in order; ``known`` has plans of other boards, and gets
    those of this one."""
    known = {} if known is None else known
    keys = {each: (board.devices[each], board.clock, board.baud) for each in variants}
    try:
        unknown = any(key not in known for key in keys.values())
        search = Search(network, board, variants[0]) if unknown else None
    except Refusal as refusal:
        return [Answer(board=board.name, variant=each, missing=str(refusal)) for each in variants]
    answers: list[Answer] = []
    for variant, key in keys.items():
        plan, missing = known.get(key), ""
        if plan is None and search is not None:
            here = search.within(variant=variant)
            if (plan := here.smallest()) is None:
                missing = str(here.refusal())
            else:
                known[key] = plan
        answers.append(Answer(
            board=board.name, variant=variant, missing=missing,
            smallest=None if plan is None else replace(plan, board=board),
        ))
    return answers


def run(given: argparse.Namespace) -> int:
    """Check as the arguments say; returns the exit status."""
    boards = [find_board(given.board)] if given.board else list(BOARDS.values())
    checkpoint = load(given.checkpoint)
    try:
        network = network_of(checkpoint)
    except Refusal as refusal:
        for line in str(refusal).splitlines():
            say(f"error: {line}")
        return 2
    known: Known = {}
    answers = [
        answer for board in boards for answer in check(
            network, board, [given.variant] if given.variant else [*board.devices], known)
    ]  # fmt: skip
    return _tell(answers, given.checkpoint)


def _tell(answers: Sequence[Answer], checkpoint: Path) -> int:
    """Print a line for every device, and last the devices that can be built for; exit status."""
    ready: dict[str, list[str]] = {}
    for answer in answers:
        if answer.ready:
            ready.setdefault(answer.board, []).append(answer.variant)
    for answer in answers:
        print(answer if ready else f"error: {answer}", file=None if ready else sys.stderr)
    if ready:
        names = (f"{board} {', '.join(variants)}" for board, variants in ready.items())
        print(f"{checkpoint}: ready for {'; '.join(names)}")
    return 0 if ready else 2
