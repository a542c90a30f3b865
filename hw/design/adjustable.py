"""A board's top whose clock can be changed once it is placed: by parameters of its PLL, and by
numbers for what counts cycles of the serial line."""

from collections.abc import Mapping
from dataclasses import dataclass

from amaranth import Const
from amaranth.utils import bits_for

from boards.board import Board
from boards.protocol import GAP
from hw.cores.fabric.number import bits
from hw.cores.link import uart
from hw.design.pll.limits import Dividers, Parameter

LOWEST, HIGHEST = 0.5, 4.0
"""Lowest and highest clock of an adjustable design, as multiples of the planned one."""

DOUBLINGS = 2
"""Bits of how often the gap's cycles are doubled: eight times the lowest clock is less than four
doublings."""

PLL = "clock.pll"
"""Instance path of the PLL's primitive in any board's top."""

Settings = Mapping[str, Mapping[str, str]]
"""Parameters as yosys writes them, by their names, by the path of their cell."""


def gap_cycles(clock: float) -> int:
    """Cycles of silence that end a frame, of a clock in Hz."""
    return round(GAP * clock)


@dataclass(frozen=True, kw_only=True)
class Adjustable:
    """The clocks that a placed design of a board can be given, in Hz."""

    board: Board
    lowest: float
    highest: float

    @property
    def divisor_width(self) -> int:
        """Bits of the serial line's divisor."""
        return bits_for(round(self.highest / self.board.baud))

    @property
    def gap(self) -> int:
        """Cycles of silence that end a frame at the lowest clock."""
        return gap_cycles(self.lowest)

    def doublings(self, gap: int) -> int:
        """Number of doublings that make the largest power of two in the lowest clock's gap that in
        ``gap``, in cycles."""
        return gap.bit_length() - self.gap.bit_length()

    def settings(self, dividers: Dividers) -> Settings:
        """Parameters, at one clock, of the cells that differ from clock to clock.

        Raises
        ------
        ValueError
            The serial line cannot have the board's rate at this clock, or the clock is outside.
        """
        clock = float(dividers.achieved)
        divisor = uart.divisor(clock, self.board.baud)
        numbers = {
            "divisor": bits(divisor, self.divisor_width),
            "doublings": bits(self.doublings(gap_cycles(clock)), DOUBLINGS),
        }
        pll = {name: _text(value) for name, value in dividers.parameters.items()}
        return {PLL: pll} | {
            f"logic.{name}.cells.{bit}": {"INIT": 16 * str(one)}
            for name, every in numbers.items() for bit, one in every.items()
        }  # fmt: skip


def around(board: Board, clock: float) -> Adjustable:
    """The clocks around the one that a design is planned for."""
    return Adjustable(board=board, lowest=LOWEST * clock, highest=HIGHEST * clock)


def _text(value: Parameter) -> str:
    """A parameter as yosys writes it: a number in binary."""
    if isinstance(value, Const):
        return f"{value.value:0{len(value)}b}"
    return f"{value:032b}" if isinstance(value, int) else value
