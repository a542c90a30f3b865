"""A number in cells of its own, which another can replace in the placed design."""

from collections.abc import Mapping

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from hw.cores.fabric.vendor import cells, instance


def bits(value: int, width: int) -> Mapping[str, int]:
    """The value of every cell of a `Number`, by the cell's name in it.

    Raises
    ------
    ValueError
        The number needs more bits.
    """
    if not 0 <= value < 1 << width:
        raise ValueError(f"{value} is no number of {width} bits")
    return {f"bit{place}": value >> place & 1 for place in range(width)}


class Number(wiring.Component):
    """A number, a cell for every bit where the family has one that synthesis leaves alone: a
    placement stays as it is when the cells are given other values.

    Parameters
    ----------
    value, width : int

    Members
    -------
    o : Out(width)
    """

    def __init__(self, value: int, width: int) -> None:
        self._value, self._bits = value, bits(value, width)
        super().__init__({"o": Out(width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cell, width = cells(platform).constant, len(self._bits)
        if not cell:
            m.d.comb += self.o.eq(self._value)
            return m
        name = f"number_{width}_{self._value}"
        lines = [
            cell.format(name=bit, init="ffff" if one else "0000", out=f"o[{place}]")
            for place, (bit, one) in enumerate(self._bits.items())
        ]
        text = f"module {name}(input clk, output [{width - 1}:0] o);\n  "
        text += "\n  ".join(lines) + "\nendmodule\n"
        m.submodules.cells = instance(
            platform, name, text, lambda: Number(self._value, width), o_o=self.o)
        return m
