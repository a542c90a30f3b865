"""A component alone, synthesised and packed or placed for the 85F."""

import json
import tempfile
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import Elaboratable

from boards.catalogue import board
from hw.emit import synth
from hw.emit.family import Netlist
from hw.emit.known.ecp5 import FAMILY as ECP5
from hw.emit.known.ecp5 import name_open_carries
from hw.emit.project import platform
from hw.emit.tools import NEXTPNR, YOSYS, run

TOOLS = (YOSYS, NEXTPNR)
GIVEN, MADE = "given.json", "made.json"


def packed(component: Elaboratable) -> Netlist:
    """Cells as nextpnr packs them, by name; seconds."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _synthesise(component, folder)
        cells: Netlist = _top(folder, readable(folder), "--pack-only")["cells"]
    return cells


def placed(component: Elaboratable, *, seed: int = 1) -> dict[str, Any]:
    """The module as nextpnr places it, with "cells" and "netnames": as large ones have more ports
    than the device has pins, all but clk go nowhere. Minutes."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _synthesise(component, folder)
        return _top(
            folder, readable(folder, alone=True), *ECP5.placing[0], "--no-route",
            "--lpf-allow-unconstrained", "--timing-allow-fail", "--seed", str(seed),
        )


def _synthesise(component: Elaboratable, folder: Path) -> None:
    """Write a component's netlist."""
    device = platform(board("ulx3s"), "85F")
    (folder / "top.il").write_text(rtlil.convert(component, platform=device, name="top"))
    for name, text in device.extra_files.items():
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    script = synth.script(ECP5, [*device.extra_files, "top.il"], [])
    (folder / synth.SCRIPT).write_text(script)
    run(YOSYS, synth.SCRIPT, folder=folder, log="synth.log")
    synth.finish(ECP5, folder / synth.NETLIST)


def _top(folder: Path, netlist: str, *options: str) -> dict[str, Any]:
    """The module that nextpnr makes of a netlist."""
    run(
        NEXTPNR, "--85k", "--package", "CABGA381", "--json", netlist, *options,
        "--write", MADE, folder=folder, log="nextpnr.log",
    )  # fmt: skip
    made: dict[str, Any] = json.loads((folder / MADE).read_text())["modules"]["top"]
    return made


def readable(folder: Path, *, alone: bool = False) -> str:
    """The name of the synthesised netlist as nextpnr reads it, which stops at carries that are left
    open. That of a component ``alone`` has no port but clk."""
    design = json.loads((folder / synth.NETLIST).read_text())
    name_open_carries(design["modules"])
    if alone:
        top = design["modules"]["top"]
        top["ports"] = {"clk": top["ports"]["clk"]}
    (folder / GIVEN).write_text(json.dumps(design))
    return GIVEN
