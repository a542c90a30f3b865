"""Registers that all stand still while what leaves them is not taken."""

from amaranth import Module, Signal, Value
from amaranth.lib.wiring import PureInterface

from hw.cores.fabric.delay import delayed, registered


class Pipeline:
    """What is between two streams: every beat of one becomes a beat of the other some cycles later.

    The last register is the stream that leaves, so that ``enable``, whose net reaches all of them,
    comes from a single LUT4. The first cycle after reset takes nothing, as memory is read ahead.

    Attributes
    ----------
    enable : Value
        All registers go on.
    taken : Value
        A beat comes.
    """

    def __init__(self, m: Module, i: PureInterface, o: PureInterface) -> None:
        self._m, self._o = m, o
        enable, awake = Signal(name="enable"), Signal(name="awake")
        m.d.sync += awake.eq(1)
        m.d.comb += [enable.eq(o.ready | ~o.valid), i.ready.eq(enable & awake)]
        self.enable: Value = enable
        self.taken: Value = i.valid & i.ready

    def later(self, value: Value, name: str, cycles: int = 1) -> Value:
        """A value so many cycles later."""
        with self._m.If(self.enable):
            return registered(self._m, value, name, cycles)

    def leave(self, payload: Value, valid: Value) -> None:
        """The payload a cycle later as the stream that leaves."""
        # By this name simulation finds the stream.
        left = Signal(len(self._o.payload), name="o__payload", reset_less=True)
        self._m.d.comb += self._o.payload.eq(left)
        with self._m.If(self.enable):
            self._m.d.sync += [left.eq(payload), self._o.valid.eq(valid)]

    def valid(self, cycles: int) -> Value:
        """Whether a beat came so many cycles ago."""
        with self._m.If(self.enable):
            return delayed(self._m, {"valid": self.taken}, cycles)["valid"]
