"""A component alone, synthesised and packed for the 85F."""

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
GIVEN, PACKED = "given.json", "packed.json"


def packed(component: Elaboratable) -> Netlist:
    """Cells as nextpnr packs them, by name; seconds."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        device = platform(board("ulx3s"), "85F")
        (folder / "top.il").write_text(rtlil.convert(component, platform=device, name="top"))
        for name, text in device.extra_files.items():
            (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        script = synth.script(ECP5, [*device.extra_files, "top.il"], [])
        (folder / synth.SCRIPT).write_text(script)
        run(YOSYS, synth.SCRIPT, folder=folder, log="synth.log")
        synth.finish(ECP5, folder / synth.NETLIST)
        run(
            NEXTPNR, "--85k", "--package", "CABGA381", "--json", readable(folder), "--pack-only",
            "--write", PACKED, folder=folder, log="pack.log",
        )
        cells: dict[str, Any] = json.loads((folder / PACKED).read_text())
    return cells["modules"]["top"]["cells"]


def readable(folder: Path) -> str:
    """The name of the synthesised netlist as nextpnr reads it, which stops at carries that are left
    open."""
    design = json.loads((folder / synth.NETLIST).read_text())
    name_open_carries(design["modules"])
    (folder / GIVEN).write_text(json.dumps(design))
    return GIVEN
