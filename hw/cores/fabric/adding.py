"""Halves of the carry cells of ECP5 that add bits, some of which come inverted."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from hw.cores.fabric.carry import FREE, Half
from hw.cores.fabric.lut4 import table


class Wire(NamedTuple):
    """A net or, at the steps of which ``inverted`` has the bit, its complement, which the next LUT4
    makes for nothing."""

    net: str
    inverted: int = 0


def begins(function: Callable[..., int], *nets: str) -> Half:
    """The half that carries a function of at most two nets in: with D = 1 it passes nothing on."""
    count = len(nets)
    init = table(lambda a, b, c, d: (1 - d) & function(*(a, b)[:count]), 4)
    return init, [*nets, *[FREE] * (4 - count)]


def carried(*carry: Wire, told: Sequence[str] = ()) -> Half:
    """The half that carries nothing in, a bit, both of two, or a bit that turns as it is told."""
    flips = [wire.inverted & 1 for wire in carry]

    def turned(bit: int, turn: int) -> int:
        return bit ^ flips[0] ^ turn

    def both(*bits: int) -> int:
        return int(bool(bits) and all(bit ^ flip for bit, flip in zip(bits, flips, strict=True)))

    return begins(turned if told else both, *(wire.net for wire in carry), *told)


def adds(one: Wire | None, other: Wire | None, *, told: Sequence[str] = ()) -> Half:
    """The half that adds two bits: with D = 1 it passes a carry on where they differ. The other one
    turns as it is told."""
    p, q = one or Wire(FREE, 1), other or Wire(FREE, 1)
    turns = bool(told and other)
    init = _table(p.inverted & 1, q.inverted & 1, turns)
    return init, [p.net, told[0] if turns else FREE, q.net, FREE]


@cache
def _table(one: int, other: int, turning: bool) -> int:
    """INIT of such a half, of whose bits some are inverted."""
    return table(lambda a, b, c, d: a ^ one ^ (d & (c ^ other ^ (b & turning))), 4)
