"""Refusals of networks that do not fit: what they need, what there is, and what to do."""

from boards.board import Board
from boards.resources import Resources
from hw.network.network import Network
from hw.plan import link
from hw.plan.budget import Budget
from model.refusal import Refusal

_UNITS = ("LUT4", "flip-flops", "EBR")


def network(need: Resources, budget: Budget, board: Board, *, asked: bool) -> Refusal:
    """The refusal of a network that needs more than there is, without any image in its link.

    ``asked`` says that a frame rate was asked for.
    """
    has = budget.resources
    figures = ", ".join(
        f"{needed:,} {unit} against {there:,}"
        for needed, there, unit in zip(need.figures, has.figures, _UNITS, strict=True)
    )
    return Refusal(
        f"the network does not fit, even if the link keeps no image: it needs about {figures} "
        f"{budget.place}; try {_advice(need, budget, board, asked=asked)}"
    )


def image(
    need: Resources, budget: Budget, board: Board, refused: Network, *, line: int
) -> Refusal:
    """The refusal of a network that fits, but at no rate at which it could do without an image
    buffer: in ``line`` cycles a frame."""
    size, device = link.image_bytes(refused), budget.device
    one = link.buffer(size, link.options(size)[-2], device.family)
    return Refusal(
        f"the network fits, but not with its link: an image takes {one.ebr:,} EBR beside the "
        f"network's {need.ebr:,}, against {device.ebr:,} {budget.place}; and without an "
        f"image buffer the network has to keep up with the serial line, in {line:,} "
        f"cycles a frame, and is too large at that rate; try "
        f"{_advice(need, budget, board, asked=False)}, or a lower --clock"
    )


def rate(fps: float, clock: float, shortest: int) -> Refusal:
    """The refusal of a frame rate that no folding reaches: a frame takes ``shortest`` cycles."""
    return Refusal(
        f"{fps:,.10g} frames/s at {clock / 1e6:g} MHz leave "
        f"{_cycles(clock / fps)} a frame, but this network takes {shortest:,} at any "
        f"folding; lower --fps below {clock / shortest:,.0f} or raise --clock"
    )


def _advice(need: Resources, budget: Budget, board: Board, *, asked: bool) -> str:
    """Advice on where there is more: a larger variant, more time, the rest of the logic."""
    larger = [name for name, one in board.devices.items() if one.lut > budget.device.lut]
    ways = [f"--variant {larger[0]}"] if larger else []
    has = budget.resources
    if asked:
        ways.append("a smaller --fps")
    elif need.lut > has.lut or need.ff > has.ff:
        ways += ["a larger --fill"] if budget.share < 1 else []
    return " or ".join(ways) or "a smaller network"


def _cycles(count: float) -> str:
    """Cycles as people read them, also less than one."""
    return f"{int(count):,} cycles" if count >= 1 else "less than a cycle"
