"""The parts of a count of n bits: a full tree, a tree of the rest, and one bit at the carry-in of
their sum."""


def split(size: int) -> tuple[int, int]:
    """Sizes a >= b of the two counts whose sum, with one more bit at the carry-in, counts
    ``size`` >= 4 bits.

    Full trees of 2**k - 1 bits are the cheapest for each bit, so a is the largest of those; no
    other split takes fewer LUT4, for any size up to 259 (all were tried).
    """
    full = 1 << (size.bit_length() - 1)
    a = full - 1 if size < 2 * full - 1 else (size - 1) // 2
    return a, size - 1 - a


def depth(size: int) -> int:
    """LUT4 levels of a count of products of two bits: its low bits come earlier, none later."""
    return max(2 * size.bit_length() - 2, 3)


CLOSE = 4
"""LUT4 between two registers, at most, of a count that is made for a fast clock."""


def stage(level: int, levels: int) -> int:
    """Registers before a LUT4 at ``level``, counted from 1.

    The first is behind the first LUT4, as wires from block memory are long, and the others after
    every ``levels`` more. Where these are more than `CLOSE` the clock is slow and registers are
    dear: the first comes after as many as the others.
    """
    first = 1 if levels <= CLOSE else levels
    return (level + levels - 1 - first) // levels


def stages(size: int, levels: int, before: int = 0) -> int:
    """Registers on the way through a count of products, each of which has so many LUT4 ``before``
    it is counted."""
    return stage(before + depth(size), levels)
