"""Counters that go round, alone or nested like the loops of a program."""

from dataclasses import dataclass

from amaranth import Cat, Const, Module, Signal, Value
from amaranth.hdl import ValueLike

NARROW = 6
"""Bits of a counter that takes no more LUT4 as gates than in carry cells with their beginning."""


@dataclass(frozen=True)
class Counter:
    """``value`` is in 0 .. length - 1; ``last`` is high at length - 1, from a register; ``wrap``
    when it goes on from there."""

    value: Value
    last: Value
    wrap: Value


def counter(m: Module, name: str, step: ValueLike, length: int) -> Counter:
    """A register that goes on with every cycle of ``step`` and round after ``length`` of them.

    A length of 1 costs nothing: its value is a zero-width constant and it is always at its last.
    """
    if length == 1:
        return Counter(Const(0, 0), Const(1), Value.cast(step))
    value = Signal(range(length), name=name)
    last = Signal(name=f"{name}_last")
    wrap = Signal(name=f"{name}_wrap")
    m.d.comb += wrap.eq(last & step)
    with m.If(step):
        m.d.sync += [value.eq(_next(value)), last.eq(value == length - 2)]
        if length & (length - 1):
            with m.If(last):
                m.d.sync += value.eq(0)
    return Counter(value, last, wrap)


def _next(value: Signal) -> Value:
    """One more: a bit turns where all below it are 1."""
    if len(value) > NARROW:
        return value + 1
    return Cat(bit ^ value[:k].all() for k, bit in enumerate(value))


def loops(m: Module, step: ValueLike, lengths: dict[str, int]) -> dict[str, Counter]:
    """Nested counters, innermost first: each goes on when all those inside it wrap."""
    nest = {}
    for name, length in lengths.items():
        nest[name] = counter(m, name, step, length)
        step = nest[name].wrap
    return nest
