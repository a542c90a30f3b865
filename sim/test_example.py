"""The shipped networks on their real images: every score, by the command and by both engines."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from boards.catalogue import board
from hw.cores.stream import converter
from hw.design.accelerator import Accelerator
from hw.emit.verilog import emit
from hw.network.fold import fold
from hw.network.network import Network
from hw.network.reference import Reference
from hw.plan.latency import latency
from hw.plan.plan import Plan
from hw.plan.search import plan
from model.checkpoint import load
from model.evaluation import evaluate
from sim import run
from sim.cosimulate import Cosimulation, cosimulate
from sim.player import Engine

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLE = FOLDER / "mnist"
every_example = pytest.mark.parametrize("name", ["mnist", "cifar10"])


@cache
def images(name: str) -> np.ndarray:
    pixels: np.ndarray = np.load(FOLDER / name / "images.npy")
    return pixels


IMAGES = images("mnist")


@cache
def network(name: str = "mnist") -> Network:
    return fold(load(FOLDER / name / "net.pt"))


@cache
def planned(name: str = "mnist") -> Plan:
    return plan(network(name), board("ulx3s"))


@cache
def verilog(name: str = "mnist") -> str:
    return emit(Accelerator(planned(name)))


def run_on(shown: np.ndarray, name: str = "mnist", engine: Engine = "native") -> Cosimulation:
    """A simulation of images, for which the design is compiled as the command compiles it."""
    cycles = len(images(name)) * planned(name).interval
    return cosimulate(verilog(name), network(name), shown, engine=engine, cycles=cycles)


@cache
def simulated(name: str = "mnist") -> Cosimulation:
    return run_on(images(name), name)


@every_example
def test_every_score_equals_the_reference(name: str) -> None:
    found = simulated(name)
    assert len(found.differing) == 0
    assert found.mismatch is None
    assert (found.scores == Reference(network(name)).run(images(name)).scores).all()


@every_example
def test_every_class_equals_pytorch(name: str) -> None:
    classes = evaluate(load(FOLDER / name / "net.pt"), images(name), device="cpu").classes
    assert (simulated(name).classes == classes).all()


@every_example
def test_timing_is_as_planned(name: str) -> None:
    assert simulated(name).cycles_per_frame == planned(name).interval
    assert simulated(name).latency_cycles == latency(network(name), planned(name).foldings)


def test_words_of_many_bits_are_a_cycle_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converter, "WIDE", 8)
    made = plan(network(), board("ulx3s"))
    found = cosimulate(emit(Accelerator(made)), network(), IMAGES)
    assert (found.scores == simulated().scores).all()
    assert found.cycles_per_frame == made.interval == planned().interval
    assert found.latency_cycles == latency(network(), made.foldings)
    assert found.latency_cycles > simulated().latency_cycles


def test_engines_agree() -> None:
    native, cocotb = run_on(IMAGES[:6]), run_on(IMAGES[:6], engine="cocotb")
    assert (native.scores == cocotb.scores).all()
    assert (native.classes == cocotb.classes).all()
    assert native.latency_cycles == cocotb.latency_cycles
    assert native.cycles_per_frame == cocotb.cycles_per_frame


def test_activity_is_below_every_operation() -> None:
    activity = simulated().activity
    assert activity is not None
    for product in network().products:
        toggled = activity[product.name]
        if product.binary:
            assert 0 < toggled.xnor == toggled.count < product.macs
        else:
            assert toggled.xnor == toggled.count == product.macs
        assert 0 < toggled.compare < product.macs


def test_a_frame_that_changes_nothing_has_no_activity() -> None:
    same = run_on(np.repeat(IMAGES[:1], 3, axis=0)).activity
    mixed = run_on(IMAGES[:3]).activity
    assert same is not None and mixed is not None
    first = network().products[0].name
    assert same[first].compare < mixed[first].compare


def test_the_command_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "Z.npz"
    paths = [str(EXAMPLE / name) for name in ("net.pt", "images.npy", "labels.npy")]
    arguments = ["--checkpoint", paths[0], "--images", paths[1], "--labels", paths[2]]
    assert run.main([*arguments, "--board", "ulx3s", "--out", str(out)]) == 0
    assert f"{len(IMAGES)}, 0 differ from the reference" in capsys.readouterr().out
    with np.load(out) as written:
        assert set(written) == {"scores", "classes", "latency_cycles", "cycles_per_frame"}
        assert (written["scores"] == simulated().scores).all()
        assert (written["classes"] == simulated().classes).all()
        assert written["latency_cycles"] == simulated().latency_cycles
        assert written["cycles_per_frame"] == simulated().cycles_per_frame
    assert [path.name for path in tmp_path.iterdir()] == ["Z.npz"]
