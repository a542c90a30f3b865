"""Pipeline registers: values as they were one cycle earlier."""

from collections.abc import Mapping

from amaranth import Module, Signal, Value


def delayed(m: Module, enable: Value, values: Mapping[str, Value]) -> dict[str, Value]:
    """Every value one cycle of ``enable`` later, in a register of its name; they start at 0."""
    later = {name: Signal.like(value, name=name) for name, value in values.items()}
    with m.If(enable):
        m.d.sync += [later[name].eq(value) for name, value in values.items()]
    return later
