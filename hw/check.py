"""``python -m hw.check``: in seconds, every reason why a checkpoint cannot become hardware."""

import sys
from collections.abc import Sequence

from boards.board import Board
from boards.catalogue import BOARDS
from boards.catalogue import board as find_board
from hw.network.fold import fold
from hw.network.pattern import problems
from hw.plan.search import fits
from model import options
from model.checkpoint import Checkpoint, load
from model.options import Parser
from model.refusal import Refusal, refusing


def check(checkpoint: Checkpoint, boards: Sequence[Board]) -> list[str]:
    """Every problem as one line: layers hardware does not know, else boards too small.

    A board is asked in its largest variant, as what does not fit there fits nowhere on it.
    """
    found = problems(checkpoint.arch)
    if found:
        return found
    try:
        network = fold(checkpoint)
    except Refusal as refusal:
        return str(refusal).splitlines()
    for board in boards:
        largest = max(board.devices, key=lambda name: board.devices[name].lut)
        if too_large := fits(network, board, largest):
            found.append(f"board {board.name} {largest}: {too_large}")
    return found


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Check by the arguments; 0 buildable, 2 not."""
    parser = Parser(prog="python -m hw.check", description=__doc__)
    parser.add_argument("--checkpoint", required=True, type=options.path("--checkpoint"),
                        metavar="net.pt")
    parser.add_argument("--board", type=options.name("--board"), metavar="NAME",
                        help="default: every known board")
    given = parser.parse_args(argv)
    boards = [find_board(given.board)] if given.board else list(BOARDS.values())
    found = check(load(given.checkpoint), boards)
    for line in found:
        print(f"error: {line}", file=sys.stderr)
    if not found:
        print(f"{given.checkpoint}: ready for {', '.join(board.name for board in boards)}")
    return 2 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
