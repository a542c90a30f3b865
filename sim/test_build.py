"""The whole road for a small random network: checkpoint to bitstream, twice, and too fast."""

import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

import pytest

from hw import build, steps
from hw.emit.report import Report, read
from hw.flow import sources
from hw.flow.job import Job
from hw.flow.screen import Note
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


class Watched:
    """Which files of this program every step of a build executes."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.files: dict[str, set[Path]] = {step.name: set() for step in steps.STEPS}
        for step in steps.STEPS:
            patch.setattr(step, "run", partial(self._run, step.name, step.run))

    def _run(self, name: str, run: Callable[..., None], job: Job, note: Note) -> None:
        def seen(frame: FrameType, event: str, argument: object) -> None:
            if event == "call":
                self.files[name].add(Path(frame.f_code.co_filename))

        threading.setprofile(seen)
        sys.setprofile(seen)
        try:
            run(job, note)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def test_a_small_network_becomes_a_bitstream_of_ice40(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(random_checkpoint(SEED), tmp_path / "net.pt")
    watched = Watched(monkeypatch)
    assert road(tmp_path, board=ICEBREAKER) == 0
    for step in steps.STEPS:
        rooms = [sources.ROOT / room for room in sources.OURS]
        ran = {file for file in watched.files[step.name] if set(rooms) & set(file.parents)}
        # How a build is shown and kept, which is nothing to what it makes.
        ran -= set((sources.ROOT / "hw" / "flow").iterdir())
        assert ran or step.name == "load"
        assert ran <= set(sources.reached(type(step)).files), step.name
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
