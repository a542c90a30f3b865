"""The top of any board with an ECP5: a PLL, and a reset until it has locked."""

from amaranth.build import Platform

from boards.families import ECP5
from hw.design.locked import LockedTop
from hw.design.pll.ecp5 import Ecp5Dividers, Pll


class Ecp5Top(LockedTop[Ecp5Dividers]):
    """That of `LockedTop`."""

    family = ECP5.name

    def pll(self, platform: Platform) -> Pll:
        return Pll(self.dividers)


TOP = Ecp5Top
