"""A build whose classes are not PyTorch's: it ends with status 1, unless it was allowed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hw import build
from hw.flow.job import Job, Request
from hw.flow.simulate import SimulateStep
from hw.network.network import Network
from hw.network.reference import Reference
from model.checkpoint import Checkpoint
from model.evaluation import Evaluation, evaluate
from sim.cosimulate import Cosimulation


def test_another_class_than_pytorchs_ends_the_build(
    bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hardware and integers agree, and PyTorch names the next class: nothing is made of it."""
    def hardware(verilog: str, network: Network, images: np.ndarray, **_: object) -> Cosimulation:
        scores, classes = Reference(network).run(images)
        return Cosimulation(
            scores=scores, classes=classes, latency_cycles=1, cycles_per_frame=1.0, cycles=1,
            seconds=1.0, differing=np.array([], int), mismatch=None, activity=None)

    def other(checkpoint: Checkpoint, images: np.ndarray, *, device: str) -> Evaluation:
        found = evaluate(checkpoint, images, device=device)
        turned = (found.classes + 1) % found.scores.shape[1]
        return replace(found, classes=np.where(np.arange(len(images)) < 2, turned, found.classes))

    monkeypatch.setattr("hw.flow.simulate.cosimulate", hardware)
    monkeypatch.setattr("hw.flow.simulate.evaluate", other)
    # By other bits in front of the scores no rounding explains it.
    monkeypatch.setattr("hw.network.agreement._same_before", lambda *_: np.zeros(2, bool))
    out = tmp_path / "out"
    given = ["--checkpoint", str(bad / "good.pt"), "--board", "ulx3s", "--out", str(out)]
    assert build.main([*given, "--simulate", "5", "--stop-after", "synth"]) == 1
    said = capsys.readouterr().err
    assert "failed: 2 of 5 simulated images are of another class than PyTorch's; --allow-" in said
    assert (out / "report.json").is_file() and not (out / "design.json").exists()
    assert "<strong>No</strong>" in (out / "report.html").read_text()
    request = Request(
        checkpoint=bad / "good.pt", board="ulx3s", out=out, simulate=5, allow_differing=2)
    job = Job(request=request)
    SimulateStep().recall(job)
    assert job.simulation is not None and job.simulation.failures == []
    assert job.answers is not None
    assert np.array_equal(job.answers, Reference(job.network).run(job.images.images).scores)
