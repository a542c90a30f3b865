"""One of some constants, by index."""

from collections.abc import Sequence

from amaranth import Const, Module, Signal, Value


def chosen(m: Module, name: str, index: Value, values: Sequence[int]) -> Value:
    """``values[index]``: a constant where all are equal, cheap where most are."""
    common = max(sorted(set(values)), key=values.count)
    if len(set(values)) == 1:
        return Const(common)
    value = Signal(range(min(values), max(values) + 1), name=name)
    with m.Switch(index):
        for other in sorted(set(values) - {common}):
            with m.Case(*(i for i, v in enumerate(values) if v == other)):
                m.d.comb += value.eq(other)
        with m.Default():
            m.d.comb += value.eq(common)
    return value
