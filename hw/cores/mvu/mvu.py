"""The matrix-vector unit: dot products of P pixels with PE rows, SIMD inputs in a cycle."""

from collections.abc import Mapping

import numpy as np
from amaranth import Cat, Const, Module, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.cores.fabric.choice import chosen
from hw.cores.fabric.counter import counter, loops
from hw.cores.fabric.delay import delayed, registered
from hw.cores.fabric.rom import Weights
from hw.cores.mvu import signedsum
from hw.cores.mvu.accumulator import Accumulators
from hw.cores.mvu.bitsum import BitSum
from hw.cores.mvu.constantsum import ConstantSum
from hw.cores.mvu.offsets import Offsets
from hw.cores.mvu.pairsum import PairSum
from hw.cores.mvu.reuse import ReusedWords
from hw.cores.mvu.signedsum import SignedSum
from hw.cores.mvu.sizes import MvuSizes
from hw.cores.mvu.thresholds import ThresholdMemory, home, start_words
from hw.cores.mvu.weights import weight_words, whole_passes
from hw.cores.stream.credit import CreditStream
from hw.cores.stream.creditfifo import CreditFifo
from hw.cores.window.window import window_layout

Lanes = BitSum | PairSum | SignedSum | ConstantSum


class Mvu(wiring.Component):
    """A folded matrix-vector product with +-1 weights, thresholded to bits, counted or summed.

    ``count[m] = sum over inputs of (x == w)`` for bits, ``sum of (x if w else ~x)`` for integers;
    the output bit is ``count[m] >= thresholds[border][use][pixel][m]``. Where the sizes have
    ``totals``, the output is ``2 * count[m] + thresholds[...]`` of bits, and as much with one count
    of integers: the sum of products, with what the count leaves out of it. A vector is ``beats``
    beats; it must be sent once for each pass, and each pass ends with one output beat of PE
    results. One beat each cycle; nothing is dropped. The result of a pass is valid ``latency``
    cycles after its last beat came. ``pixels`` vectors are taken at once and share what is read of
    the weights. With ``reuse`` above 1 each beat is followed by those of as many times more
    vectors, and a word of weights in a block is read in so many parts; a pass then ends with as
    many beats, one after the other.

    Nothing stops what is on its way: a pass sets out when its result will find room, in a
    `CreditFifo` of one word more than keep it at full speed, so that it is soon there again after a
    pause.

    Parameters
    ----------
    sizes : MvuSizes
    weights : array (outputs, inputs) of bool, or of +1 and -1
        True is +1.
    thresholds : int64 array (border classes, uses, pixels, outputs * copies) or None
        On the count, or added to it for totals. ``uses`` is ``reuse``, or 1 where all have the
        same. None: counts leave instead.

    Members
    -------
    i : In(CreditStream of window_layout(simd, element, classes, pixels))
        ``border`` is the same in all beats of a vector.
    o : Out(stream)
        With thresholds unsigned(pixels * pe), bit ``q * pe + p`` is channel ``pass * pe + p`` of
        pixel q, ``copies`` bits for each; without, or with totals,
        ``data.ArrayLayout(sizes.result_shape, pixels * pe)``.

    Attributes
    ----------
    sizes : MvuSizes
    fire : Signal
        The decisions, before the output register. With ``lanes.match``, the agreeing bits of
        `BitSum`, what simulation counts toggles of.

    Raises
    ------
    ValueError
        The weights or the thresholds are of other shapes than the sizes, or the lowest bits of
        totals differ within a border class.
    """

    def __init__(
        self, sizes: MvuSizes, weights: np.ndarray, thresholds: np.ndarray | None
    ) -> None:
        self.sizes = sizes
        self._words = weight_words(sizes, weights)
        _require_thresholds(sizes, thresholds)
        self._uses = 1 if thresholds is None else thresholds.shape[1]
        self._lanes = self._made_lanes()
        if thresholds is None:
            thresholds = np.zeros((1, 1, sizes.pixels, sizes.outputs), np.int64)
        self._odd = _lowest_bits(thresholds) if sizes.doubled else []
        if sizes.totals:
            thresholds = -(thresholds >> sizes.doubled)
        self._starts = start_words(sizes, thresholds, self._excess(weights))
        self.fire = Signal(sizes.sums)
        numbers = data.ArrayLayout(sizes.result_shape, sizes.sums)
        self._result = unsigned(sizes.sums) if sizes.decides else numbers
        layout = window_layout(sizes.simd, sizes.element, sizes.classes, sizes.pixels)
        super().__init__({
            "i": In(CreditStream(layout)),
            "o": Out(stream.Signature(self._result)),
        })

    def elaborate(self, platform: object) -> Module:
        m, sizes = Module(), self.sizes
        m.submodules.lanes = lanes = self._lanes
        m.submodules.queue = queue = CreditFifo(self._result, sizes.places)
        connect(m, queue.o, flipped(self.o))
        m.d.comb += queue.reserve.eq(self.i.reserve)
        m.d.comb += lanes.i.eq(
            self.i.p.data if sizes.direct else registered(m, self.i.p.data, "data")
        )
        inner = {"use": sizes.reuse, "beat": sizes.beats, "pass": sizes.passes}
        at = loops(m, self.i.valid, inner)
        ready: Value = Const(1)
        if isinstance(lanes, ConstantSum):
            m.d.comb += lanes.step.eq(counter(m, "step", self.i.valid, sizes.words).value)
        else:
            weights, ready = self._weights(m, at["use"].wrap)
            each = len(lanes.weights) // sizes.word
            m.d.comb += lanes.weights.eq(Cat(bit.replicate(each) for bit in weights))
        m.d.comb += self.i.room.eq(queue.room & ready)
        pass_ = at["pass"].value
        labels = {
            "valid": self.i.valid,
            "first": at["beat"].value == 0,
            "last": at["beat"].last,
            "index": pass_ if self._uses == 1 else Cat(at["use"].value, pass_),
            "border": self.i.p.border,
        }
        labels = delayed(m, labels, lanes.latency - sizes.direct)
        sums = self._offsets() if sizes.one_addition else self._accumulators(m, labels)
        m.submodules.sums = sums
        counts = registered(m, Value.cast(lanes.o), "counts")
        m.d.comb += Value.cast(sums.count).eq(self._each(counts, lanes.shape.width))
        if not isinstance(lanes, SignedSum):
            carry = registered(m, lanes.carry, "carry")
            m.d.comb += sums.carry.eq(self._each(carry, 1))
        labels = delayed(m, labels, 2)
        result = delayed(m, {"valid": labels["valid"] & labels["last"]})
        totals = Value.cast(sums.sum)
        if sizes.doubled:
            odd = chosen(m, "odd", registered(m, labels["border"], "border"), self._odd)
            totals = Cat(Cat(odd, Value.cast(total)) for total in sums.sum)
        m.d.comb += [
            self.fire.eq(Cat(~Value.cast(total)[-1] for total in sums.sum)),
            queue.push.eq(result["valid"]),
            queue.word.eq(self.fire if sizes.decides else totals),
        ]
        return m

    def _made_lanes(self) -> Lanes:
        sizes = self.sizes
        numbers = {
            "outputs": sizes.pe,
            "inputs": sizes.simd,
            "pixels": sizes.pixels,
            "levels": sizes.spacing,
        }
        if sizes.built_in:
            return ConstantSum(**numbers, words=self._words, element=sizes.element)
        if sizes.paired:
            return PairSum(**numbers)
        if sizes.element == 1:
            return BitSum(**numbers)
        return SignedSum(**numbers, element=sizes.element)

    def _excess(self, weights: np.ndarray) -> np.ndarray:
        """int64 (passes * pe,): by how much the lanes give more than the count, row by row."""
        sizes = self.sizes
        if isinstance(self._lanes, ConstantSum):
            excess = np.array(self._lanes.excess, np.int64)
            return excess.reshape(sizes.pe, sizes.passes, sizes.beats).sum(axis=2).T.ravel()
        if isinstance(self._lanes, BitSum | PairSum):
            return np.zeros(sizes.passes * sizes.pe, np.int64)
        return signedsum.excess(whole_passes(weights.T, sizes.pe).T, sizes.simd)

    def _weights(self, m: Module, used: Value) -> tuple[Value, Value]:
        """The word for every beat, which goes on with the last that it is ``used`` for, and
        whether the first is there."""
        sizes = self.sizes
        if sizes.reuse > 1 and sizes.home == "block":
            m.submodules.weights = words = ReusedWords(
                width=sizes.word, words=self._words, reuse=sizes.reuse, rows=sizes.pe
            )
            m.d.comb += words.step.eq(self.i.valid)
            return words.data, words.ready
        m.submodules.weights = weights = Weights(
            width=sizes.word, words=self._words, home=sizes.memory, soon=sizes.soon
        )
        m.d.comb += weights.step.eq(used)
        return weights.data, Const(1)

    def _offsets(self) -> Offsets:
        """Sums of a single beat, which all begin with the same."""
        return Offsets(
            total=self.sizes.total_shape,
            count=self._lanes.shape,
            constants=self._starts.ravel().tolist(),
        )

    def _accumulators(self, m: Module, labels: Mapping[str, Value]) -> Accumulators:
        """Running sums, and what each begins with."""
        sizes = self.sizes
        sums = Accumulators(
            total=sizes.total_shape,
            count=self._lanes.shape,
            sums=sizes.sums,
            interleaved=sizes.reuse,
        )
        m.submodules.thresholds = memory = ThresholdMemory(
            shape=sizes.total_shape,
            words=self._starts,
            classes=sizes.classes,
            home=home(sizes, len(self._starts)),
        )
        before = delayed(m, {name: labels[name] for name in ("valid", "first")})
        m.d.comb += [
            memory.index.eq(labels["index"]),
            memory.border.eq(labels["border"]),
            sums.add.eq(before["valid"]),
            sums.first.eq(before["first"]),
            Value.cast(sums.start).eq(Value.cast(memory.o)),
        ]
        return sums

    def _each(self, words: Value, width: int) -> Value:
        """Every word as often as there are limits on it."""
        count = len(words) // width
        return Cat(words.word_select(k, width).replicate(self.sizes.copies) for k in range(count))


def _lowest_bits(constants: np.ndarray) -> list[int]:
    """0 or 1 for every border class, of int64 (classes, ...)."""
    odd = (constants & 1).reshape(len(constants), -1)
    if (odd != odd[:, :1]).any():
        raise ValueError("the lowest bits of totals differ within a border class")
    return [int(one) for one in odd[:, 0]]


def _require_thresholds(sizes: MvuSizes, thresholds: np.ndarray | None) -> None:
    """Raise ValueError unless they are of so many classes, pixels and channels."""
    if thresholds is None:
        if sizes.thresholds:
            raise ValueError(f"no thresholds for {sizes.thresholds} border classes")
        return
    channels = sizes.outputs * sizes.copies
    fitting = [(sizes.thresholds, uses, sizes.pixels, channels) for uses in (1, sizes.reuse)]
    if not sizes.thresholds or thresholds.shape not in fitting:
        raise ValueError(
            f"thresholds of shape {thresholds.shape}: border classes, uses, pixels and channels"
            f" are {fitting[0]}" + (f" or {fitting[1]}" if sizes.reuse > 1 else "")
        )
