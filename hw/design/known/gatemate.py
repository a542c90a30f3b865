"""The top of any board with a GateMate: a PLL, and a reset until it has locked."""

from amaranth.build import Platform

from boards.families import GATEMATE
from hw.design.locked import LockedTop
from hw.design.pll.gatemate import GateMateDividers, Pll


class GateMateTop(LockedTop[GateMateDividers]):
    """That of `LockedTop`."""

    family = GATEMATE.name

    def pll(self, platform: Platform) -> Pll:
        return Pll(self.dividers)


TOP = GateMateTop
