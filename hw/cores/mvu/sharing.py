"""Sums with weights of +-1, constant or of a step: what is added to what, so that rows share what
they can."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from hw.cores.mvu.terms import Number, Term, Total

LEVELS = 2
"""Adders from register to register, of which most are rows of carry cells."""


class Sharing:
    """Counts of inputs with every row of weights: where bits agree, or ``x`` and ``~x`` added.

    Rows are halved again and again, those most alike last. Each time inputs and sums that all rows
    left take alike, but for one sign, are added up, once for all of them: of n inputs, rows
    two by two share sums of n / 2, four by four of n / 8, eight by eight of n / 128. What is left
    at a single row is its count. The complement that a sign asks for is part of the next adder.

    Bits are added three at a time, and where an adder has a carry-in left it takes one more. Of
    integers, sums of halves of the inputs that rows have in common are taken where those are less.

    With several steps a weight is a function of the step, and so is a sign: rows take alike what
    they take alike at every step, but for a complement at some of them. Of n bits rows two by two
    then share sums of n / 2**steps. Of the terms of an adder the widest does not turn: its sum does
    in its place, and at most two others have a complement to make.

    Parameters
    ----------
    rows : sequence of int
        Bit ``t * inputs + s`` of each is the weight of input s at step t; 1 is +1.
    inputs : int
    element : int
        Bits of an input; of 2 and more, two's complement.
    steps : int

    Attributes
    ----------
    sums : list of Number
    totals : list of Total
        Row by row.
    """

    def __init__(
        self, rows: Sequence[int], *, inputs: int, element: int = 1, steps: int = 1
    ) -> None:
        self.inputs, self.element, self.steps = inputs, element, steps
        self.depth = depth(inputs, element)
        self._limit = 1 << (inputs - 1).bit_length()
        self._load = 0
        self.sums: list[Number] = []
        self._kept: dict[tuple[int, ...], list[Term]] = {}
        # Rows that are each other's complement, at any steps, are one; the first of them needs no
        # inverter.
        words = [self._words(row) for row in rows]
        kinds: dict[tuple[int, ...], int] = {}
        for number, row in enumerate(words):
            kinds.setdefault(self._kind(row), number)
        self._rows = [words[number] for number in kinds.values()]
        half = 0 if element == 1 else 1 << (element - 1)
        numbers = [
            Number(s, -half, half - 1 if half else 1, biases=(0,) * steps) for s in range(inputs)
        ]
        terms = [(Term(number), self._column(number.place)) for number in numbers]
        self._halve(_alike(self._rows, inputs), terms)
        if element > 1 and steps == 1:
            self._join([term for term, _ in terms])
        self.totals = [self._total(row, words[kinds[self._kind(row)]]) for row in words]

    @property
    def full_adders(self) -> int:
        """Bits of all additions, half adders among them."""
        return sum(max(part.number.shape.width for part in each.parts) for each in self.sums)

    def _words(self, row: int) -> tuple[int, ...]:
        """The weights of a row, step by step."""
        mask = (1 << self.inputs) - 1
        return tuple(row >> step * self.inputs & mask for step in range(self.steps))

    def _kind(self, words: tuple[int, ...]) -> tuple[int, ...]:
        """The same of rows that are each other's complement at any steps."""
        mask = (1 << self.inputs) - 1
        return tuple(min(word, word ^ mask) for word in words)

    def _column(self, s: int) -> int:
        """The rows and steps that take the complement of an input: those of row r are from bit
        ``r * steps`` on."""
        taken = (word >> s & 1 for words in self._rows for word in words)
        return sum(1 << at for at, plus in enumerate(taken) if not plus)

    def _halve(self, rows: Sequence[int], terms: Iterable[tuple[Term, int]]) -> None:
        """Counts of some rows from the terms that all of them have, by column."""
        every = sum(1 << row * self.steps for row in rows)
        always = (1 << self.steps) - 1
        mask = every * always
        alike: dict[int, list[Term]] = defaultdict(list)
        self._load = 0
        for term, column in terms:
            first = column >> rows[0] * self.steps & always
            alike[column & mask ^ first * every].append(term.turned(first))
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
            return [inputs[0] if row >> place & 1 else ~inputs[0] for (row,) in self._rows]
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
        # The widest does not turn, so that an adder has a complement to make of the others alone.
        widest = max(parts, key=lambda part: part.number.shape.width)
        turned = widest.inverted if widest.turns else 0
        parts = tuple(part.turned(turned) for part in parts)
        lows, highs = zip(*(part.range for part in parts), strict=True)
        number = Number(
            self.inputs + len(self.sums), sum(lows), sum(highs),
            level=1 + max(part.number.level for part in parts),
            biases=tuple(map(sum, zip(*(part.biases for part in parts), strict=True))),
            parts=parts,
        )
        self.sums.append(number)
        self._load += (1 << number.level) - sum(1 << part.number.level for part in parts)
        return Term(number, turned)

    def _total(self, row: tuple[int, ...], kind: tuple[int, ...]) -> Total:
        """The count of a row from what is left of it, or of its complement at some steps."""
        terms = self._kept[kind]
        if len(terms) == 3:  # a number and two bits
            terms[:2] = [self._sum(*terms[:2])]
        pairs = enumerate(zip(row, kind, strict=True))
        turned = sum(1 << step for step, (word, known) in pairs if word != known)
        total, *carry = (term.turned(turned) for term in terms)
        biases = map(sum, zip(*(term.biases for term in (total, *carry)), strict=True))
        sign = -1 if self.element == 1 else 1
        excess = tuple(
            bias + sign * (self.inputs - word.bit_count())
            for bias, word in zip(biases, row, strict=True)
        )
        return Total(total, carry[0] if carry else None, excess)


def rows_of(words: Sequence[int], outputs: int, inputs: int) -> list[int]:
    """The rows of a `Sharing`, of weights that are a word at every step: bit ``p * inputs + s``."""
    mask = (1 << inputs) - 1
    return [
        sum((word >> p * inputs & mask) << step * inputs for step, word in enumerate(words))
        for p in range(outputs)
    ]


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


def _alike(rows: Sequence[tuple[int, ...]], inputs: int) -> Sequence[int]:
    """Rows in the order in which they are halved: pairs that share most, pairs of such pairs."""
    like = _one_step(rows, inputs) if len(rows[0]) == 1 else _several_steps(rows, inputs)

    def likeness(pair: tuple[list[int], list[int]]) -> int:
        return sum(like[r][s] for r in pair[0] for s in pair[1])

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


def _one_step(rows: Sequence[tuple[int, ...]], inputs: int) -> list[list[int]]:
    """Likeness of every two rows: how many more inputs differ than not, or fewer."""
    return [[abs(inputs - 2 * (row ^ other).bit_count()) for (other,) in rows] for (row,) in rows]


def _several_steps(rows: Sequence[tuple[int, ...]], inputs: int) -> list[list[int]]:
    """Likeness of every two rows: how many pairs of inputs both take alike, as a sum over what
    inputs have in common."""
    signs = np.array([
        [sum((word >> s & 1) << step for step, word in enumerate(words)) for s in range(inputs)]
        for words in rows
    ])
    found = np.zeros((len(rows), len(rows)), np.int64)
    for r, row in enumerate(signs):
        for s in range(r):
            found[r, s] = found[s, r] = (np.unique_counts(row ^ signs[s]).counts ** 2).sum()
    return found.tolist()
