"""Options of hw.build that make a core for other people's designs, and what they refuse."""

import argparse
import re

from hw.cores import bus
from hw.design import interfaces
from hw.flow.request import FAMILY, PLAINLY
from model.options import Parser
from model.refusal import Refusal
from model.rooms import names

LAST = ("fold", "plan", "verilog", "prove")
"""Steps that a core's build can stop after: pins and bitstream are another design's."""

RESERVED = frozenset(re.findall(r"\w+", """
    alias always always_comb always_ff always_latch and assert assign assume automatic before begin
    bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class
    clocking cmos config const constraint context continue cover covergroup coverpoint cross
    deassign default defparam design disable dist do edge else end endcase endchecker endclass
    endclocking endconfig endfunction endgenerate endgroup endinterface endmodule endpackage
    endprimitive endprogram endproperty endsequence endspecify endtable endtask enum event
    eventually expect export extends extern final first_match for force foreach forever fork
    forkjoin function generate genvar global highz0 highz1 if iff ifnone ignore_bins illegal_bins
    implements implies import incdir include initial inout input inside instance int integer
    interconnect interface intersect join join_any join_none large let liblist library local
    localparam logic longint macromodule matches medium modport module nand negedge nettype new
    nexttime nmos nor noshowcancelled not notif0 notif1 null or output package packed parameter pmos
    posedge primitive priority program property protected pull0 pull1 pulldown pullup
    pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence rcmos real realtime
    ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0 rtranif1 s_always
    s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal showcancelled
    signed small soft solve specify specparam static string strong strong0 strong1 struct super
    supply0 supply1 sync_accept_on sync_reject_on table tagged task this throughout time
    timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union
    unique unique0 unsigned until until_with untyped use uwire var vectored virtual void wait
    wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor
    abs access after all architecture array attribute block body buffer bus component configuration
    constant disconnect downto elsif entity exit file generic group guarded impure in inertial is
    label linkage literal loop map mod new next nor null of on open others out port postponed
    procedure process range record register rem report rol ror select severity shared signal sla sll
    sra srl subtype then to transport type unaffected units until variable
    top
"""))
"""Words of SystemVerilog (IEEE 1800-2017, table B.1) and of VHDL (IEEE 1076-2008, 15.10), which
name no module, and the name of our own simulations."""


def add(parser: Parser) -> None:
    """Add the options."""
    add = parser.add_argument
    add("--interface", choices=names(interfaces), metavar="KIND",
        help="make a core for another design instead of a board's bitstream, behind these ports")
    add("--top", type=identifier, metavar="NAME", help="of the core's module, of its files, and "
        "before the names of all modules within it")
    add("--registers", choices=names(bus), metavar="BUS",
        help="of the core: identity, counters and status on this bus")
    add("--cells", choices=(PLAINLY, FAMILY), default=None,
        help=f"of the core: no vendor's, or also those of the device's family (default: {PLAINLY})")


def check(given: argparse.Namespace) -> None:
    """Raise `Refusal` for options that do not go together."""
    if not given.interface:
        for option in ("top", "registers", "cells"):
            if getattr(given, option) is not None:
                raise Refusal(f"--{option}: of a core; give --interface as well, or leave it out")
        return
    if given.top is None:
        raise Refusal(f"--interface {given.interface}: a core's module needs a name; give --top")
    if given.explore:
        raise Refusal("--explore builds nothing; leave out --interface")
    if given.stop_after not in (None, *LAST):
        raise Refusal(f"--stop-after {given.stop_after}: a core ends before it, as its pins are "
                      f"another design's; choose one of: {', '.join(LAST)}")
    if given.simulate_netlist:
        raise Refusal("--simulate-netlist: of a board; a core has no netlist, leave it out")


def identifier(text: str) -> str:
    """Type of the option --top: a name that no tool takes for anything else."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", text):
        raise Refusal(f"--top {text!r}: no name of a module; give a letter, then letters, digits "
                      "and _, 63 at most")
    if text.lower() in RESERVED:
        raise Refusal(f"--top {text}: a reserved word; give another name")
    return text
