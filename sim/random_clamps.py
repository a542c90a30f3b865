"""Random networks whose stream is clamped, as by a Hardtanh, and has shortcuts without weights.

They are streams with clamps between any integers, with subsampled shortcuts between channels of
zeros, and with signs of a sum over the map.
"""

from math import hypot, sqrt

from model.checkpoint import Checkpoint
from sim.chance import BySeed, Choices
from sim.random_networks import finished
from sim.random_streams import Streams


def clamped_checkpoint(seed: int) -> Checkpoint:
    """A random network of this kind by a seed, as the checkpoint of a finished export."""
    return drawn_clamped(BySeed(seed, 4))


def drawn_clamped(chance: Choices) -> Checkpoint:
    """A random network of this kind by any source of decisions."""
    return finished(Clamped(chance, pairs=True, sides=(3, 8)))


class Clamped(Streams):
    """A drawing of a clamped stream and its blocks."""

    def _grown(self, spread: float, suffix: str, odds: float) -> None:
        super()._grown(spread, suffix, odds)
        if self.chance.odds(0.6):
            self._clamp(f"clamp_{suffix}")

    def _clamp(self, name: str) -> None:
        """Between powers of two that are alike, as in fixed point, or any two integers."""
        size = max(int(self.spread), 1)
        if self.chance.odds(0.6):
            high = 1 << max(size.bit_length() + self.chance.between(-1, 1), 0)
            low, high = -high, high - (1 if high > 1 and self.chance.odds(0.3) else 0)
        else:
            low = self.chance.between(-2 * size, size // 2)
            high = low + 1 + self.chance.between(0, 2 * size)
        self._add("clamp", name, low=float(low), high=float(high))
        self.stream, self.spread = name, min(self.spread, (high - low) / 2)

    def _block(self, suffix: str) -> None:
        if self.chance.odds(0.5):
            super()._block(suffix)
        else:
            self._shortened(suffix)

    def _shortened(self, suffix: str) -> None:
        """A block with a stride whose shortcut leaves out rows and columns."""
        before, own, channels = self.stream, self.spread, self.channels
        stride = [self._up_to(3), self._up_to(3)]
        self._to_bits(f"{suffix}a", own, pools=False)
        zeros = [self.chance.between(0, 4) for _ in range(2)]
        side, entering = (3 if self.chance.odds(0.5) else 1), self.channels
        padding = [side // 2] * 2
        self.channels = channels + sum(zeros)
        self._add("conv", f"conv{suffix}b", out=self.channels, kernel=[side] * 2, stride=stride,
                  padding=padding, pad="zero" if side > 1 else "none")
        self._slide((side, side), stride, padding)
        self._grown(side * sqrt(entering), f"{suffix}b", 0.6)
        main, size, self.source = self.stream, self.spread, before
        self._add("subsample", f"short{suffix}", stride=stride, before=zeros[0], after=zeros[1])
        self.source = main
        self._add("add", f"add{suffix}")
        self._grown(hypot(size, own), f"sum{suffix}", 0.3)

    def _end(self) -> None:
        if self.chance.odds(0.6):
            super()._end()
            return
        self.single = False
        self._affine("affine_last", self.spread)
        spread = self.spread * sqrt(self.height * self.width)
        self._add("global_sum", "sum_last")
        self.height = self.width = 1
        self._to_bits("_last", spread, pools=False)
        self._dense("_head", outputs=self.chance.between(*self.classes))
