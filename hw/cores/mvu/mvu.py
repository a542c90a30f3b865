"""The matrix-vector unit: dot products of P pixels with PE rows, SIMD inputs in a cycle."""

from collections.abc import Mapping, Sequence

from amaranth import Cat, Const, Module, Shape, Signal, Value, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import ceil_log2

from hw.cores.fabric.counter import loops
from hw.cores.fabric.delay import delayed, registered
from hw.cores.fabric.home import Home, WeightsHome
from hw.cores.fabric.rom import CELL, FEW, Weights
from hw.cores.mvu import bitsum, constantsum, sharing, signedsum
from hw.cores.mvu.accumulator import Accumulators
from hw.cores.mvu.bitsum import BitSum
from hw.cores.mvu.constantsum import ConstantSum
from hw.cores.mvu.offsets import Offsets
from hw.cores.mvu.reuse import ReusedWords
from hw.cores.mvu.signedsum import SignedSum
from hw.cores.mvu.thresholds import ThresholdMemory
from hw.cores.stream import creditfifo
from hw.cores.stream.credit import CreditStream
from hw.cores.stream.creditfifo import CreditFifo
from hw.cores.window.window import window_layout

Lanes = BitSum | SignedSum | ConstantSum


class Mvu(wiring.Component):
    """A folded matrix-vector product with +-1 weights, thresholded to bits or counted.

    ``count[m] = sum over inputs of (x == w)`` for bits, ``sum of (x if w else ~x)`` for integers;
    the output bit is ``count[m] >= limits[border][m]``. A vector is ``beats`` beats; it must be
    sent once for each pass, and each pass ends with one output beat of PE results. One beat each
    cycle; nothing is dropped. The result of a pass is valid ``latency`` cycles after its last beat
    came. ``pixels`` vectors are taken at once and share what is read of the weights. With ``held``
    above 1 each beat is followed by those of as many times more vectors, and a word of weights in
    a block is read in so many parts; a pass then ends with as many beats, one after the other.

    Nothing stops what is on its way: a pass sets out when its result will find room, in a
    `CreditFifo` of one word more than keep it at full speed, so that it is soon there again after a
    pause.

    Parameters
    ----------
    pe, simd, element : int
        Output channels at once, inputs at once, and bits of an input: 1 is a bit (1 = +1),
        2 and more a two's complement integer.
    beats : int
        Beats of a vector: inputs / simd.
    words : sequence of int
        Weights, one word for every (pass, beat), ``passes * beats`` in all. Bit
        ``p * simd + s`` is the weight of channel ``pass * pe + p`` and input
        ``beat * simd + s``; 1 is +1.
    limits : sequence (classes) of sequence (turns * pixels * passes * pe * copies) of int
        Threshold on the count, for every border class, and pixel by pixel for every channel: of
        one turn, or of all ``held`` one after the other. None: counts leave instead.
    pixels : int
        Vectors at once.
    held : int
        Cycles for which a word of weights is used.
    copies : int
        Limits on each count: channel m then has the limits, and the bits, ``copies * m`` and on.
    home : "block", "lut" or "logic"
        Weights in embedded memory, as constants in LUTs, or, of a single word, in what is added
        to what: `hw.cores.mvu.constantsum`.
    limits_home : "block" or "lut"
        The same for the limits.
    flight : int
        Cycles that a beat is on its way before it comes.
    levels : int
        Between two pipeline registers, of LUT4 for bits, of adders for integers and in logic; None
        takes the usual ones of the sums.

    Members
    -------
    i : In(CreditStream of window_layout(simd, element, classes, pixels))
        ``border`` is the same in all beats of a vector.
    o : Out(stream)
        With limits unsigned(pixels * pe), bit ``q * pe + p`` is channel ``pass * pe + p`` of
        pixel q, ``copies`` bits for each; without, ``data.ArrayLayout(count_shape, pixels * pe)``.

    Attributes
    ----------
    count_shape : Shape
        Of a full count: unsigned for bits, signed for integers.
    latency : int
        Cycles from the last beat of a pass to its result.
    fire : Signal
        The decisions, before the output register. With ``lanes.match``, the agreeing bits of
        `BitSum`, what simulation counts toggles of.

    Raises
    ------
    ValueError
        The sizes do not fit each other.
    """

    def __init__(
        self,
        *,
        pe: int,
        simd: int,
        beats: int,
        words: Sequence[int],
        limits: Sequence[Sequence[int]] | None,
        pixels: int = 1,
        held: int = 1,
        copies: int = 1,
        element: int = 1,
        home: WeightsHome = "block",
        limits_home: Home = "lut",
        flight: int = 0,
        levels: int | None = None,
    ) -> None:
        _require_words(words, beats, pe * simd, home)
        self._pe, self._simd, self._element = pe, simd, element
        self._beats, self._passes, self._words = beats, len(words) // beats, tuple(words)
        _require_limits(limits, self._passes * pe * copies, pixels, held)
        self._copies = copies
        self._limits, self._pixels, self._home = limits, pixels, home
        self._held = held
        self._levels = levels or _usual_levels(home, element)
        self._classes = 1 if limits is None else len(limits)
        of_turn = pixels * self._passes * pe * copies
        self._turns = 1 if limits is None else len(limits[0]) // of_turn
        self._limits_home: Home = limits_home
        # Integers: ~x is -x - 1, so the count of an input of n bits ends at 2**(n-1) - 1.
        half = 0 if element == 1 else simd * beats << (element - 1)
        self.count_shape = Shape.cast(range(-half, half or simd * beats + 1))
        self._lanes = self._made_lanes()
        self.latency = latency(home=home, element=element, simd=simd, levels=levels)
        self._places = creditfifo.words(flight + self.latency, beats, held)
        self.fire = Signal(pixels * pe * copies)
        counts = data.ArrayLayout(self.count_shape, pixels * pe)
        self._result = counts if limits is None else unsigned(len(self.fire))
        # The difference of two counts takes one bit more.
        self._total = self.count_shape if limits is None else signed(self.count_shape.width + 1)
        super().__init__({
            "i": In(CreditStream(window_layout(simd, element, self._classes, pixels))),
            "o": Out(stream.Signature(self._result)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        values = self._start_values()
        m.submodules.lanes = lanes = self._lanes
        m.submodules.queue = queue = CreditFifo(self._result, self._places)
        connect(m, queue.o, flipped(self.o))
        m.d.comb += [
            queue.reserve.eq(self.i.reserve),
            lanes.i.eq(registered(m, self.i.p.data, "data")),
        ]
        sizes = {"held": self._held, "beat": self._beats, "turn": self._passes}
        at = loops(m, self.i.valid, sizes)
        ready: Value = Const(1)
        if not isinstance(lanes, ConstantSum):
            weights, ready = self._weights(m, at["held"].wrap)
            m.d.comb += lanes.weights.eq(weights)
        m.d.comb += self.i.room.eq(queue.room & ready)
        turn = at["turn"].value
        labels = {
            "valid": self.i.valid,
            "first": at["beat"].value == 0,
            "last": at["beat"].last,
            "turn": turn if self._turns == 1 else Cat(at["held"].value, turn),
            "border": self.i.p.border,
        }
        labels = delayed(m, labels, lanes.latency)
        alone = len(self._words) == len(values) == self._held == 1
        sums = self._offsets(values[0]) if alone else self._accumulators(m, values, labels)
        m.submodules.sums = sums
        counts = registered(m, Value.cast(lanes.o), "counts")
        m.d.comb += Value.cast(sums.count).eq(self._each(counts, lanes.shape.width))
        if not isinstance(lanes, SignedSum):
            carry = registered(m, lanes.carry, "carry")
            m.d.comb += sums.carry.eq(self._each(carry, 1))
        labels = delayed(m, labels, 2)
        result = delayed(m, {"valid": labels["valid"] & labels["last"]})
        m.d.comb += [
            self.fire.eq(Cat(~Value.cast(total)[-1] for total in sums.sum)),
            queue.push.eq(result["valid"]),
            queue.word.eq(Value.cast(sums.sum) if self._limits is None else self.fire),
        ]
        return m

    def _made_lanes(self) -> Lanes:
        sizes = {
            "outputs": self._pe,
            "inputs": self._simd,
            "pixels": self._pixels,
            "levels": self._levels,
        }
        if self._home == "logic":
            return ConstantSum(**sizes, weights=self._words[0], element=self._element)
        return BitSum(**sizes) if self._element == 1 else SignedSum(**sizes, element=self._element)

    def _weights(self, m: Module, used: Value) -> tuple[Value, Value]:
        """The word for every beat, which goes on with the last that it is ``used`` for, and
        whether the first is there."""
        assert self._home != "logic", "constants are in the lanes"
        width = self._pe * self._simd
        if self._held > 1 and self._home == "block":
            m.submodules.weights = held = ReusedWords(
                width=width, words=self._words, held=self._held, rows=self._pe
            )
            m.d.comb += held.step.eq(self.i.valid)
            return held.data, held.ready
        m.submodules.weights = weights = Weights(width=width, words=self._words, home=self._home)
        m.d.comb += weights.step.eq(used)
        return weights.data, Const(1)

    def _offsets(self, starts: list[int]) -> Offsets:
        """Sums of a single beat, which all begin with the same."""
        total = Shape.cast(self._total)
        return Offsets(total=total, count=self._lanes.shape, constants=starts)

    def _accumulators(
        self, m: Module, values: list[list[int]], labels: Mapping[str, Value]
    ) -> Accumulators:
        """Running sums, and what each begins with."""
        total, count = Shape.cast(self._total), self._lanes.shape
        sums = Accumulators(
            total=total, count=count, sums=len(self.fire), turns=self._held
        )
        m.submodules.starts = starts = ThresholdMemory(
            shape=total,
            values=values,
            pe=self._pe * self._copies,
            passes=len(values[0]) // len(self.fire),
            home=self._limits_home,
        )
        before = delayed(m, {name: labels[name] for name in ("valid", "first")})
        m.d.comb += [
            starts.turn.eq(labels["turn"]),
            starts.border.eq(labels["border"]),
            sums.add.eq(before["valid"]),
            sums.first.eq(before["first"]),
            Value.cast(sums.start).eq(Value.cast(starts.o)),
        ]
        return sums

    def _each(self, words: Value, width: int) -> Value:
        """Every word as often as there are limits on it."""
        count = len(words) // width
        return Cat(words.word_select(k, width).replicate(self._copies) for k in range(count))

    def _start_values(self) -> list[list[int]]:
        """For every class, pixel by pixel and pass by pass, what the sums of each turn start from:
        their limits, negated, so that the sign of a full sum decides. Turns that there are not are
        0."""
        given = self._pe * self._copies
        channels = self._passes * given
        short = [
            self._short(*divmod(channel // self._copies, self._pe)) for channel in range(channels)
        ]
        beyond = [0] * given * ((1 << ceil_log2(self._turns)) - self._turns)
        found = []
        for limits in self._limits or [[0] * (self._pixels * channels)]:
            starts = [
                -self._reachable(limit) - short[k % channels] for k, limit in enumerate(limits)
            ]
            of_turn = len(starts) // self._turns
            row: list[int] = []
            for first in range(0, of_turn, given):
                for at in range(first, len(starts), of_turn):
                    row += starts[at : at + given]
                row += beyond
            found.append(row)
        return found

    def _reachable(self, limit: int) -> int:
        """The limit, or the nearest that decides alike: the lowest count, or above the highest."""
        half = 1 << (self.count_shape.width - 1)
        low, high = (-half, half) if self.count_shape.signed else (0, 2 * half)
        return min(max(limit, low), high)

    def _short(self, turn: int, p: int) -> int:
        """By how much the lanes give more than the count: `SignedSum` inverts pairs only once."""
        if isinstance(self._lanes, ConstantSum):
            return self._lanes.excess[p]
        if isinstance(self._lanes, BitSum):
            return 0
        row = range(p * self._simd + 1, (p + 1) * self._simd, 2)
        words = self._words[turn * self._beats : (turn + 1) * self._beats]
        return sum(not word >> bit & 1 for word in words for bit in row)


def latency(*, home: WeightsHome, element: int, simd: int, levels: int | None = None) -> int:
    """Cycles from the last beat of a pass to its result: input register, sums, count, running sum,
    output."""
    levels = levels or _usual_levels(home, element)
    if home == "logic":
        return constantsum.latency(simd, element, levels) + 4
    if element == 1:
        return bitsum.latency(simd, levels) + 4
    return signedsum.latency(simd, levels) + 4


def homes(words: int) -> tuple[WeightsHome, ...]:
    """Where so many words of weights may live: a single one in logic, few in LUTs, a LUT4 for 16
    at least, many in blocks."""
    if words == 1:
        return ("logic",)
    if words <= CELL:
        return ("lut",)
    return ("block", "lut") if words <= FEW else ("block",)


def _usual_levels(home: WeightsHome, element: int) -> int:
    if home == "logic":
        return sharing.LEVELS
    return bitsum.LEVELS if element == 1 else signedsum.LEVELS


def _require_words(words: Sequence[int], beats: int, width: int, home: WeightsHome) -> None:
    if beats < 1 or not words or len(words) % beats:
        raise ValueError(f"{len(words)} weight words are no multiple of {beats} beats")
    widest = max(word.bit_length() for word in words)
    if widest > width:
        raise ValueError(f"a weight word of {widest} bits: PE * SIMD is {width}")
    if home == "logic" and len(words) > 1:
        raise ValueError(f"{len(words)} weight words: logic has a single one built in")


def _require_limits(
    limits: Sequence[Sequence[int]] | None, channels: int, pixels: int, held: int
) -> None:
    for border, row in enumerate(limits or ()):
        if len(row) not in (pixels * channels, held * pixels * channels):
            raise ValueError(
                f"{len(row)} limits for border class {border}: "
                f"{'pixels * ' if pixels > 1 else ''}passes * PE is {pixels * channels}"
            )
    if limits is not None and not limits:
        raise ValueError("limits without a border class; None gives counts")
