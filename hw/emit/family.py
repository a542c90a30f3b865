"""What differs between families of devices on the way from RTLIL to a bitstream."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boards.resources import Resources
from hw.emit.tools import Tool

REST = "rest"
"""The name for what lies outside every kept module."""

Cells = dict[str, int]
"""How many cells of each type, by the type's name in the netlist."""

Netlist = Mapping[str, Mapping[str, Any]]
"""Cells by name, as yosys and nextpnr write them: "type", "parameters", "connections"."""


Modules = Mapping[str, Mapping[str, Any]]
"""Modules by name, as yosys writes them: "cells", "netnames", "ports"."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """The tools of a family and what its cells are counted as.

    Parameters
    ----------
    name : that of `boards.board.Family`.
    synthesis : lines of yosys between reading and writing, which map the module top.
    models : files of yosys' share folder that say what cells do.
    finish : what to do to the netlist afterwards; None is nothing.
    prepare : what to do to the netlist's modules for the placer to read them; None is nothing.
    flip_flop : what the names of flip-flop cells begin with.
    mapped : what the cells of one synthesised module take.
    placer, packer : nextpnr for the family, and what packs its configuration.
    constraints, configuration, bitstream : names of their files.
    constrain, configure : nextpnr's options for the first two.
    pack : the packer's arguments between its options and the end.
    placed : what the placed cells of every kept module, and of `REST`, take.
    available : what a device has, by nextpnr's utilisation.
    placing : nextpnr's options for how cells are placed: the ways to try, best first.
    memory : the block memory's cell, and what its pins begin with whose nets go everywhere; None
        leaves their places to the placer.
    """

    name: str
    synthesis: tuple[str, ...]
    models: tuple[str, ...]
    finish: Callable[[Path], object] | None
    prepare: Callable[[Modules], object] | None
    flip_flop: str
    mapped: Callable[[Netlist], Resources]
    placer: Tool
    packer: Tool
    constraints: str
    configuration: str
    bitstream: str
    constrain: str
    configure: str
    pack: tuple[str, ...]
    placed: Callable[[Netlist, Sequence[str]], dict[str, Resources]]
    available: Callable[[Mapping[str, Mapping[str, int]]], Resources]
    placing: tuple[tuple[str, ...], ...]
    memory: tuple[str, tuple[str, ...]] | None


def home(name: str, keep: Sequence[str]) -> str:
    """The kept module of a placed cell, by the instance path that its name begins with."""
    return next((path for path in keep if name.startswith(path + ".")), REST)
