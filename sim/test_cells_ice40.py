"""Components with another form for iCE40 equal plain logic: proved by yosys for all inputs."""

import random
from pathlib import Path

import pytest
from amaranth.back import rtlil
from amaranth.lib import wiring

from boards.catalogue import board
from hw.cores.fabric.blockrom import BlockRom
from hw.cores.mvu.bitsum import FAR, LEVELS, BitSum
from hw.cores.mvu.pairsum import PairSum
from hw.emit.project import platform
from hw.emit.tools import YOSYS, run


def lines(folder: Path, name: str, component: wiring.Component, *, cells: bool) -> list[str]:
    """yosys commands that read one form of a component as the module ``name``."""
    target = platform(board("icebreaker"), "UP5K") if cells else None
    (folder / f"{name}.il").write_text(rtlil.convert(component, name=name, platform=target))
    read = ["design -reset", "read_verilog -defer +/ice40/cells_sim.v"]
    for file, text in (target.extra_files if target else {}).items():
        (folder / file).write_text(text)
        read.append(f"read_verilog {file}")
    # Without initial values of registers.
    flat = [f"hierarchy -top {name}", "proc", "flatten", "memory", "setattr -unset init"]
    flat += ["opt -full", "opt_clean -purge"]
    return [*read, f"read_rtlil {name}.il", *flat, f"design -stash {name}"]


def prove(folder: Path, gold: wiring.Component, gate: wiring.Component, *asked: str) -> None:
    script = lines(folder, "gold", gold, cells=False) + lines(folder, "gate", gate, cells=True)
    script += [f"design -copy-from {name} {name}" for name in ("gold", "gate")]
    script += ["miter -equiv -flatten gold gate miter", "hierarchy -top miter"]
    script += [f"sat -verify {' '.join(asked)} -prove trigger 0 miter"]
    (folder / "script.ys").write_text("\n".join(script) + "\n")
    run(YOSYS, "-q", "script.ys", folder=folder, log="yosys.log")


@pytest.mark.parametrize("levels", [LEVELS, FAR])
@pytest.mark.parametrize(
    ("kind", "inputs"), [(BitSum, 2), (BitSum, 4), (BitSum, 8), (PairSum, 4), (PairSum, 8)]
)
def test_leaves_in_cells_of_ice40_equal_plain_logic(
    kind: type[BitSum | PairSum], inputs: int, levels: int, tmp_path: Path
) -> None:
    """In every cycle after as many as the latency, whatever the registers held before."""

    def unit() -> BitSum | PairSum:
        return kind(outputs=2, inputs=inputs, levels=levels)

    steps = unit().latency
    prove(tmp_path, unit(), unit(), f"-seq {steps + 1} -prove-skip {steps}")
    assert "SB_LUT4" in (tmp_path / "lut4.v").read_text()


def test_a_block_whose_address_waits_gives_what_one_does_whose_word_waits(tmp_path: Path) -> None:
    rng = random.Random(1)
    words = [rng.getrandbits(5) for _ in range(8)]

    def rom() -> BlockRom:
        return BlockRom(width=5, words=words)

    # Both pipelines are full after two reads; afterwards reads are arbitrary.
    prove(tmp_path, rom(), rom(), "-seq 7 -prove-skip 2 -set-at 1 in_read 1 -set-at 2 in_read 1")
