"""Integers: which maps of integers go on as they are, and how large they may be."""

from hw.network.nodes.node import BITS
from hw.network.reading.followers import AVERAGE, SIGNLESS
from hw.network.reading.given import Given
from hw.network.reading.pieces import Record
from hw.network.reading.problems import Problems

EXACT = 1 << 24
"""float32, in which PyTorch computes, holds every integer up to this."""

WIDEST = 16
"""Bits of the integers that a convolution or dense layer reads, at most."""

def unchanged(given: Given, problems: Problems, *, averaged: bool = False) -> bool:
    """True if integers go on as they were made; what was done to them is noted. ``averaged``:
    their average may be read."""
    between = [record for kind, record in given.behind.items()
               if kind in SIGNLESS and not (averaged and kind == "global_average_pool")]
    for record in between if given.known else []:
        problems.say(record, *SIGNLESS[record["kind"]])
    if given.maker and given.maker.get("bias"):
        problems.say(given.maker, "a bias on sums that go on as integers", "put it into the affine "
                     "or batch_norm behind it")
    return given.known and not between


def operand(
    record: Record, given: Given, problems: Problems, pad: str, *, averaged: bool
) -> range:
    """The numbers that a product reads, its padding included; bits after anything refused."""
    if given.maker is None:
        return given.values
    if given.bits:
        if given.over and not averaged:
            problems.say(given.behind["global_average_pool"], *AVERAGE)
        return BITS
    if not unchanged(given, problems, averaged=averaged):
        return BITS
    if (bits := width(given.values)) > WIDEST:
        problems.say(record, f"it reads integers of {bits} bits, and hardware takes {WIDEST} at "
                     "most", f"put a sign before it, or an affine of {WIDEST} bits")
        return BITS
    return padded(given.values, pad)


def padded(values: range, pad: str) -> range:
    """The numbers of a map and of the taps outside it, as one span."""
    outside = {"none": values[0], "zero": 0}.get(pad)
    outside = int(pad) if outside is None else outside
    return range(min(values[0], outside), max(values[-1], outside) + 1)


def bounded(record: Record, bound: int, change: str, problems: Problems) -> range:
    """Every integer up to a bound, as a range; one that float32 does not hold is noted."""
    if bound >= EXACT:
        problems.say(record, f"sums reach {bound}, which float32 does not hold exactly",
                     f"keep them below {EXACT} with {change}")
    return range(-bound, bound + 1)


def width(values: range) -> int:
    """Bits of every one of them in two's complement."""
    return max(max(-end - 1, end).bit_length() for end in (values[0], values[-1])) + 1
