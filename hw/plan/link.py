"""The link's image buffer: how many images wait in block memory, and what that asks of a design.

An image that waits is known to be sound before it enters the accelerator. Without a slot it enters
as it crosses the line, which cannot be stopped: such a design has to keep up with it.
"""

from boards.board import Board, Family
from boards.protocol import BITS_OF_A_BYTE, LONGEST, WIDEST
from boards.resources import Resources
from hw.cores.link import framebuffer, ring
from hw.network.network import Network
from hw.network.nodes.node import IMAGE
from hw.plan.plan import Slots
from model.refusal import Refusal

NONE = Slots(count=0)

MARGIN = 2
"""A design that takes images from the line is so many times faster: lines differ by some percent,
and within a row of pixels a layer waits for the next one."""


def image_bytes(network: Network) -> int:
    """Of an image on the line."""
    channels, height, width = network.input_shape
    return channels * height * width


def options(size: int) -> tuple[Slots, ...]:
    """Choices of what the link keeps of images of ``size`` bytes, the most first: two, one that
    computes while the next crosses the line; one; none. Two begin at multiples of a power of two,
    where no logic chooses between blocks, or else one right behind the other."""
    two = (Slots(count=2),) if size & (size - 1) == 0 else (Slots(count=2), _exact(2))
    return (*two, _exact(1), NONE)


def _exact(count: int) -> Slots:
    return Slots(count=count, exact=True)


def buffer(size: int, slots: Slots, family: Family) -> Resources:
    """Resources of a buffer for images of ``size`` bytes."""
    if not slots.count:
        return Resources()
    kept = ring if slots.exact else framebuffer
    return kept.resources(size=size, count=slots.count, family=family)


def line_limit(network: Network, byte_cycles: float) -> int | None:
    """The most cycles of a frame in any layer with which no byte of an image has to wait, where
    one comes every so many cycles; None if any number does.

    A layer's window holds the rows that are read and those that come next, so that a row has to be
    done in the time in which as many come as the next one needs. One whose window is its whole map
    holds all of it.
    """
    channels, _, width = network.input_shape
    rows, limits = {IMAGE: width * channels * byte_cycles / MARGIN}, []
    for node in network.nodes:
        # Branches that meet again have rows of the same time.
        row = min(rows[source] for source in node.sources)
        if geometry := node.slides():
            row *= geometry.stride[0]
            if geometry.out_height > 1:
                limits.append(int(geometry.out_height * row))
        rows[node.name] = row
    return min(limits, default=None)


def byte_cycles(board: Board, clock: float) -> float:
    """Of a clock in Hz, from one byte of the board's line to the next."""
    return BITS_OF_A_BYTE * clock / board.baud


def require(network: Network) -> None:
    """Refuse what the frames of the link cannot say.

    Raises
    ------
    Refusal
    """
    channels, height, width = network.input_shape
    for what, there in (
        ("channels", channels), ("rows", height), ("columns", width),
        ("classes", len(network.classes)),
    ):
        if there > WIDEST:
            raise Refusal(
                f"the link to the host takes networks of up to {WIDEST:,} {what}, and this one has "
                f"{there:,}; sim.run needs no link"
            )
    if image_bytes(network) > LONGEST:
        raise Refusal(
            f"an image of {image_bytes(network):,} bytes ({channels} x {height} x {width}) is more "
            f"than a frame of the link to the host can hold, {LONGEST:,}; train the network on "
            "smaller images"
        )
