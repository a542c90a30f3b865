"""Registers between two streams, each of which stands still only while it is full."""

from amaranth import Module, Signal, Value
from amaranth.lib.wiring import PureInterface

from hw.cores.fabric.delay import registered


class Pipeline:
    """What is between two streams: every beat of one becomes a beat of the other some cycles later.

    While what leaves is not taken, beats behind it move up until no gap is left between them: how
    they came changes nothing of how they leave. The first cycle after reset takes nothing, as
    memory is read ahead.

    Parameters
    ----------
    cycles : int
        From a beat to what leaves, at least 1.

    Attributes
    ----------
    taken : Value
        A beat comes.
    valid : list of Value
        There is one so many cycles after it came, and waits where it is held up.
    enable : list of Value
        What is so many cycles after it came moves on.
    """

    def __init__(self, m: Module, i: PureInterface, o: PureInterface, cycles: int) -> None:
        self._m, self._o = m, o
        awake = Signal(name="awake")
        m.d.sync += awake.eq(1)
        self.taken: Value = i.valid & i.ready
        self.valid: list[Value] = [self.taken]
        self.valid += [Signal(name=f"valid{k}") for k in range(1, cycles)]
        self.enable = [Signal(name=f"enable{k}") for k in range(cycles)]
        after = [*self.valid[1:], o.valid]
        moving = [*self.enable[1:], o.ready]
        for enable, full, moves in zip(self.enable, after, moving, strict=True):
            m.d.comb += enable.eq(moves | ~full)
        for enable, now, later in zip(self.enable, self.valid, after, strict=True):
            with m.If(enable):
                m.d.sync += later.eq(now)
        m.d.comb += i.ready.eq(self.enable[0] & awake)

    def later(self, value: Value, name: str, at: int, cycles: int = 1) -> Value:
        """A value that is ``at`` cycles after its beat came, so many later."""
        for enable in self.enable[at : at + cycles]:
            with self._m.If(enable):
                value = registered(self._m, value, name)
        return value

    def leave(self, payload: Value) -> None:
        """The payload in the last register, of the stream that leaves."""
        # By this name simulation finds the stream.
        left = Signal(len(self._o.payload), name="o__payload", reset_less=True)
        self._m.d.comb += self._o.payload.eq(left)
        with self._m.If(self.enable[-1]):
            self._m.d.sync += left.eq(payload)
