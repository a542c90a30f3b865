"""Halves of the carry cells of ECP5 that add bits, some of which come inverted."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from hw.cores.fabric.carry import FREE, Half
from hw.cores.fabric.lut4 import table


class Wire(NamedTuple):
    """A net or its complement, which the next LUT4 makes for nothing."""

    net: str
    inverted: bool = False


def begins(function: Callable[..., int], *nets: str) -> Half:
    """The half that carries a function of at most two nets in: with D = 1 it passes nothing on."""
    count = len(nets)
    init = table(lambda a, b, c, d: (1 - d) & function(*(a, b)[:count]), 4)
    return init, [*nets, *[FREE] * (4 - count)]


def carried(*carry: Wire) -> Half:
    """The half that carries a bit in, or both of two."""
    flips = [wire.inverted for wire in carry]

    def both(*bits: int) -> int:
        return int(all(bit ^ flip for bit, flip in zip(bits, flips, strict=True)))

    return begins(both, *(wire.net for wire in carry))


def adds(one: Wire | None, other: Wire | None) -> Half:
    """The half that adds two bits: with D = 1 it passes a carry on where they differ."""
    p, q = one or Wire(FREE, inverted=True), other or Wire(FREE, inverted=True)
    return _table(p.inverted, q.inverted), [p.net, FREE, q.net, FREE]


@cache
def _table(one: bool, other: bool) -> int:
    """INIT of such a half, of whose bits some are inverted."""
    return table(lambda a, b, c, d: a ^ one ^ (d & (c ^ other)), 4)
