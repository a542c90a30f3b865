"""Shared sums as cells of ECP5: LUT4 for the narrow ones, rows of carry cells for the others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import zip_longest

from amaranth.utils import ceil_log2

from hw.cores.fabric.adding import Wire, adds, carried
from hw.cores.fabric.carry import HALVES
from hw.cores.fabric.lut4 import Netlist, table
from hw.cores.mvu.sharing import Sharing, stage
from hw.cores.mvu.terms import Term
from hw.cores.mvu.tree import Tree

FIRST = 2
"""Registers before sums with several steps, where inputs and steps spread to all that read them."""


@dataclass
class Adders:
    """The Verilog module of a `Sharing`: ports clk, i, o and carry, and with several steps step.

    Terms turn, which are complements at some steps. A cell that adds one reads a net that tells it
    of these steps, which is made of the step once for all. A LUT4 has room for one: of three bits
    that turn differently the sum turns by all of it together, and the carry is made of that sum.
    With several steps come `FIRST` registers before all else.

    Parameters
    ----------
    sharing : Sharing
    levels : int
        Adders from one pipeline register to the next, as `hw.cores.mvu.sharing.stage` has it.
    width : int
        Bits of an output.
    """

    sharing: Sharing
    levels: int
    width: int
    _bits: dict[int, list[Wire]] = field(default_factory=dict)
    _known: dict[tuple[int, tuple[str, ...]], str] = field(default_factory=dict)
    _tellers: dict[int, str] = field(default_factory=dict)
    _now: int = 0

    def __post_init__(self) -> None:
        several = self.sharing.steps > 1
        self._net = Tree(self.levels) if several else Netlist(self.levels)
        self._first = FIRST if several else 0
        self._always = (1 << self.sharing.steps) - 1

    def module(self) -> tuple[str, str]:
        """Name and text; what differs has another name."""
        sharing = self.sharing
        for place in range(sharing.inputs):
            bits = range(place * sharing.element, (place + 1) * sharing.element)
            self._bits[place] = [Wire(self._net.later(f"i[{k}]", self._first)) for k in bits]
        for number in sharing.sums:
            self._now = now = stage(number.level, self.levels)
            width = number.shape.width
            wide, narrow, *carry = sorted(
                (self._term(part, now) for part in number.parts), key=len, reverse=True
            )
            if number.low < 0:
                wide, narrow = self._extended(wide, width), self._extended(narrow, width)
            self._bits[number.place] = self._add(
                number.level, wide, narrow, carry[0] if carry else [], width
            )
        self._now = stage(sharing.depth, self.levels)
        ports = {"o": self._outputs(), "carry": self._carries()}
        given = {"i": sharing.inputs * sharing.element}
        if sharing.steps > 1:
            given["step"] = ceil_log2(sharing.steps)
        text = self._net.module("{name}", given, ports)
        name = f"sums_{sha256(text.encode()).hexdigest()[:12]}"
        return name, text.replace("{name}", name, 1)

    def _term(self, term: Term, now: int) -> list[Wire]:
        """The bits of a term after so many registers."""
        later = now - stage(term.number.level, self.levels)
        return [
            Wire(self._net.later(net, later), inverted ^ term.inverted)
            for net, inverted in self._bits[term.number.place]
        ]

    def _turn(self, wire: Wire) -> int:
        """The steps at which a bit turns, or those at which it does not: without the first."""
        return wire.inverted ^ self._always if wire.inverted & 1 else wire.inverted

    def _turning(self, wires: Iterable[Wire]) -> list[int]:
        """All turns of some bits."""
        return [*dict.fromkeys(turn for turn in map(self._turn, wires) if turn)]

    def _told(self, turn: int) -> str:
        """The net that tells of a turn in the stage that is being built."""
        if turn not in self._tellers:
            size = ceil_log2(self.sharing.steps)
            bits = [f"step[{b}]" for b in range(size)]
            # Not at steps beyond the last, which never come.
            init = table(lambda *step: turn >> sum(bit << b for b, bit in enumerate(step)), size)
            alone = {table(lambda *step, b=b: step[b], size): bit for b, bit in enumerate(bits)}
            self._tellers[turn] = alone.get(init) or self._net.cell(init, bits)
        return self._net.later(self._tellers[turn], self._first + self._now)

    def _fits(self, *wires: Wire) -> bool:
        """True if a LUT4 takes some bits with their turns."""
        return len(wires) + len(self._turning(wires)) <= 4

    def _outputs(self) -> list[str]:
        nets: list[str] = []
        for total in self.sharing.totals:
            bits = self._term(total.total, self._now)
            if total.total.number.low < 0:
                bits = self._extended(bits, self.width)
            nets += [self._plain(wire) for wire in bits] + ["1'b0"] * (self.width - len(bits))
        return nets

    def _carries(self) -> list[str]:
        """The bits left over of every row."""
        carries = (total.carry for total in self.sharing.totals)
        return [self._plain(*self._term(one, self._now)) if one else "1'b0" for one in carries]

    def _plain(self, wire: Wire) -> str:
        if not wire.inverted:
            return self._net.reading(wire.net)
        flip, turns = wire.inverted & 1, self._turning([wire])
        nets = [wire.net, *map(self._told, turns)]
        return self._net.cell(table(lambda *bits: flip ^ _odd(*bits), len(nets)), nets)

    @staticmethod
    def _extended(bits: list[Wire], width: int) -> list[Wire]:
        return bits + bits[-1:] * (width - len(bits))

    def _add(
        self, level: int, a: Sequence[Wire], b: Sequence[Wire], carry: Sequence[Wire], width: int
    ) -> list[Wire]:
        """a + b + carry in ``width`` bits, for a no narrower than b, in the fewest cells; none of
        more than two LUT4 in a row."""
        deep = len(b) + len(carry) + (not self._fits(a[0], b[0], *carry)) > 3
        # The half that ends a row is shared by all additions in it.
        row = (len(a) + 1) * HALVES / (HALVES - 1)
        # A bit that turns leaves its carry no room beside it: that comes joined.
        joined = bool(carry or self._turning(b))
        if (deep and len(a) > 1) or row < _ripple_cells(len(a), len(b), joined, width):
            return self._row(level, a, b, carry, width)
        return self._ripple(a, b, tuple(carry), width)

    def _row(
        self, level: int, a: Sequence[Wire], b: Sequence[Wire], carry: Sequence[Wire], width: int
    ) -> list[Wire]:
        """In carry cells; those begin with the carry, or with that of the lowest bits if neither
        turns."""
        low: list[Wire] = []
        if not (carry or self._turning(b)):
            low, carry = [self._lut(_odd, a[0], b[0])], [a[0], b[0]]
        begin = carried(*carry, told=[self._told(turn) for turn in self._turning(carry)])
        told = [self._told(turn) for turn in self._turning(b)]
        halves = [adds(*place, told=told) for place in list(zip_longest(a, b))[len(low) :]]
        sums = self._net.addition(level, begin, halves, carry=width > len(a))
        return [*low, *(Wire(bit.net) for bit in sums)]

    def _ripple(
        self, a: Sequence[Wire], b: Sequence[Wire], carry: tuple[Wire, ...], width: int
    ) -> list[Wire]:
        """In LUT4; a carry may be two bits that are not joined yet."""
        total = []
        for k, (one, other) in enumerate(zip(a, b, strict=False)):
            total.append(self._lut(_sum, *_together(one, other, *carry)))
            if k == 0 and not carry and not self._turning([other]):
                carry = (one, other)
            elif k + 1 < width:
                carry = (self._carried(total[-1], one, other, *carry),)
        above = tuple(a[len(b) :])
        while above:
            room = 4 - len(carry) - len(self._turning(carry))
            group, above = above[:room], above[room:]
            for k in range(len(group)):
                total.append(self._lut(_incremented, *carry, *group[: k + 1]))
            if len(total) < width:
                carry = (self._lut(_both, *carry, *group),)
        if len(total) < width:
            total.append(self._lut(_both, *carry) if len(carry) > 1 else carry[0])
        return total

    def _carried(self, total: Wire, one: Wire, other: Wire, *carry: Wire) -> Wire:
        """The carry of bits with that ``total``, of which ``one`` does not turn."""
        if self._fits(one, other, *carry):
            return self._lut(_carry, one, other, *carry)
        return self._lut(_carry_of_sum, total, one, other)

    def _lut(self, function: Callable[..., int], *inputs: Wire) -> Wire:
        """A function of bits that are up to four with their turns: one that is there already, or
        its complement, if so."""
        turning = self._turning(inputs)
        nets = [*(wire.net for wire in inputs), *map(self._told, turning)]
        order = sorted(range(len(nets)), key=nets.__getitem__)
        init = _ordered(
            function, tuple(order), tuple(wire.inverted & 1 for wire in inputs),
            tuple(turning.index(turn) if turn else -1 for turn in map(self._turn, inputs)),
        )  # fmt: skip
        key = (init ^ 0xFFFF if init & 1 else init), tuple(nets[k] for k in order)
        if key not in self._known:
            self._known[key] = self._net.cell(*key)
        return Wire(self._known[key], self._always * (init & 1))


@cache
def _ordered(
    function: Callable[..., int], order: tuple[int, ...], inverted: tuple[int, ...],
    told: tuple[int, ...],
) -> int:  # fmt: skip
    """INIT of a function whose inputs come in another order, some of them inverted, and some by one
    of the inputs behind them."""
    size = len(inverted)

    def ordered(*bits: int) -> int:
        given = dict(zip(order, bits, strict=True))
        return function(*(
            given[k] ^ flip ^ (given[size + by] if by >= 0 else 0)
            for k, (flip, by) in enumerate(zip(inverted, told, strict=True))
        ))

    return table(ordered, len(order))


def _ripple_cells(wide: int, narrow: int, carry: bool, width: int) -> int:
    """LUT4 of an addition without carry cells."""
    # The first carry is two bits where both numbers are one, which leaves less room beside it.
    carries = narrow - (not carry) - (-(wide - narrow + (narrow == 1 and not carry)) // 3)
    return wide + carries - (width == wide)


def _together(one: Wire, other: Wire, *carry: Wire) -> tuple[Wire, ...]:
    """Bits whose sum is that of these, with all their turns at the first, as one."""
    if len(carry) > 1:
        return one, other, *carry
    turned = other.inverted ^ (carry[0].inverted if carry else 0)
    others = (Wire(wire.net) for wire in (other, *carry))
    return Wire(one.net, one.inverted ^ turned), *others


def _sum(one: int, other: int, *carry: int) -> int:
    return one ^ other ^ _both(*carry)


def _carry(one: int, other: int, *carry: int) -> int:
    return int(one + other + _both(*carry) > 1)


def _carry_of_sum(total: int, one: int, other: int) -> int:
    """The carry of three bits, of which two and the low bit of the sum are known: where two differ,
    the third decides, and the sum is then its complement."""
    return 1 - total if one ^ other else one


def _odd(*bits: int) -> int:
    return sum(bits) & 1


def _both(*bits: int) -> int:
    """A carry of two bits, of one, or of none."""
    return int(bool(bits) and all(bits))


def _incremented(*bits: int) -> int:
    """The last bit, where all others are ones the other."""
    return bits[-1] ^ all(bits[:-1])
