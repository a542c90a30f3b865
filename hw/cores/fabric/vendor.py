"""The cells of the device that a design is elaborated for, and those that it names there beside
their plain form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from amaranth import ClockSignal, Instance, Signal
from amaranth.lib import wiring

from boards.board import Family
from boards.families import ECP5, GATEMATE, GOWIN, ICE40

LUT4 = """module LUT4 (input A, B, C, D, output Z);
  parameter [15:0] INIT = 0;
  SB_LUT4 #(.LUT_INIT(INIT)) lut (.I0(A), .I1(B), .I2(C), .I3(D), .O(Z));
endmodule
"""
"""ECP5's LUT4 in the cell of iCE40, whose inputs count alike."""

GOWIN_LUT4 = """module LUT4_ABCD (input A, B, C, D, output Z);
  parameter [15:0] INIT = 0;
  LUT4 #(.INIT(INIT)) lut (.I0(A), .I1(B), .I2(C), .I3(D), .F(Z));
endmodule
"""
"""ECP5's LUT4 in the cell of Gowin, whose inputs count alike and which has the same name."""


class Cells:
    """The cells that cores may count on, those of no device: simulation and families without a
    subclass leave all to synthesis, and nothing is named.

    Attributes
    ----------
    family : Family
        Whose memory blocks there are.
    named_sums, named_blocks, named_copies : bool
        Cells are named: rows of carry cells; DP16KD with their output register; registers that
        synthesis must not merge.
    named_lut4 : bool
        Cells named LUT4 may be in the text of an `instance`.
    late_address : bool
        Block memory has no output register, and one of logic costs a cell for every bit: a word
        waits as its address.
    lut4 : str
        What such a cell is called there, where ``LUT4`` is a cell with other pins.
    constant : str
        A cell without inputs whose output is always 0 or always 1, which synthesis keeps, as text
        for ``name``, ``init`` and ``out``; empty where none is known.
    models : mapping of str to str
        Files, by name, that say what cells in the text of an `instance` are.
    """

    family: ClassVar[Family] = ECP5
    named_sums: ClassVar[bool] = False
    named_blocks: ClassVar[bool] = False
    named_copies: ClassVar[bool] = False
    named_lut4: ClassVar[bool] = False
    late_address: ClassVar[bool] = False
    lut4: ClassVar[str] = "LUT4"
    constant: ClassVar[str] = ""
    models: ClassVar[Mapping[str, str]] = MappingProxyType({})


class Ecp5Cells(Cells):
    """Those of ECP5, which are all named."""

    family = ECP5
    named_sums = ECP5.named_sums
    named_blocks = True
    named_copies = True
    named_lut4 = True
    constant = (
        "(* keep *) LUT4 #(.INIT(16'h{init})) {name} "
        "(.A(1'b0), .B(1'b0), .C(1'b0), .D(1'b0), .Z({out}));"
    )


class Ice40Cells(Cells):
    """Those of iCE40, of which a LUT4 alone is named."""

    family = ICE40
    named_sums = ICE40.named_sums
    named_lut4 = True
    late_address = True
    constant = (
        "(* keep *) SB_LUT4 #(.LUT_INIT(16'h{init})) {name} "
        "(.I0(1'b0), .I1(1'b0), .I2(1'b0), .I3(1'b0), .O({out}));"
    )
    models = MappingProxyType({"lut4.v": LUT4})


class GowinCells(Cells):
    """Those of Gowin, of which a LUT4 alone is named."""

    family = GOWIN
    named_sums = GOWIN.named_sums
    named_lut4 = True
    lut4 = "LUT4_ABCD"
    models = MappingProxyType({"lut4.v": GOWIN_LUT4})


class GateMateCells(Cells):
    """Those of GateMate, of which none is named: its tree of two-input LUTs is not every function
    of four inputs."""

    family = GATEMATE
    named_sums = GATEMATE.named_sums
    late_address = True


_PLAIN = Cells()
_CELLS = MappingProxyType({each.family.name: each() for each in Cells.__subclasses__()})


def cells(platform: object) -> Cells:
    """The cells of the family of a platform's board; simulation has no platform at all, and others
    than `hw.emit.project.platform` makes have no board."""
    board = getattr(platform, "board", None)
    return _CELLS.get(board.family.name, _PLAIN) if board else _PLAIN


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module of cells by its text, and the component that it must equal.

    Parameters
    ----------
    core : the module of this program that wrote the text.
    plain : with the same ports; what simulation and other devices have in its place.
    begun : inputs. While they are 1 for ``settling``, the others tell what registers hold.
    """

    name: str
    core: str
    plain: wiring.Component
    begun: tuple[str, ...] = ()
    settling: int = 0


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
    settling: int = 0,
    **arguments: object,
) -> Instance:
    """An instance, clocked by sync, of a module in Verilog, which comes along once for all.

    Amaranth takes 4 ms for every cell that it is told of: a module of many is written as text.
    Simulation never sees that text: it comes with its plain form, to which `hw.emit.prove` proves
    it equal.

    Parameters
    ----------
    plain, begun, settling
        As of `Module`.
    arguments
        As of `amaranth.hdl.Instance`; an attribute ``a_full_adder`` or ``a_xnor`` tells
        `hw.emit.gates` what the module does.

    Raises
    ------
    ValueError
        The ports of the plain form are others.
    """
    fabric = cells(platform)
    for file, model in fabric.models.items():
        platform.add_file(file, model)  # type: ignore[attr-defined]
    known: dict[str, Module] = platform.modules  # type: ignore[attr-defined]
    if name not in known:
        form = plain()
        known[name] = Module(
            name=name, core=type(form).__module__, plain=form, begun=begun,
            settling=settling,
        )
    ports = {f"{member.flow.name[0].lower()}_{port}"
             for port, member in known[name].plain.signature.members.items()}
    if given := {port for port in arguments if port[:2] in ("i_", "o_")} ^ ports:
        raise ValueError(f"{name}: {', '.join(sorted(given))} not of it and its plain form both")
    text = text.replace("LUT4 #(", f"{fabric.lut4} #(")
    platform.add_file(f"{name}.v", text)  # type: ignore[attr-defined]
    return Instance(name, i_clk=ClockSignal(), **arguments)


def holds(platform: object, words: Words) -> None:
    """Tell what the blocks hold that a component names, for `hw.emit.blocks` to read them."""
    platform.words.append(words)  # type: ignore[attr-defined]
