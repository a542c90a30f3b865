"""Waves of one frame, as FST and as VCD: they hold its scores, and the streams of every stage."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from boards.catalogue import board
from hw.design.accelerator import Accelerator
from hw.network.fold import fold
from hw.network.reference import Reference
from hw.plan.search import plan
from model import checkpoint
from sim.cosimulate import cosimulate
from sim.random_networks import random_checkpoint, random_images
from sim.run import main

COUNT = 6
TRAINED = random_checkpoint(3)
PLANNED = plan(fold(TRAINED), board("ulx3s"), fps=1)
IMAGES = random_images(TRAINED, COUNT)
EXAMPLE = Path(__file__).parents[1] / "examples" / "mnist"

Changes = Iterator[tuple[int, str, str]]
"""Time, signal with its scopes, and binary value, in order of time."""


def fst(path: Path) -> Changes:
    pylibfst = pytest.importorskip("pylibfst")
    assert path.read_bytes()[0] == 0  # the block of a header
    opened = pylibfst.lib.fstReaderOpen(str(path).encode())
    _, signals = pylibfst.get_scopes_signals2(opened)
    names = defaultdict(list)
    for name, signal in signals.by_name.items():
        names[signal.handle].append(name.split(" ")[0])
    found: list[tuple[int, str, str]] = []
    pylibfst.lib.fstReaderSetFacProcessMaskAll(opened)
    pylibfst.fstReaderIterBlocks(opened, lambda _, time, handle, value: found.extend(
        (time, name, pylibfst.string(value)) for name in names[handle]))
    pylibfst.lib.fstReaderClose(opened)
    return iter(sorted(found, key=lambda change: change[0]))


def vcd(path: Path) -> Changes:
    names, scopes, time = defaultdict(list), [], 0
    for line in path.read_text().splitlines():
        words = line.split()
        if words[:1] == ["$scope"]:
            scopes.append(words[2])
        elif words[:1] == ["$upscope"]:
            scopes.pop()
        elif words[:1] == ["$var"]:
            names[words[3]].append(".".join([*scopes, words[4]]))
        elif line.startswith("#"):
            time = int(line[1:])
        elif line[:1] in ("0", "1", "b"):
            bits, sign = words if line[0] == "b" else (line[0], line[1:])
            for name in names[sign]:
                yield time, name, bits.removeprefix("b")


def transferred(changes: Changes, stream: str) -> list[int]:
    """Payloads that a stream of the top takes: settled before an edge, with valid and ready."""
    held: dict[str, int] = defaultdict(int)
    names = {f"top.{stream}__{part}": part for part in ("valid", "ready", "payload")}
    found, before = [], None
    for time, name, bits in changes:
        if time != before and before is not None and before % 2 == 0 \
                and held["valid"] and held["ready"]:
            found.append(held["payload"])
        before = time
        if name in names:
            held[names[name]] = int(bits, 2)
    return found


@pytest.fixture(scope="module", params=[
    "fst", pytest.param("vcd", marks=pytest.mark.long)])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The waves of frame 4."""
    path = tmp_path_factory.mktemp("waves") / f"W.{request.param}"
    found = cosimulate(Accelerator(PLANNED), PLANNED.network, IMAGES, waves=path, frame=4)
    assert not len(found.differing)
    return path


def changes(path: Path) -> Changes:
    return fst(path) if path.suffix == ".fst" else vcd(path)


def test_the_frame_s_scores_are_in_it_and_last(recorded: Path) -> None:
    scores = Reference(PLANNED.network).run(IMAGES).scores
    classes = scores.shape[1]
    width = Accelerator(PLANNED).o.p.shape().size
    index = (classes - 1).bit_length()
    taken = [payload & (1 << width - index - 1) - 1
             for payload in transferred(changes(recorded), "o")]
    wide = width - index - 1
    told = [value - (value >> wide - 1 << wide) for value in taken]
    assert told[-classes:] == scores[4].tolist()
    assert len(told) <= classes * 5, "frames from before its first beat are in it as well"


def test_every_stage_has_its_streams_under_its_name(recorded: Path) -> None:
    names = {name for _, name, _ in changes(recorded)}
    for stage in PLANNED.stages:
        for port in ("i__valid", "i__ready", "o__valid", "o__ready"):
            assert f"top.{stage.name}.{port}" in names


def test_a_frame_takes_its_share_of_the_whole(recorded: Path, tmp_path: Path) -> None:
    whole = tmp_path / recorded.name
    cosimulate(Accelerator(PLANNED), PLANNED.network, IMAGES, waves=whole)
    assert recorded.stat().st_size < 0.7 * whole.stat().st_size
    times = [time for time, _, _ in changes(recorded)]
    assert times[0] > 4 * PLANNED.interval
    assert len(transferred(changes(whole), "o")) == IMAGES.shape[0] * len(PLANNED.network.classes)


@pytest.mark.parametrize(("options", "said"), [
    (["--frame", "1"], "give --wave W.fst as well"),
    (["--wave", "W.ghw"], "call it .vcd or .fst"),
    (["--wave", "W.fst", "--engine", "cocotb"], "leave out --engine cocotb"),
    (["--wave", "W.fst", "--frame", "6"], "there are 6 images"),
])
def test_waves_that_cannot_be_written_are_refused(
    options: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    checkpoint.save(TRAINED, tmp_path / "net.pt")
    np.save(tmp_path / "X.npy", IMAGES)
    assert main(["--checkpoint", "net.pt", "--images", "X.npy", *options]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and told[0].startswith("error: ") and said in told[0]
    assert {path.name for path in tmp_path.iterdir()} == {"net.pt", "X.npy"}


def test_the_command_writes_what_the_usual_model_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that records is another one: it answers in the same cycles."""
    plain = cosimulate(Accelerator(PLANNED), PLANNED.network, IMAGES)
    traced = cosimulate(Accelerator(PLANNED), PLANNED.network, IMAGES, waves=tmp_path / "W.fst",
                        frame=0)
    assert (plain.scores == traced.scores).all() and plain.cycles == traced.cycles
