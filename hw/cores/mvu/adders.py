"""Shared sums as cells of ECP5: LUT4 for the narrow ones, rows of carry cells for the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import zip_longest

from hw.cores.fabric.adding import Wire, adds, carried
from hw.cores.fabric.carry import HALVES
from hw.cores.fabric.lut4 import Netlist, table
from hw.cores.mvu.sharing import Sharing, Term, stage


@dataclass
class Adders:
    """The Verilog module of a `Sharing`: ports clk, i, o and carry.

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

    def __post_init__(self) -> None:
        self._net = Netlist(self.levels)

    def module(self) -> tuple[str, str]:
        """Name and text; what differs has another name."""
        sharing = self.sharing
        for place in range(sharing.inputs):
            first = place * sharing.element
            self._bits[place] = [Wire(f"i[{first + k}]") for k in range(sharing.element)]
        for number in sharing.sums:
            now, width = stage(number.level, self.levels), number.shape.width
            wide, narrow, *carry = sorted(
                (self._term(part, now) for part in number.parts), key=len, reverse=True
            )
            if number.low < 0:
                wide, narrow = self._extended(wide, width), self._extended(narrow, width)
            self._bits[number.place] = self._add(
                number.level, wide, narrow, carry[0] if carry else [], width
            )
        ports = {"o": self._outputs(), "carry": self._carries()}
        text = self._net.module("{name}", {"i": sharing.inputs * sharing.element}, ports)
        name = f"sums_{sha256(text.encode()).hexdigest()[:12]}"
        return name, text.replace("{name}", name, 1)

    def _term(self, term: Term, now: int) -> list[Wire]:
        """The bits of a term after so many registers."""
        later = now - stage(term.number.level, self.levels)
        return [
            Wire(self._net.later(net, later), inverted ^ term.inverted)
            for net, inverted in self._bits[term.number.place]
        ]

    def _outputs(self) -> list[str]:
        nets: list[str] = []
        for total in self.sharing.totals:
            bits = self._term(total.total, stage(self.sharing.depth, self.levels))
            if total.total.number.low < 0:
                bits = self._extended(bits, self.width)
            nets += [self._plain(wire) for wire in bits] + ["1'b0"] * (self.width - len(bits))
        return nets

    def _carries(self) -> list[str]:
        """The bits left over of every row."""
        last = stage(self.sharing.depth, self.levels)
        carries = (total.carry for total in self.sharing.totals)
        return [self._plain(*self._term(one, last)) if one else "1'b0" for one in carries]

    def _plain(self, wire: Wire) -> str:
        return self._net.cell(table(lambda bit: 1 - bit, 1), [wire.net]) if wire[1] else wire.net

    @staticmethod
    def _extended(bits: list[Wire], width: int) -> list[Wire]:
        return bits + bits[-1:] * (width - len(bits))

    def _add(
        self, level: int, a: Sequence[Wire], b: Sequence[Wire], carry: Sequence[Wire], width: int
    ) -> list[Wire]:
        """a + b + carry in ``width`` bits, for a no narrower than b, in the fewest cells; none of
        more than two LUT4 in a row."""
        deep = len(b) + len(carry) > 3
        # The half that ends a row is shared by all additions in it.
        row = (len(a) + 1) * HALVES / (HALVES - 1)
        if deep or row < _ripple_cells(len(a), len(b), bool(carry), width):
            return self._row(level, a, b, carry, width)
        return self._ripple(a, b, tuple(carry), width)

    def _row(
        self, level: int, a: Sequence[Wire], b: Sequence[Wire], carry: Sequence[Wire], width: int
    ) -> list[Wire]:
        """In carry cells; those begin with the carry, or with that of the lowest bits."""
        low = [] if carry else [self._lut(_odd, a[0], b[0])]
        begin = carried(*(carry or [a[0], b[0]]))
        places = list(zip_longest(a, b))[len(low) :]
        halves = [adds(*place) for place in places]
        sums = self._net.addition(level, begin, halves, carry=width > len(a))
        return [*low, *(Wire(bit.net) for bit in sums)]

    def _ripple(
        self, a: Sequence[Wire], b: Sequence[Wire], carry: tuple[Wire, ...], width: int
    ) -> list[Wire]:
        """In LUT4; a carry may be two bits that are not joined yet."""
        total = []
        for k, (one, other) in enumerate(zip(a, b, strict=False)):
            total.append(self._lut(_sum, one, other, *carry))
            if k == 0 and not carry:
                carry = (one, other)
            elif k + 1 < width:
                more = self._lut(_carry, one, other, *carry)
                carry = (more,)
        above = tuple(a[len(b) :])
        while above:
            room = 4 - len(carry)
            group, above = above[:room], above[room:]
            for k in range(len(group)):
                total.append(self._lut(_incremented, *carry, *group[: k + 1]))
            if len(total) < width:
                carry = (self._lut(_both, *carry, *group),)
        if len(total) < width:
            total.append(self._lut(_both, *carry) if len(carry) > 1 else carry[0])
        return total

    def _lut(self, function: Callable[..., int], *inputs: Wire) -> Wire:
        """A function of up to four bits: one that is there already, or its complement, if so."""
        order = sorted(range(len(inputs)), key=lambda k: inputs[k].net)
        init = _ordered(function, tuple(order), tuple(wire.inverted for wire in inputs))
        nets = tuple(inputs[k].net for k in order)
        inverted = bool(init & 1)
        key = (init ^ 0xFFFF if inverted else init), nets
        if key not in self._known:
            self._known[key] = self._net.cell(*key)
        return Wire(self._known[key], inverted)


@cache
def _ordered(
    function: Callable[..., int], order: tuple[int, ...], inverted: tuple[bool, ...]
) -> int:
    """INIT of a function whose inputs come in another order, some of them inverted."""

    def ordered(*bits: int) -> int:
        given = dict(zip(order, bits, strict=True))
        return function(*(given[k] ^ flip for k, flip in enumerate(inverted)))

    return table(ordered, len(order))


def _ripple_cells(wide: int, narrow: int, carry: bool, width: int) -> int:
    """LUT4 of an addition without carry cells."""
    # The first carry is two bits where both numbers are one, which leaves less room beside it.
    carries = narrow - (not carry) - (-(wide - narrow + (narrow == 1 and not carry)) // 3)
    return wide + carries - (width == wide)


def _sum(one: int, other: int, *carry: int) -> int:
    return one ^ other ^ _both(*carry)


def _carry(one: int, other: int, *carry: int) -> int:
    return int(one + other + _both(*carry) > 1)


def _odd(*bits: int) -> int:
    return sum(bits) & 1


def _both(*bits: int) -> int:
    """A carry of two bits, of one, or of none."""
    return int(bool(bits) and all(bits))


def _incremented(*bits: int) -> int:
    """The last bit, where all others are ones the other."""
    return bits[-1] ^ all(bits[:-1])
