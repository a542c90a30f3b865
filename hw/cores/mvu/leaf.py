"""The count of agreeing bits, or pairs of them, in fused leaves: XNOR and adders in the same LUT4.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from operator import and_, xor
from typing import Any

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hw.cores.fabric.delay import registered
from hw.cores.fabric.lut4 import Bit, Netlist
from hw.cores.mvu.popcount import Popcount
from hw.cores.mvu.split import split, stages

Product = tuple[Bit, ...]
"""An input and its weight, as an example of bits that are counted where something is so of them."""

Of = Callable[..., int]
"""1 of the bits of a product that is counted."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What is counted.

    Parameters
    ----------
    name : of the modules that count it.
    ports : the bits that one of it is made of, two or three.
    found : function of these bits, of integers or of Amaranth's values, whose lowest bit, or every
        one, tells if it is there.
    """

    name: str
    ports: tuple[str, ...]
    found: Callable[..., Any]

    @property
    def before(self) -> int:
        """LUT4 before the count: a LUT4 has room for two of two bits, but not of three."""
        return len(self.ports) - 2

    def of(self, *bits: int) -> int:
        """1 where it is there; of a single bit, that bit."""
        return int(self.found(*bits)) & 1 if len(bits) > 1 else bits[0]


AGREEING = Counted(name="leaves", ports=("x", "w"), found=lambda x, w: ~(x ^ w))
"""Inputs that agree with their weights."""
DIFFERING = Counted(name="differing", ports=("x", "y"), found=lambda x, y: x ^ y)
"""Pairs of inputs that differ: one of the two agrees, whatever the weight of both."""
PAIRS = Counted(name="pairs", ports=("x", "y", "w"), found=lambda x, y, w: ~(x ^ w) & ~(y ^ w))
"""Pairs of inputs that both agree with the weight that they have in common."""


@dataclass(frozen=True, kw_only=True)
class Leaves:
    """A Verilog module that counts where x and w agree, or what else is ``counted``, for ECP5.

    Three products are counted in three LUT4, and each ripple adder takes one more at its
    carry-in: 3 products cost 3 LUT4, 7 cost 10, 15 cost 26, 31 cost 60, 63 cost 130. Where each
    has three bits, three cost 4 LUT4, and one at a carry-in costs one more. The count comes
    `hw.cores.mvu.split.stages` cycles later.

    Parameters
    ----------
    products : int
    counted : Counted
    levels : int
        LUT4 from one pipeline register to the next, as `hw.cores.mvu.split.stage` has it.
    """

    products: int
    levels: int
    counted: Counted = AGREEING

    @property
    def name(self) -> str:
        return f"{self.counted.name}{self.products}_every{self.levels}"

    @property
    def stages(self) -> int:
        """Cycles until the count comes."""
        return stages(self.products, self.levels, self.counted.before)

    @property
    def cells(self) -> int:
        """LUT4, two of them in a carry cell."""
        return cells(self.products, self.counted)

    @property
    def full_adders(self) -> int:
        """Bits of all additions, half adders among them."""
        return _full_adders(self.products)

    def verilog(self) -> str:
        """Ports clk, those of what is counted, and o."""
        net, nets = self.netlist()
        return net.module(self.name, dict.fromkeys(self.counted.ports, self.products), {"o": nets})

    def netlist(self) -> tuple[Netlist, list[str]]:
        """The cells, and the nets of the count."""
        net = Netlist(self.levels)
        bits = count(net, self.each, self.products, self.counted)
        return net, [net.at(bit, self.stages) for bit in bits]

    @property
    def each(self) -> Iterator[Product]:
        """The bits at the ports, product by product."""
        ports = self.counted.ports
        return (tuple(Bit(f"{port}[{k}]") for port in ports) for k in range(self.products))

    def plain(self) -> "Agreements":
        """The component that the module must equal."""
        return Agreements(self, self.levels)


class Agreements(wiring.Component):
    """``o`` is in how many bits x and w agree, or of how many what is counted is so: the plain form
    of `Leaves`.

    Parameters
    ----------
    leaves : Leaves
    levels : int
        As of `Popcount`, which may come earlier than the cells, but not later.
    """

    def __init__(self, leaves: Leaves, levels: int) -> None:
        self._leaves, self._levels, size = leaves, levels, leaves.products
        super().__init__({
            **{port: In(size) for port in leaves.counted.ports}, "o": Out(bits_for(size)),
        })  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m, leaves = Module(), self._leaves
        m.submodules.count = count = Popcount(leaves.products, self._levels)
        bits = (getattr(self, port) for port in leaves.counted.ports)
        late = registered(m, count.o, "late", leaves.stages - count.latency)
        m.d.comb += [count.i.eq(leaves.counted.found(*bits)), self.o.eq(late)]
        return m


def _full_adders(size: int) -> int:
    if size <= 3:
        return int(size > 1)
    a, b = split(size)
    return _full_adders(a) + _full_adders(b) + a.bit_length()


def count(
    net: Netlist, products: Iterator[Product], size: int, counted: Counted = AGREEING
) -> list[Bit]:
    """The count of the next ``size`` products, the low bit first."""
    of = counted.of
    if size == 0:
        return []
    if size == 1:
        return [net.lut(of, *next(products))]
    if size == 2:
        first, second = _joined(net, next(products), of), next(products)
        return [_of_two(net, xor, of, first, second), _of_two(net, and_, of, first, second)]
    if size == 3:
        return _leaf(net, of, *(next(products) for _ in range(3)))
    a, b = (count(net, products, part, counted) for part in split(size))
    return _add(net, of, a, b, _joined(net, next(products), of), size.bit_length())


def _joined(net: Netlist, product: Product, of: Of) -> Product:
    """A product of three bits as one bit, which leaves room for more in a LUT4."""
    return (net.lut(of, *product),) if len(product) > 2 else product


def _of_two(
    net: Netlist, joining: Callable[[int, int], int], of: Of, first: Product,
    second: Product,
) -> Bit:
    """A function of two products."""
    cut = len(first)
    return net.lut(lambda *x: joining(of(*x[:cut]), of(*x[cut:])), *first, *second)


def _leaf(
    net: Netlist, of: Of, first: Product, second: Product, third: Product
) -> list[Bit]:
    first = _joined(net, first, of)
    differ = _of_two(net, xor, of, first, second)
    low = net.lut(lambda differ, *x: differ ^ of(*x), differ, *third)
    # Where two products differ, the third decides, and low is then its complement.
    high = net.lut(lambda differ, low, *x: 1 - low if differ else of(*x), differ, low, *first)
    return [low, high]


def _add(
    net: Netlist, of: Of, a: list[Bit], b: list[Bit], carry: Product, width: int
) -> list[Bit]:
    """a + b + carry in ``width`` bits, for a no narrower than b; the first carry is a product."""
    total = []
    for k, (one, other) in enumerate(zip(a, b, strict=False)):
        total.append(net.lut(lambda p, q, *c: p ^ q ^ of(*c), one, other, *carry))
        if k + 1 < width:
            carry = (net.lut(lambda p, q, *c: p + q + of(*c) > 1, one, other, *carry),)
    above = a[len(b) :]
    while above:
        cut, room = len(carry), 4 - len(carry)
        group, above = above[:room], above[room:]
        ends = [carry + tuple(group[: k + 1]) for k in range(len(group))]
        total += [
            net.lut(lambda *x, n=cut: x[-1] ^ (of(*x[:n]) & all(x[n:-1])), *inputs)
            for inputs in ends
        ]
        if len(total) < width:
            carry = (net.lut(lambda *x, n=cut: of(*x[:n]) & all(x[n:]), *ends[-1]),)
    return [*total, *carry][:width]


@cache
def cells(size: int, counted: Counted = AGREEING) -> int:
    """LUT4 of a count of products: of its two parts, and of the adder of these."""
    more = counted.before
    if size <= 3:
        return size + (more if size > 1 else 0)
    a, b = split(size)
    longer = a.bit_length() - b.bit_length()
    # The first carry of two bits leaves less room beside it.
    carries = -(-(longer + (b == 0 and not more)) // 3)
    parts = cells(a, counted) + cells(b, counted)
    return parts + more + 2 * b.bit_length() + longer + carries
