"""The whole road for a small random network: checkpoint to bitstream, twice, and too fast."""

from pathlib import Path

import pytest

from hw import build
from hw.emit.report import Report, read
from hw.plan.plan import Resources
from model.checkpoint import save
from sim.random_networks import random_checkpoint

SEED = 3
ULX3S = ("--board", "ulx3s", "--variant", "12F", "--fill", "0.3")
ICEBREAKER = ("--board", "icebreaker", "--fps", "1", "--clock", "24")


def road(folder: Path, *options: str, board: tuple[str, ...] = ULX3S) -> int:
    arguments = ["--checkpoint", str(folder / "net.pt"), *board]
    return build.main([*arguments, "--out", str(folder / "out"), "--simulate", "5", *options])


def report(folder: Path) -> Report:
    return read(folder / "out" / "report.json")


def test_a_small_network_becomes_a_bitstream_and_only_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(random_checkpoint(SEED), tmp_path / "net.pt")
    assert road(tmp_path) == 0
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files >= {
        "network.npz", "plan.json", "design.v", "design.json", "design.bit", "report.json",
    }
    made = report(tmp_path)
    assert made.simulation is not None and made.timing is not None and made.timing.met
    assert (made.simulation.images, made.simulation.differing) == (5, 0)
    assert made.simulation.differing_pytorch == 0
    assert made.simulation.cycles_per_frame == made.interval
    placed = [part.placed for part in (*(layer.counts for layer in made.layers), made.rest)]
    assert all(one is not None and one.lut > 0 for one in placed)
    assert sum((one for one in placed if one is not None), Resources()) == made.counts.placed
    assert made.gates is not None and made.gates["XNOR"] > 0
    assert made.energy.activity is not None

    capsys.readouterr()
    assert road(tmp_path) == 0
    marks = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert "·" in marks and "✓" not in marks

    assert road(tmp_path, "--clock", "300", "--attempts", "1") == 1
    assert "the clock reaches" in capsys.readouterr().err
    assert not (tmp_path / "out" / "design.bit").exists()
    timing = report(tmp_path).timing
    assert timing is not None and not timing.met and timing.tried == (1,)


def test_a_small_network_becomes_a_bitstream_of_ice40(tmp_path: Path) -> None:
    save(random_checkpoint(SEED), tmp_path / "net.pt")
    assert road(tmp_path, board=ICEBREAKER) == 0
    assert (tmp_path / "out" / "design.bin").read_bytes()[:2] == b"\xff\x00"
    made = report(tmp_path)
    assert made.device == "iCE40UP5K-SG48"
    assert made.simulation is not None and made.simulation.differing == 0
    assert made.timing is not None and made.timing.met
    synthesised, placed = made.counts.synthesised, made.counts.placed
    assert synthesised is not None and placed is not None
    assert (placed.ff, placed.ebr) == (synthesised.ff, synthesised.ebr)
    # nextpnr adds a cell where a carry chain begins or ends outside it.
    assert synthesised.lut <= placed.lut <= 1.05 * synthesised.lut
