"""Pipeline registers: values as they were one cycle earlier."""

from collections.abc import Mapping

from amaranth import Module, Signal, Value


def delayed(m: Module, enable: Value, values: Mapping[str, Value]) -> dict[str, Value]:
    """Every value one cycle of ``enable`` later, in a register of its name.

    Only one called "valid" has a reset: the others count for nothing without it, and their
    flip-flops stay free of a net that reaches the whole device.
    """
    later = {
        name: Signal.like(value, name=name, reset_less=name != "valid")
        for name, value in values.items()
    }
    with m.If(enable):
        m.d.sync += [later[name].eq(value) for name, value in values.items()]
    return later
