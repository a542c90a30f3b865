"""A core as it is delivered: its Verilog, and what the files beside it are written from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from amaranth.back import rtlil
from amaranth.build import Platform
from amaranth.hdl import Fragment
from amaranth.hdl._ir import PortDirection

from hw.design.core import Core
from hw.emit import naming, plain, verilog
from hw.emit.project import Project

WAIVED: Mapping[str, str] = MappingProxyType({
    "CASEOVERLAP": "choices are one-hot, which a casez cannot say",
    "DECLFILENAME": "all modules are in one file",
    "PROCASSINIT": "registers have a value at power-up and are assigned by the clock",
    "UNOPTFLAT": "ready and valid of one stream are bits of one vector; there is no loop",
    "UNUSEDSIGNAL": "resets and bits of sums that a module does not need",
    "VARHIDDEN": "a memory and its instance have one name",
    "WIDTHEXPAND": "operands are extended by the operator, as Verilog does",
    "WIDTHTRUNC": "of a shift the low bits are taken, and a vector is compared with 0 by !",
})  # fmt: skip
"""Warnings of ``verilator --lint-only -Wall`` that a core's Verilog has, each with its reason."""

INSIDE = "top.logic"
"""Name of the core in RTLIL: `hw.emit.proofs` takes what is outside for a board's."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A core, and all that its files tell.

    Parameters
    ----------
    name : of the module.
    core : Core
    cells : the family whose cells are named in it; empty: none.
    sources : names of its Verilog files.
    title : of the network it computes.
    images, scores, classes : some frames, uint8 (N, C, H, W), and what the reference answers.
    """

    name: str
    core: Core
    cells: str
    sources: tuple[str, ...]
    title: str
    images: np.ndarray
    scores: np.ndarray
    classes: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file beside the Verilog; a kind is a module of `hw.emit.core`, as its ``PART``.

    Parameters
    ----------
    suffix : what follows the core's name in the file's.
    what : a clause that says what it is, for the README.
    text : its content.
    """

    suffix: str
    what: str
    text: Callable[[Delivery], str]


def plain_text(core: Core, name: str) -> str:
    """The core's Verilog without any cell of a family: one file."""
    text = verilog.emit(core, name=name, tidy=True)
    return _head(name) + naming.renamed(text, naming.names(naming.modules(text), name, name))


def inside(core: Core, platform: Platform) -> Project:
    """The core in the cells of a platform's family, for proofs and for `cell_texts`."""
    ports = {
        port.name: (getattr(core, port.name),
                    PortDirection.Output if port.output else PortDirection.Input)
        for port in core.ports
    }  # fmt: skip
    # As rtlil.convert does, which keeps the map of names to itself.
    fragment = Fragment.get(core, platform)
    text, platform._name_map = rtlil.convert_fragment(fragment, ports, INSIDE, emit_src=False)
    return Project(
        files={**platform.extra_files, "top.il": text}, device=(), packing=(),
        plain=plain.collect(platform),
    )  # fmt: skip


def cell_texts(made: Project, name: str) -> tuple[str, str]:
    """The core's Verilog with named cells, and that of the modules of cells."""
    text = verilog.written(made.files["top.il"], tidy=True)
    cells = "".join(each for file, each in made.files.items() if file.endswith(".v"))
    found = [*naming.modules(text), *naming.modules(cells)]
    known = naming.names(found, INSIDE, name)
    return _head(name) + naming.renamed(text, known), _head(name) + naming.renamed(cells, known)


def _head(name: str) -> str:
    """The first lines of a core's Verilog."""
    told = [f"// {name}: written by Purelogic, do not edit; {name}.md is its data sheet.",
            "// What a linter warns of, and why it is so:"]
    told += [f"/* verilator lint_off {kind} */ // {why}" for kind, why in WAIVED.items()]
    return "\n".join(told) + "\n"
