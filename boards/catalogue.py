"""The catalogue of boards, by name."""

from boards import known
from boards.board import Board, Device
from model.refusal import Refusal
from model.rooms import kinds


def find() -> dict[str, Board]:
    """The boards in `boards.known` by name: those with the largest device first, and of these the
    one with the most variants."""
    found = sorted(kinds(known, "BOARD").values(), key=_largest, reverse=True)
    return {board.name: board for board in found}


def _largest(board: Board) -> tuple[int, int]:
    """LUT4 of a board's largest device, and the number of its variants."""
    return max(device.lut for device in board.devices.values()), len(board.devices)


BOARDS = find()


def board(name: str) -> Board:
    """Find a board. Raises `Refusal` with the known names."""
    if name not in BOARDS:
        raise Refusal(f"board {name!r} is not known; choose one of: {', '.join(BOARDS)}")
    return BOARDS[name]


def device(board: Board, variant: str | None = None) -> Device:
    """Find a variant of a board, its default if None. Raises `Refusal` with the known variants."""
    variant = variant or board.default_variant
    if variant not in board.devices:
        known = ", ".join(board.devices)
        raise Refusal(f"board {board.name} has no variant {variant!r}; choose one of: {known}")
    return board.devices[variant]
