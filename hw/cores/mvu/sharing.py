"""Sums with constant weights of +-1: what is added to what, so that rows share what they can."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from amaranth import Shape

LEVELS = 2
"""Adders from register to register, of which most are rows of carry cells."""


@dataclass(frozen=True, eq=False)
class Number:
    """An input, or the sum of two terms and, where there is a third, of a bit at the carry-in.

    Parameters
    ----------
    place : int
        Inputs come first, then sums in an order in which each can be built.
    low, high : int
        Its lowest and highest value.
    level : int
        How many adders lead to it.
    bias : int
        By how much it is more than the sum of signed inputs that it stands for.
    """

    place: int
    low: int
    high: int
    level: int = 0
    bias: int = 0
    parts: tuple["Term", ...] = ()

    @property
    def shape(self) -> Shape:
        return Shape.cast(range(self.low, self.high + 1))

    @property
    def single(self) -> bool:
        """True for a bit, which a carry-in can take."""
        return (self.low, self.high) == (0, 1)


class Term(NamedTuple):
    """A number or, at no cost, its complement: that of n bits is ``2**n - 1 - number``, or
    ``-1 - number`` if it has a sign."""

    number: Number
    inverted: bool = False

    def __invert__(self) -> "Term":
        return Term(self.number, not self.inverted)

    @property
    def range(self) -> tuple[int, int]:
        low, high = self.number.low, self.number.high
        return (self._ones - high, self._ones - low) if self.inverted else (low, high)

    @property
    def bias(self) -> int:
        return self._ones - self.number.bias if self.inverted else self.number.bias

    @property
    def _ones(self) -> int:
        shape = self.number.shape
        return -1 if shape.signed else (1 << shape.width) - 1


class Total(NamedTuple):
    """The count of a row: ``total + carry``, which is ``excess`` too large."""

    total: Term
    carry: Term | None
    excess: int


class Sharing:
    """Counts of inputs with every row of weights: where bits agree, or ``x`` and ``~x`` added.

    Rows are halved again and again, those most alike last. At every step inputs and sums that all
    rows left take alike, but for one sign, are added up, once for all of them: of n inputs, rows
    two by two share sums of n / 2, four by four of n / 8, eight by eight of n / 128. What is left
    at a single row is its count. The complement that a sign asks for is part of the next adder.

    Bits are added three at a time, and where an adder has a carry-in left it takes one more. Of
    integers, sums of halves of the inputs that rows have in common are taken where those are less.

    Parameters
    ----------
    rows : sequence of int
        Bit s of each is the weight of input s; 1 is +1.
    inputs : int
    element : int
        Bits of an input; of 2 and more, two's complement.

    Attributes
    ----------
    sums : list of Number
    totals : list of Total
        Row by row.
    """

    def __init__(self, rows: Sequence[int], *, inputs: int, element: int = 1) -> None:
        self.inputs, self.element = inputs, element
        self.depth = depth(inputs, element)
        self._limit = 1 << (inputs - 1).bit_length()
        self._load = 0
        self.sums: list[Number] = []
        self._kept: dict[int, list[Term]] = {}
        # Rows that are each other's complement are one; the first of them needs no inverter.
        flip = (1 << inputs) - 1
        kinds: dict[int, int] = {}
        for row in rows:
            kinds.setdefault(min(row, row ^ flip), row)
        self._rows = list(kinds.values())
        half = 0 if element == 1 else 1 << (element - 1)
        numbers = [Number(s, -half, half - 1 if half else 1) for s in range(inputs)]
        terms = [(Term(number), self._column(number.place)) for number in numbers]
        self._halve(_alike(self._rows, inputs), terms)
        if element > 1:
            self._join([term for term, _ in terms])
        self.totals = [self._total(row, kinds[min(row, row ^ flip)]) for row in rows]

    @property
    def full_adders(self) -> int:
        """Bits of all additions, half adders among them."""
        return sum(max(part.number.shape.width for part in each.parts) for each in self.sums)

    def _column(self, s: int) -> int:
        """The rows that take the complement of an input: bit r is row r."""
        return sum(1 << r for r, row in enumerate(self._rows) if not row >> s & 1)

    def _halve(self, rows: Sequence[int], terms: Iterable[tuple[Term, int]]) -> None:
        """Counts of some rows from the terms that all of them have, by column."""
        mask = sum(1 << row for row in rows)
        alike: dict[int, list[Term]] = defaultdict(list)
        self._load = 0
        for term, column in terms:
            column &= mask
            if column >> rows[0] & 1:
                term, column = ~term, column ^ mask
            alike[column].append(term)
            self._load += 1 << term.number.level
        last = len(rows) == 1
        added = [
            (term, column) for column in alike for term in self._added(alike[column], last)
        ]
        if last:
            self._kept[self._rows[rows[0]]] = [term for term, _ in added]
            return
        for part in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
            self._halve(part, added)

    def _join(self, inputs: Sequence[Term]) -> None:
        """Take sums of halves of the inputs, if those are fewer."""
        halved, cost, self.sums = self.sums, self.full_adders, []
        joined = self._joined(inputs)
        if self.full_adders < cost:
            self._kept = {row: [term] for row, term in zip(self._rows, joined, strict=True)}
        else:
            self.sums = halved

    def _joined(self, inputs: Sequence[Term]) -> list[Term]:
        """The sum of some inputs for every row."""
        if len(inputs) == 1:
            place = inputs[0].number.place
            return [inputs[0] if row >> place & 1 else ~inputs[0] for row in self._rows]
        half, known = len(inputs) // 2, dict[tuple[Term, Term], Term]()
        sums = []
        for pair in zip(*map(self._joined, (inputs[:half], inputs[half:])), strict=True):
            if pair not in known:
                added = self._sum(*pair)
                known |= {pair: added, (~pair[0], ~pair[1]): ~added}
            sums.append(known[pair])
        return sums

    def _added(self, terms: Iterable[Term], last: bool) -> list[Term]:
        """Fewer terms with the same sum: one number, and up to two bits besides.

        While the sum of 2**level of a row's terms stays below a power of two, a tree of `depth`
        can add them: two of very different levels stay apart where that would not hold. At the
        last step it always does.
        """
        bits: list[Term] = []
        heap: list[_Queued] = []
        for term in terms:
            if term.number.single:
                bits.append(term)
            else:
                heapq.heappush(heap, _Queued.of(term))
        # As many bits go three by three as leave one for each of the adders that follow.
        for _ in range(min((len(bits) - len(heap) + 2) // 4, len(bits) // 3)):
            heapq.heappush(heap, _Queued.of(self._sum(bits.pop(), bits.pop(), bits.pop())))
        while len(heap) > 1:
            one, other = heapq.heappop(heap), heapq.heappop(heap)
            more = (1 << other.level) - (1 << one.level) - bool(bits)
            if not last and self._load + more > self._limit:
                heap += [one, other]
                break
            carry = [bits.pop()] if bits else []
            heapq.heappush(heap, _Queued.of(self._sum(one.term, other.term, *carry)))
        return [*(queued.term for queued in heap), *bits]

    def _sum(self, *parts: Term) -> Term:
        lows, highs = zip(*(part.range for part in parts), strict=True)
        number = Number(
            self.inputs + len(self.sums), sum(lows), sum(highs),
            level=1 + max(part.number.level for part in parts),
            bias=sum(part.bias for part in parts),
            parts=parts,
        )
        self.sums.append(number)
        self._load += (1 << number.level) - sum(1 << part.number.level for part in parts)
        return Term(number)

    def _total(self, row: int, kind: int) -> Total:
        """The count of a row from what is left of it, or of its complement."""
        terms = self._kept[kind]
        if len(terms) == 3:  # a number and two bits
            terms[:2] = [self._sum(*terms[:2])]
        total, *carry = terms if row == kind else [~term for term in terms]
        negative = self.inputs - row.bit_count()
        bias = total.bias + sum(term.bias for term in carry)
        excess = bias - negative if self.element == 1 else bias + negative
        return Total(total, carry[0] if carry else None, excess)


class _Queued(NamedTuple):
    """A term by what is added first."""

    level: int
    width: int
    place: int
    term: Term

    @classmethod
    def of(cls, term: Term) -> "_Queued":
        number = term.number
        return cls(number.level, number.shape.width, number.place, term)


def depth(inputs: int, element: int = 1) -> int:
    """Adders on the way to a count, at most: a tree's, and of bits one for a bit left over."""
    return (inputs - 1).bit_length() + (element == 1)


def stage(level: int, levels: int) -> int:
    """Registers on the way to a sum that ``level`` adders lead to: one after every ``levels``, but
    none after the last."""
    return max(level - 1, 0) // levels


def _alike(rows: Sequence[int], inputs: int) -> Sequence[int]:
    """Rows in the order in which they are halved: pairs that share most, pairs of such pairs."""

    def likeness(pair: tuple[list[int], list[int]]) -> int:
        differing = ((rows[r] ^ rows[s]).bit_count() for r in pair[0] for s in pair[1])
        return sum(abs(inputs - 2 * count) for count in differing)

    groups = [[r] for r in range(len(rows))]
    while len(groups) > 1:
        paired: list[list[int]] = []
        alone = {group[0]: group for group in groups}
        for one, other in sorted(combinations(groups, 2), key=likeness, reverse=True):
            if one[0] in alone and other[0] in alone:
                del alone[one[0]], alone[other[0]]
                paired.append(one + other)
        groups = paired + list(alone.values())
    return groups[0]
