"""Embedded block memory: how many blocks hold a memory, cut into rows as yosys cuts it."""

from functools import cache
from typing import NamedTuple

from boards.board import Family
from boards.families import ECP5


class Cut(NamedTuple):
    """``blocks`` of a port of so many bits; ``rows`` of them one below the other, which logic
    chooses from where there are several."""

    blocks: int
    rows: int
    port: int


@cache
def cut(width: int, words: int, family: Family = ECP5) -> Cut:
    """The blocks of ``words`` words of ``width`` bits.

    A memory deeper than a block is split into rows, and what is left of a wide row shares blocks
    with what is left of the others. yosys weighs a block as 128 and a bit chosen from as a half.
    """
    if not width:
        return Cut(0, 1, 0)
    modes = ((port, -(-words // deep)) for port, deep in family.blocks)
    _, rows, port = min(
        (128 * -(-rows * width // port) + width * (rows - 1) / 2, rows, port)
        for port, rows in modes
    )
    return Cut(-(-rows * width // port), rows, port)
