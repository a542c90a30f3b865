"""Products of integers, in multiplier blocks or as sums of shifted rows in LUTs."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Cat, Module, Value
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric.delay import registered
from hw.cores.fabric.home import WeightsHome
from hw.cores.fitted import Coefficients, fitted

HOMES: tuple[WeightsHome, ...] = ("multiplier", "lut")
"""Homes of products: blocks, of which a device has a number, and LUTs."""


def product(
    m: Module, enables: Sequence[Value], number: Value, factor: Value, home: WeightsHome
) -> Value:
    """The product of two signed integers, `cycles` later; each of ``enables`` is that of a cycle.

    Synthesis finds a block by a multiplication. Without one, a row for every bit of the factor is
    added to its neighbour, level by level with registers between.
    """
    if home == "multiplier":
        with m.If(enables[0]):
            return registered(m, number * factor, "product")
    even = factor.as_signed() if len(factor) % 2 == 0 else Cat(factor, factor[-1])
    masked = [number & bit.replicate(len(number)).as_signed() for bit in even]
    couples = list(zip(masked[::2], masked[1::2], strict=True))
    rows: list[Value] = [one + (other << 1) for one, other in couples[:-1]]
    # The last bit of two's complement counts negatively.
    rows.append(couples[-1][0] - (couples[-1][1] << 1))
    for level in range(cycles(len(factor), home)):
        if level:
            shift, pairs = 1 << level, zip(rows[::2], rows[1::2], strict=False)
            added = [one + (other << shift) for one, other in pairs]
            rows = added + rows[len(rows) // 2 * 2 :]
        with m.If(enables[level]):
            rows = [registered(m, row, "row") for row in rows]
    return rows[0]


def cycles(factor: int, home: WeightsHome) -> int:
    """Cycles of a product with a factor of so many bits."""
    return 1 if home == "multiplier" else max(ceil_log2(factor), 1)


def blocks(element: int, factor: int, family: Family = ECP5) -> int:
    """Multiplier blocks of a product of integers of so many bits; each takes parts of both, of
    which all but the highest have no sign. One where the family has none, more than there are."""
    if not family.multiplier:
        return 1
    most = family.multiplier - 1
    return -(-(element - 1) // most) * -(-(factor - 1) // most)


@dataclass(frozen=True, kw_only=True)
class Lut(Coefficients):
    """LUT4 of a product without a block: of a bit of each row but one, masked and added."""

    added: float = 2.49


@fitted(Lut())
def lut(c: Lut, element: int, factor: int) -> float:
    """LUT4 of one product of integers of so many bits."""
    return c.added * (factor - 1) * (element + 1)


def resources(element: int, factor: int, home: WeightsHome) -> Resources:
    """Cost of a product beside its blocks: the register behind, and rows in LUTs."""
    width = element + factor
    if home == "multiplier":
        return Resources(ff=width)
    ff, rows, taken = 0, factor, 1
    for _ in range(cycles(factor, home)):
        rows, taken = -(-rows // 2), 2 * taken
        ff += rows * min(width, element + taken)
    return Resources(lut=round(lut(element, factor)), ff=ff)
