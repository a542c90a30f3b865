"""The input table: a byte of each channel becomes the small integer the network reads."""

from collections.abc import Sequence

from amaranth import Cat, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards.resources import Resources
from hw.cores.fabric.home import Home
from hw.cores.fabric.rom import Table

BYTES = 256

LATENCY = 1
"""Cycles from a pixel to its entries."""


class Lookup(wiring.Component):
    """``o[c] = table[c][i[c]]`` for every channel of a pixel; a pixel each cycle, one of latency.

    Several pixels at once are the channels of one, with the tables repeated.

    Parameters
    ----------
    table : sequence (channels) of sequence (256) of int
        What each byte becomes. For ``element`` 1 the entries are +1 (bit 1) and -1 (bit 0),
        otherwise integers that fit ``element`` bits of two's complement.
    element : int
        Bits of an entry.
    home : "block" or "lut"
        A block memory for every channel, or logic: next to nothing for a table that is the byte
        or its complement, up to some 20 LUT4 for each bit of an arbitrary one.

    Members
    -------
    i : In(stream of unsigned(8 * channels))
        Channel 0 lowest.
    o : Out(stream of unsigned(element * channels))

    Raises
    ------
    ValueError
        A table that has not 256 entries, or an entry that does not fit.
    """

    def __init__(
        self, *, table: Sequence[Sequence[int]], element: int, home: Home = "lut"
    ) -> None:
        self._codes = [_codes(channel, entries, element) for channel, entries in enumerate(table)]
        self._element, self._home = element, home
        super().__init__({
            "i": In(stream.Signature(8 * len(table))),
            "o": Out(stream.Signature(element * len(table))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        entries = []
        for channel, codes in enumerate(self._codes):
            table = Table(width=self._element, words=codes, home=self._home)
            m.submodules[f"channel{channel}"] = table
            m.d.comb += [
                table.read.eq(self.i.ready),
                table.address.eq(self.i.payload.word_select(channel, 8)),
            ]
            entries.append(table.data)
        m.d.comb += self.o.payload.eq(Cat(entries))
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
        return m


def _codes(channel: int, entries: Sequence[int], element: int) -> list[int]:
    if len(entries) != BYTES:
        raise ValueError(f"the table of channel {channel} has {len(entries)} entries, not {BYTES}")
    half = 1 << (element - 1)
    allowed = (-1, 1) if element == 1 else range(-half, half)
    for byte, entry in enumerate(entries):
        if entry not in allowed:
            raise ValueError(
                f"the table of channel {channel} makes {entry} of byte {byte}: "
                f"{element} bits hold {allowed[0]} to {allowed[-1]}"
            )
    return [entry > 0 if element == 1 else entry % (2 * half) for entry in entries]


def resources(table: Sequence[Sequence[int]], element: int, pixels: int = 1) -> Resources:
    """Cost of a `Lookup` in LUTs, of so many pixels at once: a function of 8 bits for every bit of
    an entry."""
    columns = [
        [code >> bit & 1 for code in _codes(channel, entries, element)]
        for channel, entries in enumerate(table)
        for bit in range(element)
    ]
    return Resources(lut=pixels * sum(map(_function, columns)), ff=pixels * len(columns) + 1)


def _function(column: Sequence[int]) -> int:
    """About the LUT4 of a function of 8 bits: one for each different function of the low four, and
    a choice between them by the high four; a wire costs nothing."""
    if any(len({value ^ byte >> bit & 1 for byte, value in enumerate(column)}) == 1
           for bit in range(8)):  # fmt: skip
        return 0
    kinds = {tuple(column[first : first + 16]) for first in range(0, BYTES, 16)}
    needed = {min(row, tuple(1 - value for value in row)) for row in kinds if len(set(row)) > 1}
    return len(needed) + len(kinds) - 1
