"""Random networks with forks, adds, affines and integer weights, as residual networks have them.

Each has a stream of integers, and blocks that read its signs and add sums to it.
"""

from math import hypot, sqrt

from model.checkpoint import Checkpoint
from sim.chance import BySeed, Choices
from sim.random_networks import CHANNELS, Drawing, Record, finished


def stream_checkpoint(seed: int) -> Checkpoint:
    """A random network of this kind by a seed, as the checkpoint of a finished export."""
    return drawn_stream(BySeed(seed, 3))


def drawn_stream(chance: Choices) -> Checkpoint:
    """A random network of this kind by any source of decisions."""
    return finished(Streams(chance, pairs=True, sides=(3, 8)))


class Streams(Drawing):
    """A drawing of a stream and its blocks.

    ``spread`` is about the standard deviation of the stream, which the layer ``stream`` gives;
    ``single`` is True while the next product gives integers that go on as they are.
    """

    single = False
    stream = ""
    spread = 1.0

    def draw(self) -> None:
        self._begin()
        self.single = True
        self._grown(self._conv("_stem", self._kernel()), "stem", 0.5)
        for number in range(self._up_to(3)):
            self._block(f"_{number}")
        self._end()

    def _block(self, suffix: str) -> None:
        """Signs of the stream, sums of them, and an add to the stream or to other sums of them."""
        before, own = self.stream, self.spread
        kept = self.channels, self.height, self.width
        self._to_bits(f"{suffix}a", self.spread, pools=self.chance.odds(0.3))
        bits, entered = str(self.records[-1]["name"]), (self.channels, self.height, self.width)
        if self.chance.odds(0.4):
            spread = self._kept(f"{suffix}b", self._up_to(CHANNELS), bias=self.chance.odds(0.4))
            self._to_bits(f"{suffix}b", spread, pools=False)
        identity = entered[1:] == kept[1:] and self.chance.odds(0.6)
        outputs = kept[0] if identity else self._up_to(CHANNELS)
        self._grown(self._kept(f"{suffix}c", outputs), f"{suffix}c", 0.6)
        main, size = self.stream, self.spread
        if identity:
            self.stream, self.spread = before, own
            if self.chance.odds(0.4):
                self.source = before
                self._affine(f"short{suffix}", self.spread)
        else:
            self.channels, self.source, self.square = entered[0], bits, 1.0
            self._grown(self._kept(f"{suffix}d", outputs), f"{suffix}d", 0.6)
        # An add reads the layer before and another.
        self.source = self.stream if main == self.records[-1]["name"] else main
        self._add("add", f"add{suffix}")
        self._grown(hypot(size, self.spread), f"sum{suffix}", 0.3)

    def _kept(self, suffix: str, outputs: int, *, bias: bool = False) -> float:
        """A convolution that keeps the map's size."""
        side = 3 if self.chance.odds(0.5) else 1
        fields, size = self._weights()
        spread = size * side * sqrt(self.channels * self.square)
        if side == 3:
            fields |= {"padding": [1, 1], "pad": self.chance.pick(["zero", "-1", "+1"])}
        self._add("conv", f"conv{suffix}", out=outputs, kernel=[side, side], bias=bias, **fields)
        self.channels = outputs
        return spread

    def _grown(self, spread: float, suffix: str, odds: float) -> None:
        """The layer before becomes the stream, perhaps behind an affine."""
        self.stream, self.spread = str(self.records[-1]["name"]), spread
        if self.chance.odds(odds):
            self._affine(f"affine_{suffix}", spread)

    def _affine(self, name: str, spread: float, most: int = 14) -> None:
        bits = self.chance.between(4, most)
        self._add("affine", name, spread, shift=self.chance.between(0, 20), bits=bits)
        self.stream, self.spread = name, 2.0 ** (bits - 2)

    def _end(self) -> None:
        form = self.chance.pick(["bits", "mean of bits", "stream", "integers", "mean"])
        self.single = False
        if form in ("integers", "mean"):
            self._affine("affine_last", self.spread, most=9)
            self.square = self.spread**2
        elif form != "stream":
            self._to_bits("_last", self.spread)
        if form in ("bits", "integers"):
            self._head()
            return
        self._add("global_average_pool", "average")
        self.height = self.width = 1
        spread = self.spread
        if form != "stream":
            spread = self._dense("_last", self._up_to(CHANNELS))
        if self.chance.odds(0.6):
            self._add("batch_norm", "bn_last", spread)

    def _step_to_bits(self) -> str:
        return self.chance.pick(["sign", "sign", "sign", "threshold"])

    def _copies(self) -> int:
        return self.chance.between(2, 4)

    def _bias(self) -> bool:
        return not self.single and super()._bias()

    def _weights(self) -> tuple[Record, float]:
        if not self.chance.odds(0.3):
            return {}, 1.0
        bits = self.chance.between(2, 8 if self.square < 2**15 else 3)
        return {"weights": "integer", "weight_bits": bits}, 2.0 ** (bits - 1) / sqrt(3)
