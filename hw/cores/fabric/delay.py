"""Pipeline registers: values as they were some cycles earlier."""

from collections.abc import Mapping

from amaranth import Module, Signal, Value


def delayed(m: Module, values: Mapping[str, Value], cycles: int = 1) -> dict[str, Value]:
    """Every value so many cycles later, in registers of its name; inside of an ``m.If``, so many
    cycles of that.

    Only one called "valid" has a reset: the others count for nothing without it, and their
    flip-flops stay free of a net that reaches the whole device.
    """
    for _ in range(cycles):
        later = {
            name: Signal.like(value, name=name, reset_less=name != "valid")
            for name, value in values.items()
        }
        m.d.sync += [later[name].eq(value) for name, value in values.items()]
        values = later
    return dict(values)


def registered(m: Module, value: Value, name: str, cycles: int = 1) -> Value:
    """One value alone."""
    return delayed(m, {name: value}, cycles)[name]
