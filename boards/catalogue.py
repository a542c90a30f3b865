"""The catalogue of boards, by name."""

from importlib import import_module
from pkgutil import iter_modules

from boards import known
from boards.board import Board, Device
from model.refusal import Refusal


def find() -> dict[str, Board]:
    """The boards in `boards.known` by name, that with the largest device first."""
    names = sorted(each.name for each in iter_modules(known.__path__))
    found = [import_module(f"{known.__name__}.{name}").BOARD for name in names]
    return {each.name: each for each in sorted(found, key=_largest, reverse=True)}


def _largest(board: Board) -> int:
    """LUT4 of a board's largest device."""
    return max(device.lut for device in board.devices.values())


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
