"""The top of any board with a Gowin device: a PLL, and a reset until it has locked."""

from amaranth.build import Platform

from boards.families import GOWIN
from hw.design.locked import LockedTop
from hw.design.pll.gowin import GowinDividers, Pll


class GowinTop(LockedTop[GowinDividers]):
    """That of `LockedTop`."""

    family = GOWIN.name

    def pll(self, platform: Platform) -> Pll:
        return Pll(self.dividers, platform.device)


TOP = GowinTop
