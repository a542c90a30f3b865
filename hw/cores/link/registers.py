"""Registers that tell a processor which network this is, and how many frames went through it."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Array, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

WIDTH = 32
"""Bits of a register."""

IDENT = int.from_bytes(b"PLC1", "big")
"""What the first register reads."""

EVENTS = data.StructLayout({
    "began": 1, "taken": 1, "bad": 1, "answered": 1, "lost": 1, "klass": unsigned(16),
})  # fmt: skip
"""What happens in a cycle: the first beat of a frame was taken, or the last one of a good frame; a
frame has shown itself to be bad; the last score of a frame was handed on, with its class, or the
scores of a bad frame are over."""

IN_FLIGHT = 16
"""Bits that count the frames under way."""


@dataclass(frozen=True, kw_only=True)
class Register:
    """One register, at a byte ``offset``; ``text`` says what it reads, and what writing does."""

    name: str
    offset: int
    text: str


MAP: tuple[Register, ...] = tuple(
    Register(name=name, offset=4 * number, text=text)
    for number, (name, text) in enumerate((
        ("IDENT", f"0x{IDENT:08X}, the letters PLC1"),
        ("STATUS", "bit 0: frames are under way; bit 1: a bad frame came (write 1 to clear it)"),
        ("ERRORS", "bad frames since reset"),
        ("FRAMES_IN", "good frames taken since reset"),
        ("FRAMES_OUT", "frames since reset that were answered"),
        ("CLASS", "class of the last of them"),
        ("LATENCY", "cycles from the first beat of a frame to its last score, of the last frame "
                    "that was measured, one at a time; registers at the ports are not in it"),
        ("CYCLES", "cycles since reset"),
        ("CHANNELS", "channels of an image"),
        ("SIZE", "rows of an image (31:16) and columns (15:0)"),
        ("CLASSES", "number of classes"),
        ("SCORE", "bits of a score on the output"),
        ("DIGEST0", "bytes 0 to 3 of the network's SHA-256, byte 0 in bits 7:0"),
        ("DIGEST1", "bytes 4 to 7"),
        ("DIGEST2", "bytes 8 to 11"),
        ("DIGEST3", "bytes 12 to 15"),
    ))
)  # fmt: skip
"""All registers. Counters go on at 0 after 2^32 - 1; what is not named as writable ignores it."""

ADDRESS = (len(MAP) - 1).bit_length()
"""Bits of the number of a register."""


class Registers(wiring.Component):
    """The registers of `MAP`, for a bus that reads and writes whole words.

    A read takes a cycle: ``data`` is that of the register that ``address`` had with ``read``.

    Parameters
    ----------
    identity : sequence (8) of int
        What the registers from CHANNELS on read.

    Members
    -------
    events : In(EVENTS)
    address : In(ADDRESS)
    read : In(1)
    data : Out(32)
    write : In(1)
    write_data : In(32)

    Raises
    ------
    ValueError
        ``identity`` has another length, or a value that 32 bits do not hold.
    """

    def __init__(self, identity: Sequence[int]) -> None:
        first = [each.name for each in MAP].index("CHANNELS")
        if len(identity) != len(MAP) - first or not all(0 <= x < 1 << WIDTH for x in identity):
            raise ValueError(f"identity {list(identity)}: {len(MAP) - first} words of 32 bits")
        self._identity = tuple(identity)
        super().__init__({
            "events": In(EVENTS),
            "address": In(ADDRESS),
            "read": In(1),
            "data": Out(WIDTH),
            "write": In(1),
            "write_data": In(WIDTH),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        events = self.events
        errors, taken, answered = (
            self._counted(m, name, event)
            for name, event in (
                ("errors", events.bad), ("taken", events.taken), ("answered", events.answered))
        )
        cycles = self._counted(m, "cycles", Const(1))
        error, klass = Signal(), Signal(16)
        status = [register.name for register in MAP].index("STATUS")
        with m.If(self.write & (self.address == status) & self.write_data[1]):
            m.d.sync += error.eq(0)
        with m.If(events.bad):  # it is not lost if it comes while another is cleared
            m.d.sync += error.eq(1)
        with m.If(events.answered):
            m.d.sync += klass.eq(events.klass)
        ahead, latency = self._latency(m)
        words = Array([
            Const(IDENT, WIDTH), (error << 1) | (ahead != 0), errors, taken, answered, klass,
            latency, cycles, *(Const(word, WIDTH) for word in self._identity),
        ])  # fmt: skip
        with m.If(self.read):
            m.d.sync += self.data.eq(words[self.address])
        return m

    @staticmethod
    def _counted(m: Module, name: str, event: Value) -> Signal:
        count = Signal(WIDTH, name=name)
        m.d.sync += count.eq(count + event)
        return count

    def _latency(self, m: Module) -> tuple[Signal, Signal]:
        """Frames under way, and the cycles of the last one that was measured."""
        events = self.events
        ahead, before = Signal(IN_FLIGHT), Signal(IN_FLIGHT)
        measuring, timer, latency = Signal(), Signal(WIDTH), Signal(WIDTH)
        ended = events.answered | events.lost
        m.d.sync += [ahead.eq(ahead + events.began - ended), timer.eq(timer + 1)]
        with m.If(~measuring & events.began):
            m.d.sync += [measuring.eq(1), timer.eq(1), before.eq(ahead - ended)]
        with m.If(measuring & ended):
            m.d.sync += before.eq(before - 1)
            with m.If(before == 0):
                m.d.sync += [measuring.eq(0), latency.eq(Mux(events.answered, timer, latency))]
        return ahead, latency
