"""Components with another form for Gowin equal plain logic: proved by yosys for all inputs."""

from pathlib import Path

import pytest
from amaranth.back import rtlil

from boards.catalogue import board
from hw.cores.mvu.bitsum import BitSum
from hw.cores.mvu.pairsum import PairSum
from hw.emit.known.gowin import FAMILY
from hw.emit.project import platform
from hw.emit.tools import YOSYS, Failure, run


def prove(folder: Path, kind: type[BitSum | PairSum], inputs: int, *, spoil: bool = False) -> str:
    """Compare both forms in every cycle after as many as the latency, whatever the registers held
    before; returns the text of the cell that is named."""
    target = platform(board("tangnano9k"), "9C")
    script = []
    for name, device in (("gold", None), ("gate", target)):
        unit = kind(outputs=2, inputs=inputs, levels=3)
        text = rtlil.convert(unit, name=name, platform=device)
        (folder / f"{name}.il").write_text(text)
        script += ["design -reset", *(f"read_verilog -defer +/{each}" for each in FAMILY.models)]
        for file, content in (device.extra_files if device else {}).items():
            (folder / file).write_text(content.replace(".I1(B)", ".I1(A)") if spoil else content)
            script.append(f"read_verilog {file}")
        script += [f"read_rtlil {name}.il", f"hierarchy -top {name}", "proc", "flatten", "memory"]
        script += ["setattr -unset init", "opt -full", "opt_clean -purge", f"design -stash {name}"]
    script += [f"design -copy-from {name} {name}" for name in ("gold", "gate")]
    script += ["miter -equiv -flatten gold gate miter", "hierarchy -top miter"]
    length = f"-seq {unit.latency + 1} -prove-skip {unit.latency}"
    script += [f"sat -verify {length} -prove trigger 0 miter"]
    (folder / "script.ys").write_text("\n".join(script) + "\n")
    run(YOSYS, "-q", "script.ys", folder=folder, log="yosys.log")
    return (folder / "lut4.v").read_text()


@pytest.mark.parametrize(("kind", "inputs"), [(BitSum, 4), (BitSum, 8), (PairSum, 4), (PairSum, 8)])
def test_leaves_in_cells_of_gowin_equal_plain_logic(
    kind: type[BitSum | PairSum], inputs: int, tmp_path: Path
) -> None:
    assert "LUT4 #(.INIT(INIT)) lut" in prove(tmp_path, kind, inputs)


def test_pins_of_the_cell_that_are_mixed_up_are_noticed(tmp_path: Path) -> None:
    with pytest.raises(Failure):
        prove(tmp_path, BitSum, 4, spoil=True)
