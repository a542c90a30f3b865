"""Which device a design is elaborated for, and text modules that it brings along."""

from amaranth import ClockSignal, Instance

LUT4 = """module LUT4 (input A, B, C, D, output Z);
  parameter [15:0] INIT = 0;
  SB_LUT4 #(.LUT_INIT(INIT)) lut (.I0(A), .I1(B), .I2(C), .I3(D), .O(Z));
endmodule
"""
"""ECP5's LUT4 in the cell of iCE40, whose inputs count alike."""


def is_ecp5(platform: object) -> bool:
    """Whether cells of ECP5 may be named; simulation has no platform at all."""
    return getattr(platform, "family", None) == "ecp5"


def is_ice40(platform: object) -> bool:
    """Whether the design is for iCE40, where memory that is written lives in blocks."""
    return getattr(platform, "family", None) == "iCE40"


def has_lut4(platform: object) -> bool:
    """Whether cells named LUT4 may be in the text of an `instance`."""
    return is_ecp5(platform) or is_ice40(platform)


def instance(platform: object, name: str, text: str, **arguments: object) -> Instance:
    """An instance, clocked by sync, of a module in Verilog, which comes along once for all.

    Amaranth takes 4 ms for every cell that it is told of: a module of many is written as text.

    Parameters
    ----------
    arguments
        As of `amaranth.hdl.Instance`; an attribute ``a_full_adder`` or ``a_xnor`` tells
        `hw.emit.gates` what the module does.
    """
    if is_ice40(platform):
        platform.add_file("lut4.v", LUT4)  # type: ignore[attr-defined]
    platform.add_file(f"{name}.v", text)  # type: ignore[attr-defined]
    return Instance(name, i_clk=ClockSignal(), **arguments)
