"""A family of devices as the tools see it: its commands, its file names, and its kinds of cells."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boards.resources import Resources
from hw.emit.tools import Tool

REST = "rest"
"""The name under which everything outside the kept modules is counted."""

Cells = dict[str, int]
"""Number of cells by their type's name in the netlist."""

Cell = Mapping[str, Any]

Netlist = Mapping[str, Cell]
"""Cells by name, as yosys and nextpnr write them: "type", "parameters", "connections"."""


Modules = Mapping[str, Mapping[str, Any]]
"""Modules by name, as yosys writes them: "cells", "netnames", "ports"."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The cells of block memories, as their places are assigned.

    Parameters
    ----------
    kind : type of the cell.
    instead : cells of logic, which the placer keeps together, at the nets of one, which are given
        by pin; the numbers of nets between them are from a given one on.
    empty : one at no net.
    """

    kind: str
    instead: Callable[[Mapping[str, int], int], Sequence[Cell]]
    empty: Callable[[], Cell]


@dataclass(frozen=True, kw_only=True)
class Family:
    """The tools of a family, and how its cells are counted.

    Parameters
    ----------
    name : name of the `boards.board.Family`.
    synthesis : yosys commands between reading and writing, which map the module top.
    models : files in yosys' share folder with the Verilog models of the cells.
    without_multipliers : these commands for the family's devices that have no blocks that multiply.
    finish : changes the netlist's modules after synthesis; None leaves them.
    prepare : changes the netlist's modules so that the placer can read them; None leaves them.
    flip_flop : prefix of the types of flip-flop cells.
    mapped : resources of the cells of one synthesised module.
    placer, packer : nextpnr for the family, and the tool that packs its configuration.
    constraints, configuration, bitstream : names of these files.
    constrain, configure : nextpnr's options for the first two, with ``{}`` for the name; none for a
        configuration that is the netlist that nextpnr writes.
    pack : the packer's last arguments, after the options of the device.
    placed : resources of the placed cells of every kept module, and of `REST`.
    available : resources of a device, from nextpnr's utilisation.
    placing : nextpnr's options that choose how cells are placed: the ways to try, best first.
    memory : None leaves the places of block memories to the placer.
    again : nextpnr's options to write the configuration of a design that it has placed and routed
        before; none where it cannot.
    """

    name: str
    synthesis: tuple[str, ...]
    models: tuple[str, ...]
    finish: Callable[[Modules], object] | None
    prepare: Callable[[Modules], object] | None
    flip_flop: str
    mapped: Callable[[Netlist], Resources]
    placer: Tool
    packer: Tool
    constraints: str
    configuration: str
    bitstream: str
    constrain: tuple[str, ...]
    configure: tuple[str, ...]
    pack: tuple[str, ...]
    placed: Callable[[Netlist, Sequence[str]], dict[str, Resources]]
    available: Callable[[Mapping[str, Mapping[str, int]]], Resources]
    placing: tuple[tuple[str, ...], ...]
    memory: Memory | None
    without_multipliers: tuple[str, ...] = ()
    again: tuple[str, ...] = ()


def home(name: str, keep: Sequence[str]) -> str:
    """The kept module that a placed cell is in, found by the instance path in its name."""
    return next((path for path in keep if name.startswith(path + ".")), REST)


def alone(
    cells: Netlist, flip_flops: Sequence[Cell], shared: Callable[[Cell, str], bool]
) -> int:
    """Number of flip-flops that no other cell shares its place with.

    ``shared`` tells of a cell and the name of its output whether a flip-flop fits behind it, which
    it does where the output drives nothing else.
    """
    sinks: Counter[int | str] = Counter()
    driven = set()
    for cell in cells.values():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "input":
                sinks.update(bits)
            elif shared(cell, port):
                driven.update(bits)
    behind = (cell["connections"]["D"][0] for cell in flip_flops)
    return sum(data not in driven or sinks[data] > 1 for data in behind)


def chains(cells: Netlist, kind: str, taken: str, given: str) -> Iterator[int]:
    """Lengths of the chains of carry cells of one type, joined from pin ``given`` to ``taken``."""
    pins = [cell["connections"] for cell in cells.values() if cell["type"] == kind]
    carries = {each[given][0] for each in pins if each.get(given)}
    after = {each[taken][0]: each for each in pins if each[taken][0] in carries}
    for begin in (each for each in pins if each[taken][0] not in carries):
        length, last = 1, begin
        while (carry := last.get(given) or ["x"])[0] in after:
            length, last = length + 1, after[carry[0]]
        yield length
