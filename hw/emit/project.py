"""A board top as the files that yosys and nextpnr read."""

import json
import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from amaranth.build import Attrs, Platform, Resource
from amaranth.hdl import Elaboratable
from amaranth_boards.resources import LEDResources, UARTResource

from boards.board import Board, Pins
from hw.emit import plain
from hw.emit.families import family
from hw.emit.plain import Plain

SOURCES = (".v", ".sv", ".il")
LIST = "project.json"

CELLS = "cells.v"
"""The file with all modules of cells that cores name."""

_OURS = (
    "--quiet", "--log", "--json", "--lpf", "--textcfg", "--pcf", "--asc", "--input", "--bit",
    "--svf", "--write", "--output",
)


@dataclass(frozen=True, kw_only=True)
class Project:
    """The files of a board's top.

    Parameters
    ----------
    files : text of every file, by its name; a module of named cells has one of its own here.
    device, packing : options for the device, of nextpnr and of the packer.
    plain : what the cells that cores instantiate must equal.
    """

    files: dict[str, str]
    device: tuple[str, ...]
    packing: tuple[str, ...]
    plain: Plain

    @property
    def texts(self) -> dict[str, str]:
        """The files as they are written: all modules of named cells in `CELLS`."""
        cells = {name: text for name, text in self.files.items() if name.endswith(".v")}
        others = {name: text for name, text in self.files.items() if name not in cells}
        return ({CELLS: _joined(cells)} if cells else {}) | others

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the files that yosys reads; top.il, which uses the others, is the last."""
        names = [name for name in self.texts if name.endswith(SOURCES)]
        return tuple(sorted(names, key=lambda name: name == "top.il"))

    def write(self, folder: Path) -> None:
        """Write every file, the list of them as project.json, and plain.json."""
        texts = self.texts
        for name, text in texts.items():
            (folder / name).write_text(text)
        listed = {"files": list(texts), "device": self.device, "packing": self.packing}
        (folder / LIST).write_text(json.dumps(listed, indent=1) + "\n")
        (folder / plain.FILE).write_text(self.plain.text())


def read(folder: Path) -> Project:
    """The project that `Project.write` left in a folder."""
    listed = json.loads((folder / LIST).read_text())
    files = {name: (folder / name).read_text() for name in listed["files"]}
    cells = _parted(files.pop(CELLS, ""))
    return Project(
        files=cells | files,
        device=tuple(listed["device"]),
        packing=tuple(listed["packing"]),
        plain=plain.read(folder / plain.FILE),
    )


_HEAD = "// {}\n"
_NAMED = re.compile(r"^// (\S+\.v)\n", re.MULTILINE)


def _joined(files: dict[str, str]) -> str:
    """Verilog files in one text, each behind a comment with its name."""
    return "".join(_HEAD.format(name) + text for name, text in files.items())


def _parted(text: str) -> dict[str, str]:
    """The files that `_joined` put together."""
    _, *parts = _NAMED.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def platform(board: Board, variant: str) -> Platform:
    """The Amaranth platform of one variant of a board, with the pins that the board adds.

    Cores add to its attributes what they instantiate: to ``modules`` each
    `hw.cores.fabric.vendor.Module` by its name, to ``words`` each `hw.cores.fabric.vendor.Words`.
    Its ``board`` is the board.
    """
    module, _, name = board.platform.format(variant).rpartition(".")
    made = getattr(import_module(module), name)()
    if board.pins:
        made.add_resources(_resources(board.pins))
    made.board, made.modules, made.words = board, {}, []
    return made


def _resources(pins: Pins) -> list[Resource]:
    """The ``uart`` and ``led`` of pins."""
    attributes = Attrs(**dict(pins.attributes))
    found = LEDResources(pins=" ".join(pins.leds), invert=True, attrs=attributes)
    if pins.rx:
        found.append(UARTResource(0, rx=pins.rx, tx=pins.tx, attrs=attributes))
    return found


def project(top: Elaboratable, platform: Platform) -> Project:
    """Elaborate a top for its board into RTLIL, constraints and the tools' device options.

    Attributes with paths of source files are left out, so that equal designs are equal text on
    every machine.
    """
    built = platform.build(top, name="top", do_build=False)
    texts = {name: _text(content) for name, content in built.files.items()}
    listed = json.loads(texts["build_top.json"])["commands"]
    commands = {command[0]: command[1:] for command in listed}
    tools = family(platform.board)
    kept = {
        name: _without_places(text)
        for name, text in texts.items()
        if name == tools.constraints or (name.endswith(SOURCES) and not name.endswith(".debug.v"))
    }
    return Project(
        files=kept,
        device=_without_files(commands[tools.placer.name]),
        packing=_without_files(commands[tools.packer.name]),
        plain=plain.collect(platform),
    )


def _text(content: str | bytes) -> str:
    return content if isinstance(content, str) else content.decode()


def _without_places(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.lstrip().startswith("attribute \\src "))


def _without_files(arguments: list[str]) -> tuple[str, ...]:
    """The platform's options for a tool, without those for files, which are named elsewhere."""
    kept, skip = [], False
    for argument in arguments:
        if argument.startswith("-"):
            skip = argument in _OURS
        if not skip and not argument.rpartition("=")[2].startswith("top."):
            kept.append(argument)
    return tuple(kept)
