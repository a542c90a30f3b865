"""Bytes in many blocks of memory, read through registers."""

from collections.abc import Sequence

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric.ram import Ram
from hw.cores.fabric.vendor import cells

FAN_IN = 4
"""Bytes that are chosen from between two registers, by two LUT4 for every bit."""


class Pages(wiring.Component):
    """``depth`` bytes, of which a block each holds `boards.board.Family.bytes_of_a_block`.

    One memory of that depth would have all its blocks chosen from in a single cycle, which for
    images takes longer than a cycle has. A byte is written every cycle, and read in a few.

    Parameters
    ----------
    depth : int

    Members
    -------
    write, write_address, write_data : In
    read, read_address : In
        The address stays until ``done``.
    data : Out(8)
    done : Out(1)
        High for a cycle, in which ``data`` is the byte that was asked for last.
    """

    def __init__(self, depth: int) -> None:
        if depth < 1:
            raise ValueError(f"{depth} bytes of memory; there must be at least 1")
        self._depth = depth
        super().__init__({
            "write": In(1),
            "write_address": In(ceil_log2(depth)),
            "write_data": In(8),
            "read": In(1),
            "read_address": In(ceil_log2(depth)),
            "data": Out(8),
            "done": Out(1),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        page = cells(platform).family.bytes_of_a_block
        place = ceil_log2(page)
        # The blocks may be far away: what is written waits in registers of its own.
        write, address = Signal(), Signal.like(self.write_address)
        byte = Signal(8)
        m.d.sync += [
            write.eq(self.write), address.eq(self.write_address), byte.eq(self.write_data),
        ]  # fmt: skip

        found: list[Value] = []
        for number, first in enumerate(range(0, self._depth, page)):
            words = min(page, self._depth - first)
            m.submodules[f"page{number}"] = ram = Ram(width=8, depth=words, home="block")
            bits = len(ram.read_address)
            m.d.comb += [
                ram.write.eq(write & (address[place:] == number)),
                ram.write_address.eq(address[:bits]),
                ram.write_data.eq(byte),
                ram.read.eq(1),
                ram.read_address.eq(self.read_address[:bits]),
            ]
            found.append(ram.data)

        chosen, levels = self.read_address[place:], 0
        while len(found) > 1:
            select = chosen[2 * levels : 2 * levels + 2]
            groups = [found[at : at + FAN_IN] for at in range(0, len(found), FAN_IN)]
            found, levels = [], levels + 1
            for number, group in enumerate(groups):
                kept = Signal(8, name=f"kept{levels}_{number}", reset_less=True)
                m.d.sync += kept.eq(_choose(group, select))
                found.append(kept)
        passed = Signal(levels + 1)
        m.d.sync += passed.eq(Cat(self.read, passed))
        m.d.comb += [self.data.eq(found[0]), self.done.eq(passed[-1])]
        return m


def _choose(group: Sequence[Value], select: Value) -> Value:
    """The ``select``-th of up to four."""
    pairs = [Mux(select[0], *reversed(pair)) if len(pair) == 2 else pair[0]
             for pair in (group[:2], group[2:]) if pair]  # fmt: skip
    return Mux(select[1], pairs[1], pairs[0]) if len(pairs) == 2 else pairs[0]


def resources(depth: int, family: Family = ECP5) -> Resources:
    """Cost of `Pages`: a block for each, and what chooses between these; fitted to the synthesised
    link of an ECP5 with 150 of them."""
    pages = -(-depth // family.bytes_of_a_block)
    chosen, nodes = pages, 0
    while chosen > 1:
        chosen = -(-chosen // FAN_IN)
        nodes += chosen
    return Resources(lut=2 * 8 * nodes + 3 * pages, ff=8 * nodes, ebr=pages)
