"""The count of agreeing bits in rows of carry cells, many small additions in each."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import NamedTuple

from hw.cores.fabric.adding import Wire, adds, begins
from hw.cores.fabric.carry import packed_halves
from hw.cores.fabric.lut4 import Bit, Netlist, table
from hw.cores.mvu.leaf import AGREEING, Leaves, Product
from hw.cores.mvu.split import split, stage

_of = AGREEING.of


class Total(NamedTuple):
    """A count, the low bit first, or the complements of its bits."""

    bits: list[Bit]
    inverted: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows(Leaves):
    """A Verilog module of carry cells that counts where x and w agree, for ECP5.

    A half of a carry cell gives the last carry of one addition and begins the next with a product:
    k bits, their carry and a product take k + 1 halves, and 3, 7, 15, 31, 63 products 2, 7, 18, 41,
    88 halves, with one more in every row. Two products and the half that they begin with are a
    count of three. The count comes `stages` cycles later.
    """

    @property
    def name(self) -> str:
        return f"rows{self.products}_every{self.levels}"

    @property
    def stages(self) -> int:
        return stage(depth(self.products), spacing(self.levels))

    @property
    def cells(self) -> int:
        inverters = 2 * (self.products == 3)
        return packed_halves(_widths(self.products)) + _single(self.products) + inverters

    def netlist(self) -> tuple[Netlist, list[str]]:
        net = Netlist(spacing(self.levels))
        total = _count(net, self.each, self.products)
        late = [net.at(bit, self.stages) for bit in total.bits]
        if total.inverted:
            late = [net.cell(table(lambda bit: 1 - bit, 1), [bit]) for bit in late]
        return net, late


def spacing(levels: int) -> int:
    """Rows from one register to the next, each in the place of two LUT4."""
    return max(levels // 2, 1)


def depth(size: int) -> int:
    """Rows, one behind the other, of a count."""
    return max(size.bit_length() - 1, 1)


def _count(net: Netlist, products: Iterator[Product], size: int) -> Total:
    """The count of the next ``size`` products."""
    if size < 3:
        given = [bit for _ in range(size) for bit in next(products)]
        lows = [net.lut(lambda *x: _of_each(x).count(1) & 1, *given)] if size else []
        highs = [net.lut(lambda *x: int(all(_of_each(x))), *given)] if size == 2 else []
        return Total(lows + highs)
    if size == 3:
        return _leaf(net, *(next(products) for _ in range(3)))
    a, b = (_count(net, products, part) for part in split(size))
    return _add(net, a, b, next(products))


def _of_each(bits: tuple[int, ...]) -> list[int]:
    return [_of(*bits[k : k + 2]) for k in range(0, len(bits), 2)]


def _leaf(net: Netlist, first: Product, second: Product, third: Product) -> Total:
    """Where the bits are 0 a half must give what it carries: all three are complements where 0 and
    0 are counted, and then so are both bits of the sum."""
    flip = _of(0, 0)
    begin = begins(lambda x, w: _of(x, w) ^ flip, *(bit.net for bit in third))
    both = table(lambda x, w, y, v: _of(x, w) ^ _of(y, v), 4)
    halves = [(both, [bit.net for bit in (*first, *second)])]
    return Total(net.addition(1, begin, halves), inverted=bool(flip))


def _add(net: Netlist, a: Total, b: Total, product: Product) -> Total:
    level = 1 + max(bit.level for bit in a.bits + b.bits)
    now = stage(level, net.levels)
    places = zip_longest(*(
        [Wire(net.at(bit, now), total.inverted) for bit in total.bits] for total in (a, b)
    ))
    begin = begins(_of, *(net.at(bit, now) for bit in product))
    return Total(net.addition(level, begin, [adds(*place) for place in places]))


@cache
def _widths(size: int) -> tuple[int, ...]:
    """Bits of all additions in rows."""
    if size <= 3:
        return (1,) * (size == 3)
    a, b = split(size)
    return *_widths(a), *_widths(b), a.bit_length()


def _single(size: int) -> int:
    """LUT4 beside the rows."""
    if size <= 3:
        return size % 3
    return sum(map(_single, split(size)))
