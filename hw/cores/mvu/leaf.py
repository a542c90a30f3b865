"""The count of agreeing bits in fused leaves: XNOR and adders in the same LUT4."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hw.cores.fabric.lut4 import Bit, Netlist
from hw.cores.mvu.popcount import Popcount
from hw.cores.mvu.split import split, stages

Product = tuple[Bit, ...]
"""An input and its weight: their product is one where they agree."""


@dataclass(frozen=True, kw_only=True)
class Leaves:
    """A Verilog module that counts where x and w agree, for ECP5.

    Three products are counted in three LUT4, and each ripple adder takes one more at its
    carry-in: 3 products cost 3 LUT4, 7 cost 10, 15 cost 26, 31 cost 60, 63 cost 130. The count
    comes `hw.cores.mvu.split.stages` cycles later.

    Parameters
    ----------
    products : int
    levels : int
        LUT4 from one pipeline register to the next, as `hw.cores.mvu.split.stage` has it.
    """

    products: int
    levels: int

    @property
    def name(self) -> str:
        return f"leaves{self.products}_every{self.levels}"

    @property
    def full_adders(self) -> int:
        """Bits of all additions, half adders among them."""
        return _full_adders(self.products)

    def verilog(self) -> str:
        """Ports clk, x, w and o."""
        net, size = Netlist(self.levels), self.products
        bits = count(net, ((Bit(f"x[{k}]"), Bit(f"w[{k}]")) for k in range(size)), size)
        late = [net.at(bit, stages(size, self.levels)) for bit in bits]
        return net.module(self.name, {"x": size, "w": size}, {"o": late})

    def plain(self) -> "Agreements":
        """The component that the module must equal."""
        return Agreements(products=self.products, levels=self.levels)


class Agreements(wiring.Component):
    """``o`` is in how many bits x and w agree: the plain form of `Leaves`."""

    def __init__(self, *, products: int, levels: int) -> None:
        self._products, self._levels = products, levels
        super().__init__({
            "x": In(products), "w": In(products), "o": Out(bits_for(products)),
        })  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.count = count = Popcount(self._products, self._levels)
        m.d.comb += [count.i.eq(~(self.x ^ self.w)), self.o.eq(count.o)]
        return m


def _full_adders(size: int) -> int:
    if size <= 3:
        return int(size > 1)
    a, b = split(size)
    return _full_adders(a) + _full_adders(b) + a.bit_length()


def count(net: Netlist, products: Iterator[Product], size: int) -> list[Bit]:
    """The count of the next ``size`` products, the low bit first."""
    if size == 0:
        return []
    if size == 1:
        return [net.lut(_carried, *next(products))]
    if size == 2:
        pairs = next(products) + next(products)
        return [net.lut(_differ, *pairs), net.lut(_both, *pairs)]
    if size == 3:
        return _leaf(net, *(next(products) for _ in range(3)))
    a, b = (count(net, products, part) for part in split(size))
    return _add(net, a, b, next(products), size.bit_length())


def _leaf(net: Netlist, first: Product, second: Product, third: Product) -> list[Bit]:
    differ = net.lut(_differ, *first, *second)
    low = net.lut(lambda differ, *x: differ ^ _carried(*x), differ, *third)
    # Where two products differ, the third decides, and low is then its complement.
    high = net.lut(
        lambda differ, low, *x: 1 - low if differ else _carried(*x), differ, low, *first
    )
    return [low, high]


def _add(net: Netlist, a: list[Bit], b: list[Bit], carry: Product, width: int) -> list[Bit]:
    """a + b + carry in ``width`` bits, for a no narrower than b; the first carry is a product."""
    total = []
    for k, (one, other) in enumerate(zip(a, b, strict=False)):
        total.append(net.lut(lambda p, q, *c: p ^ q ^ _carried(*c), one, other, *carry))
        if k + 1 < width:
            carry = (net.lut(lambda p, q, *c: p + q + _carried(*c) > 1, one, other, *carry),)
    above = a[len(b) :]
    while above:
        room = 4 - len(carry)
        group, above = above[:room], above[room:]
        ends = [carry + tuple(group[: k + 1]) for k in range(len(group))]
        total += [net.lut(_INCREMENTED[len(carry)], *inputs) for inputs in ends]
        if len(total) < width:
            carry = (net.lut(_OVERFLOWS[len(carry)], *ends[-1]),)
    return [*total, *carry][:width]


def _carried(*carry: int) -> int:
    """The value of a carry: that of a product, whose two bits agree, or of a bit alone."""
    return int(carry[0] == carry[1]) if len(carry) == 2 else carry[0]


_OVERFLOWS: dict[int, Callable[..., int]] = {
    1: lambda c, *bits: c & all(bits),
    2: lambda x, w, *bits: (x == w) & all(bits),
}
"""The carry out of all bits behind a carry in, by the bits that the carry in is made of."""

_INCREMENTED: dict[int, Callable[..., int]] = {
    1: lambda c, *bits: bits[-1] ^ (c & all(bits[:-1])),
    2: lambda x, w, *bits: bits[-1] ^ ((x == w) & all(bits[:-1])),
}
"""The last bit, with such a carry added to the first."""


def _differ(x: int, w: int, y: int, v: int) -> int:
    return x ^ w ^ y ^ v


def _both(x: int, w: int, y: int, v: int) -> int:
    return (x == w) & (y == v)


@cache
def cells(size: int) -> int:
    """LUT4 of a count of products: of its two parts, and of the adder of these."""
    if size <= 3:
        return size
    a, b = split(size)
    longer = a.bit_length() - b.bit_length()
    carries = -(-(longer + (b == 0)) // 3)
    return cells(a) + cells(b) + 2 * b.bit_length() + longer + carries
