"""Constants in block memory, read through its output register."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import and_, or_

from amaranth import Cat, ClockSignal, Const, Instance, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.families import ECP5
from hw.cores.fabric.blocks import cut
from hw.cores.fabric.vendor import Words, cells, holds


class BlockRom(wiring.Component):
    """``data`` is the word at ``address``, two cycles of ``read`` later.

    Without its output register a block of ECP5 takes 5.8 ns from clock to data, and synthesis
    never finds that register: the blocks are named where they need no logic behind. A block of
    iCE40 has none, and behind it every bit would cost a logic cell: there the address waits.

    Parameters
    ----------
    width : int
        Bits of a word.
    words : sequence of int
        Addresses beyond the last word are never asked for.

    Members
    -------
    read : In(1)
    address : In(ceil_log2(len(words)))
    data : Out(width)
    """

    def __init__(self, *, width: int, words: Sequence[int]) -> None:
        self._width, self._words = width, words
        super().__init__({
            "read": In(1),
            "address": In(ceil_log2(len(words))),
            "data": Out(width),
        })

    def elaborate(self, platform: object) -> Module:
        m, fabric = Module(), cells(platform)
        if fabric.named_blocks and port_bits(self._width, len(self._words)):
            self._place(m, platform)
            return m
        m.submodules.memory = memory = Memory(
            shape=self._width,
            depth=len(self._words),
            init=self._words,
            attrs={"ram_style": "block"},
        )
        if fabric.late_address:
            words, address = memory.read_port(), Signal.like(self.address, reset_less=True)
            m.d.comb += [words.addr.eq(address), words.en.eq(self.read), self.data.eq(words.data)]
            with m.If(self.read):
                m.d.sync += address.eq(self.address)
            return m
        words, data = memory.read_port(), Signal(self._width, reset_less=True)
        m.d.comb += [words.addr.eq(self.address), words.en.eq(self.read), self.data.eq(data)]
        with m.If(self.read):
            m.d.sync += data.eq(words.data)
        return m

    def _place(self, m: Module, platform: object) -> None:
        """Blocks for the bits that are not the same in all words."""
        differ = reduce(or_, self._words) & ~reduce(and_, self._words)
        changing = [bit for bit in range(self._width) if differ >> bit & 1]
        port = port_bits(len(changing), len(self._words))
        m.d.comb += self.data.eq(self._words[0] & ~differ)
        for start in range(0, len(changing), port or 1):
            bits = changing[start : start + port]
            words = [
                sum((word >> bit & 1) << k for k, bit in enumerate(bits)) for word in self._words
            ]
            out = {side: Signal(18, name=f"out_{side}") for side in "AB"[: 1 + (port == 36)]}
            m.submodules[f"block{start}"] = self._block(port, len(bits), words, out)
            read = Cat(*out.values())
            m.d.comb += [self.data[bit].eq(read[k]) for k, bit in enumerate(bits)]
            if start == 0:
                holds(platform, Words(
                    core=__name__, inside=out["A"], width=self._width, words=self._words
                ))  # fmt: skip

    def _block(
        self, port: int, bits: int, words: Sequence[int], out: Mapping[str, Signal]
    ) -> Instance:
        """A DP16KD whose ports give ``out``, of which so many bits are used."""
        pins: dict[str, object] = {}
        for side, data in out.items():
            pins |= {
                f"p_DATA_WIDTH_{side}": min(port, 18),
                f"p_REGMODE_{side}": "OUTREG",
                f"i_CLK{side}": ClockSignal(),
                f"i_CE{side}": self.read,
                f"i_OCE{side}": self.read,
                f"i_WE{side}": Const(0, 1),
                f"i_RST{side}": Const(0, 1),
            }
            address = self._pins(port, side == "B")
            pins |= {f"i_AD{side}{k}": bit for k, bit in enumerate(address)}
            pins |= {f"i_CS{side}{k}": Const(0, 1) for k in range(3)}
            pins |= {f"o_DO{side}{k}": bit for k, bit in enumerate(data)}
        pins |= {f"p_INITVAL_{k:02X}": Const(row, 320) for k, row in enumerate(rows(port, words))}
        # The number is for `hw.emit.gates`, which sees no memory here.
        return Instance("DP16KD", a_memory_bit=bits * len(words), **pins)

    def _pins(self, port: int, odd: bool) -> Value:
        """The 14 address pins of a port: the lowest count single bits."""
        if port == 36:
            return Cat(Const(0, 4), Const(odd, 1), self.address, Const(0, 14))[:14]
        low = (port - 1).bit_length() - (port % 9 == 0)
        return Cat(Const(0, low), self.address, Const(0, 14))[:14]


def port_bits(width: int, words: int) -> int:
    """Bits of a block's port, or 0 where logic would choose between rows of blocks."""
    _, rows, port = cut(width, words, ECP5)
    return port if rows == 1 else 0


def rows(port: int, words: Sequence[int]) -> Iterator[int]:
    """The 64 INITVAL parameters: 16 units of 18 bits each, a unit every 20 bits.

    A unit is two bytes of 9 bits; words of fewer bits than 9 leave the ninth of each unused.
    """
    memory = 0
    for place, word in enumerate(words):
        memory |= word << place * port
    if port < 9:
        memory = sum(byte << 9 * k for k, byte in enumerate(memory.to_bytes(2048, "little")))
    for first in range(0, 1024, 16):
        units = (memory >> (first + k) * 18 & 0x3FFFF for k in range(16))
        yield sum(unit << 20 * k for k, unit in enumerate(units))
