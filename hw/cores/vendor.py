"""Which device a design is elaborated for, and text modules that it brings along."""

from amaranth import ClockSignal, Instance


def is_ecp5(platform: object) -> bool:
    """Whether cells of ECP5 may be named; simulation has no platform at all."""
    return getattr(platform, "family", None) == "ecp5"


def instance(platform: object, name: str, text: str, **arguments: object) -> Instance:
    """An instance, clocked by sync, of a module in Verilog, which comes along once for all.

    Amaranth takes 4 ms for every cell that it is told of: a module of many is written as text.

    Parameters
    ----------
    arguments
        As of `amaranth.hdl.Instance`; an attribute ``a_full_adder`` or ``a_xnor`` tells
        `hw.emit.gates` what the module does.
    """
    platform.add_file(f"{name}.v", text)  # type: ignore[attr-defined]
    return Instance(name, i_clk=ClockSignal(), **arguments)
