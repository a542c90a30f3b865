"""The shipped network on its real images: every score, by the command and by both engines."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from boards.catalogue import board
from hw.design.accelerator import Accelerator
from hw.emit.verilog import emit
from hw.network.fold import fold
from hw.network.layers import Network
from hw.network.reference import Reference
from hw.plan.latency import latency
from hw.plan.plan import Plan
from hw.plan.search import plan
from model.checkpoint import load
from model.evaluate import evaluate
from sim import run
from sim.cosimulate import Cosimulation, cosimulate

EXAMPLE = Path(__file__).parents[1] / "examples" / "mnist"
IMAGES = np.load(EXAMPLE / "images.npy")


@cache
def network() -> Network:
    return fold(load(EXAMPLE / "net.pt"))


@cache
def planned() -> Plan:
    return plan(network(), board("ulx3s"))


@cache
def verilog() -> str:
    return emit(Accelerator(planned()))


@cache
def simulated() -> Cosimulation:
    return cosimulate(verilog(), network(), IMAGES)


def test_every_score_equals_the_reference() -> None:
    assert len(simulated().differing) == 0
    assert simulated().mismatch is None
    assert (simulated().scores == Reference(network()).run(IMAGES).scores).all()


def test_every_class_equals_pytorch() -> None:
    classes = evaluate(load(EXAMPLE / "net.pt"), IMAGES, device="cpu").classes
    assert (simulated().classes == classes).all()


def test_timing_is_as_planned() -> None:
    assert simulated().cycles_per_frame == planned().interval
    foldings = planned().foldings
    assert simulated().latency_cycles == latency(network(), foldings)


def test_engines_agree() -> None:
    native = cosimulate(verilog(), network(), IMAGES[:6])
    cocotb = cosimulate(verilog(), network(), IMAGES[:6], engine="cocotb")
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
    same = cosimulate(verilog(), network(), np.repeat(IMAGES[:1], 3, axis=0)).activity
    mixed = cosimulate(verilog(), network(), IMAGES[:3]).activity
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
