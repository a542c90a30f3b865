"""Which device a design is elaborated for, and what it names there beside its plain form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from amaranth import ClockSignal, Instance, Signal
from amaranth.lib import wiring

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


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module of cells by its text, and the component that it must equal.

    Parameters
    ----------
    core : the module of this program that wrote the text.
    plain : with the same ports; what simulation and other devices have in its place.
    begun : inputs. While they are 1 for ``turns`` cycles, the others tell what registers hold.
    """

    name: str
    core: str
    plain: wiring.Component
    begun: tuple[str, ...] = ()
    turns: int = 0


@dataclass(frozen=True, kw_only=True)
class Words:
    """Blocks that are named in one component, and the words they must hold.

    Parameters
    ----------
    inside : a signal that is in this component alone, by which the netlist's module is found.
    """

    core: str
    inside: Signal
    width: int
    words: Sequence[int]


def instance(
    platform: object,
    name: str,
    text: str,
    plain: Callable[[], wiring.Component],
    *,
    begun: tuple[str, ...] = (),
    turns: int = 0,
    **arguments: object,
) -> Instance:
    """An instance, clocked by sync, of a module in Verilog, which comes along once for all.

    Amaranth takes 4 ms for every cell that it is told of: a module of many is written as text.
    Simulation never sees that text: it comes with its plain form, to which `hw.emit.prove` proves
    it equal.

    Parameters
    ----------
    plain, begun, turns
        As of `Module`.
    arguments
        As of `amaranth.hdl.Instance`; an attribute ``a_full_adder`` or ``a_xnor`` tells
        `hw.emit.gates` what the module does.

    Raises
    ------
    ValueError
        The ports of the plain form are others.
    """
    if is_ice40(platform):
        platform.add_file("lut4.v", LUT4)  # type: ignore[attr-defined]
    known: dict[str, Module] = platform.modules  # type: ignore[attr-defined]
    if name not in known:
        form = plain()
        known[name] = Module(
            name=name, core=type(form).__module__, plain=form, begun=begun, turns=turns
        )
    ports = {f"{member.flow.name[0].lower()}_{port}"
             for port, member in known[name].plain.signature.members.items()}
    if given := {port for port in arguments if port[:2] in ("i_", "o_")} ^ ports:
        raise ValueError(f"{name}: {', '.join(sorted(given))} not of it and its plain form both")
    platform.add_file(f"{name}.v", text)  # type: ignore[attr-defined]
    return Instance(name, i_clk=ClockSignal(), **arguments)


def holds(platform: object, words: Words) -> None:
    """Tell what the blocks hold that a component names, for `hw.emit.blocks` to read them."""
    platform.words.append(words)  # type: ignore[attr-defined]
