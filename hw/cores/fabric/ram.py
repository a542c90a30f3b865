"""Simple dual-port memories: written at one address while another is read."""

from collections.abc import Mapping
from dataclasses import dataclass

from amaranth import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric.blocks import cut
from hw.cores.fabric.home import Home
from hw.cores.fabric.vendor import cells
from hw.cores.fitted import Coefficients, fitted

REGISTERS = 2
"""Up to this depth, flip-flops and a multiplexer cost less than distributed memory."""

CELL = 16
"""Words of a distributed memory cell of ECP5."""


class Ram(wiring.Component):
    """``depth`` words of ``width`` bits; a read takes one cycle and holds while ``read`` is low.

    A word that is read in the cycle in which it is written is undefined: the user sees to it that
    this never matters. Without that freedom ECP5 synthesis adds a bypass of a LUT4 and two
    flip-flops for every bit; the attribute no_rw_check grants it, and yosys honours it only on a
    combinational port with a register behind.

    Parameters
    ----------
    width, depth : int
    home : "block" or "lut"
        Embedded block memory, or distributed memory.

    Members
    -------
    write, write_address, write_data : In
    read, read_address : In
    data : Out(width)
        The word read last.
    """

    def __init__(self, *, width: int, depth: int, home: Home) -> None:
        self._width, self._depth, self._home = width, depth, home
        address = ceil_log2(depth)
        super().__init__({
            "write": In(1),
            "write_address": In(address),
            "write_data": In(width),
            "read": In(1),
            "read_address": In(address),
            "data": Out(width),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        lut = "distributed" if cells(platform).family.lut_memory else "block"
        lut = "logic" if self._depth <= REGISTERS else lut
        attrs = {"ram_style": lut if self._home == "lut" else "block", "no_rw_check": 1}
        read = _words(m, self, self._depth, attrs, self.read_address)
        data = Signal(self._width, reset_less=True)
        with m.If(self.read):
            m.d.sync += data.eq(read)
        m.d.comb += self.data.eq(data)
        return m


class RegisterFile(wiring.Component):
    """``depth`` words of ``width`` bits in distributed memory, which are read in the same cycle.

    For families with ``lut_memory`` alone: elsewhere these are flip-flops and multiplexers.

    Parameters
    ----------
    width, depth : int

    Members
    -------
    write, write_address, write_data : In
    address : In
    data : Out(width)
        The word at ``address``, as of the last cycle's writes.
    """

    def __init__(self, *, width: int, depth: int) -> None:
        self._width, self._depth = width, depth
        address = ceil_log2(depth)
        super().__init__({
            "write": In(1),
            "write_address": In(address),
            "write_data": In(width),
            "address": In(address),
            "data": Out(width),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        attrs = {"ram_style": "distributed"}
        m.d.comb += self.data.eq(_words(m, self, self._depth, attrs, self.address))
        return m


def _words(
    m: Module, core: "Ram | RegisterFile", depth: int, attrs: Mapping[str, object], address: Value
) -> Value:
    """The memory of a core, which is written by its members: the word at an address."""
    m.submodules.words = words = Memory(
        shape=core.write_data.shape(), depth=depth, init=[], attrs=attrs
    )
    write, read = words.write_port(), words.read_port(domain="comb")
    m.d.comb += [
        write.en.eq(core.write),
        write.addr.eq(core.write_address),
        write.data.eq(core.write_data),
        read.addr.eq(address),
    ]
    return read.data


@dataclass(frozen=True, kw_only=True)
class Distributed(Coefficients):
    """LUT4 of distributed memory: of a cell of `CELL` words of four bits, with its share of what
    writes it, and of a bit's choice between one row of cells more."""

    cell: float = 5.2
    choice: float = 0.9


@fitted(Distributed())
def lut(c: Distributed, width: int, words: int) -> float:
    """LUT4 of so many words, more than `REGISTERS`, in distributed memory."""
    rows = -(-words // CELL)
    return c.cell * -(-width // 4) * rows + c.choice * width * (rows - 1)


def resources(width: int, words: int, home: Home, family: Family = ECP5) -> Resources:
    """Cost of a memory with one write and one read port, without the register behind."""
    in_lut = home == "lut" and (family.lut_memory or words <= REGISTERS)
    if not in_lut:
        blocks, rows, _ = cut(width, words, family)
        return Resources(lut=width * (rows - 1), ebr=blocks)
    if words <= REGISTERS:
        return Resources(lut=width, ff=width * words)
    return Resources(lut=round(lut(width, words)))
