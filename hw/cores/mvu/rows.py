"""Counts of agreeing bits, or of pairs, in rows of carry cells: many small additions in each."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from hw.cores.fabric.adding import Wire, adds, begins
from hw.cores.fabric.carry import Group, fits, packed_halves
from hw.cores.fabric.lut4 import Bit, Netlist, table
from hw.cores.mvu.leaf import AGREEING, Agreements, Counted, Leaves, Of, Product, cells, count
from hw.cores.mvu.split import CLOSE, split, stage

LEAST = 4
"""Products of which some are added to others."""


class Total(NamedTuple):
    """A count, the low bit first, or the complements of its bits."""

    bits: list[Bit]
    inverted: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows(Leaves):
    """A Verilog module of carry cells that counts where x and w agree, or what else is ``counted``,
    for ECP5.

    A half of a carry cell gives the last carry of one addition and begins the next with a product:
    k bits, their carry and a product take k + 1 halves, and 3, 7, 15, 31, 63 products 2, 7, 18, 41,
    88 halves, with one more in every row. Two products and the half that they begin with are a
    count of three; those of three bits are counted three by three in LUT4, and a LUT4 makes one of
    each that an addition begins with. The count comes `stages` cycles later.

    Raises
    ------
    ValueError
        There are fewer than `LEAST` products.
    """

    def __post_init__(self) -> None:
        if self.products < LEAST:
            raise ValueError(f"{self.products} products in rows; at least {LEAST}")

    @property
    def name(self) -> str:
        return f"{super().name}_rows"

    @property
    def stages(self) -> int:
        return stage(depth(self.products, self.counted), spacing(self.levels))

    @property
    def cells(self) -> int:
        size, counted = self.products, self.counted
        return packed_halves(_groups(size, counted, spacing(self.levels))) + _single(size, counted)

    def netlist(self) -> tuple[Netlist, list[str]]:
        net = Netlist(spacing(self.levels))
        total = _count(net, self.counted, self.each, self.products)
        return net, [net.at(bit, self.stages) for bit in total.bits]

    def plain(self) -> Agreements:
        return Agreements(self, 2 * spacing(self.levels) + 1)


def counting(
    products: int, levels: int, *, named_sums: bool, counted: Counted = AGREEING
) -> Leaves:
    """The cells that count, where sums may be named rows of carry cells or not: those are for
    registers that are close."""
    leaves = Leaves(products=products, levels=levels, counted=counted)
    if not named_sums or products < LEAST or levels > CLOSE:
        return leaves
    rows = Rows(products=products, levels=levels, counted=counted)
    return rows if rows.cells < leaves.cells else leaves


def stages(products: int, levels: int, counted: Counted = AGREEING) -> int:
    """Cycles after which a count is there in whatever cells."""
    ways = (counting(products, levels, named_sums=named, counted=counted)
            for named in (True, False))  # fmt: skip
    return max(way.stages for way in ways)


@dataclass(frozen=True)
class Registers:
    """Flip-flops of a count, by the net that they delay.

    Those of what is added up are its own. Bits at its ports wait once for all counts that read
    them.
    """

    each: Counter[str]

    def of(self, port: str) -> int:
        """Those of all bits of a port."""
        return sum(count for net, count in self.each.items() if net.startswith(f"{port}["))

    def inner(self, counted: Counted) -> int:
        """Those of what is added up."""
        return self.each.total() - sum(map(self.of, counted.ports))

    def beside(self, other: "Registers") -> "Registers":
        """Those of two counts of bits at the same ports."""
        return Registers(self.each | other.each)


@cache
def registers(leaves: Leaves) -> Registers:
    """Flip-flops of a count before its last registers."""
    return Registers(leaves.netlist()[0].registers)


def spacing(levels: int) -> int:
    """Rows from one register to the next, each in the place of two LUT4."""
    return max(levels // 2, 1)


def depth(size: int, counted: Counted = AGREEING) -> int:
    """Rows, one behind the other, of a count of at least `LEAST`, or two LUT4 in the place of one.
    """
    return size.bit_length() - 1 + counted.before


def _count(net: Netlist, counted: Counted, products: Iterator[Product], size: int) -> Total:
    """The count of the next ``size`` products."""
    if size < 3:
        return Total(count(net, products, size, counted))
    if size == 3:
        made = _threes if counted.before else _leaf
        return made(net, counted.of, *(next(products) for _ in range(3)))
    a, b = (_count(net, counted, products, part) for part in split(size))
    return _add(net, counted, a, b, next(products), beside=_joined(size, counted, net.levels))


def _leaf(net: Netlist, of: Of, first: Product, second: Product, third: Product) -> Total:
    """The count of three products in two halves: one adds two of them, and begins with the third.

    Where the bits are 0 a half must give what it carries: all three are complements where 0 and 0
    are counted, and then so are both bits of the sum.
    """
    flip = of(0, 0)
    begin = begins(lambda x, w: of(x, w) ^ flip, *(bit.net for bit in third))
    both = table(lambda x, w, y, v: of(x, w) ^ of(y, v), 4)
    halves = [(both, [bit.net for bit in (*first, *second)])]
    return Total(net.addition(1, begin, halves), inverted=bool(flip))


def _threes(net: Netlist, of: Of, first: Product, second: Product, third: Product) -> Total:
    """Three products of three bits, in LUT4: two of them before a register, two behind it."""
    one = net.lut(of, *first)
    differ = net.lut(lambda one, *x: one ^ of(*x), one, *second, level=1)
    low = net.lut(lambda differ, *x: differ ^ of(*x), differ, *third)
    # Where two products differ, the third decides, and low is then its complement.
    high = net.lut(lambda differ, low, one: 1 - low if differ else one, differ, low, one, level=2)
    return Total([low, high])


def _add(
    net: Netlist, counted: Counted, a: Total, b: Total, product: Product, *, beside: int
) -> Total:
    of = counted.of
    if counted.before:
        product = (net.lut(of, *product),)
    level = 1 + max(bit.level for bit in a.bits + b.bits)
    now = stage(level, net.levels)
    places = itertools.zip_longest(*(
        [Wire(net.at(bit, now), total.inverted) for bit in total.bits] for total in (a, b)
    ))
    begin = begins(of, *(net.at(bit, now) for bit in product))
    return Total(net.addition(level, begin, [adds(*place) for place in places], beside=beside))


@cache
def _groups(size: int, counted: Counted, spacing: int) -> tuple[Group, ...]:
    """All additions in rows. One with a register before it shares a row with all that lead to it,
    if that has room: their sums then need no wires to other tiles."""
    if size <= 3:
        return (((1, True),),) * (size == 3 and not counted.before)
    a, b = split(size)
    below = *_groups(a, counted, spacing), *_groups(b, counted, spacing)
    last = (a.bit_length(), True)
    joined = (*itertools.chain(*below), last)
    return (joined,) if spacing == 1 and fits(joined) else (*below, (last,))


def _joined(size: int, counted: Counted, spacing: int) -> int:
    """Groups that the last addition of a count joins."""
    below = sum(len(_groups(part, counted, spacing)) for part in split(size))
    return below if len(_groups(size, counted, spacing)) == 1 else 0


@cache
def _single(size: int, counted: Counted) -> int:
    """LUT4 beside the rows."""
    if size <= 3:
        return 0 if size == 3 and not counted.before else cells(size, counted)
    return sum(_single(part, counted) for part in split(size)) + counted.before
