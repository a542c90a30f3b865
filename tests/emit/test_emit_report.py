"""The report survives its file, and its tables say what it says."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from boards.resources import Resources
from hw.emit import energy
from hw.emit.endpoints import Endpoints, Slow
from hw.emit.paper import binary_layer
from hw.emit.report import Counts, LayerReport, Report, Simulation, Timing, read
from hw.emit.sections.section import BAD
from hw.emit.sections.summary import _classes_differing
from hw.emit.table import show
from hw.plan.plan import Folding

DONE = binary_layer(size=9, outputs=16, positions=784)

LAYER = LayerReport(
    name="conv1",
    inputs=(1, 28, 28),
    outputs=(16, 14, 14),
    folding=Folding(pe=16, simd=9, weights="lut"),
    cycles=784,
    utilisation=0.67,
    counts=Counts(estimate=Resources(lut=900, ff=800, ebr=1), synthesised=Resources(lut=950)),
    operations=DONE,
    energy=energy.account(DONE),
    share=1.0,
    gates={"XNOR": 144},
)

REPORT = Report(
    command="python -m hw.build",
    tools={"python": "3.11"},
    hashes={"network": "00"},
    network={"metrics": {"accuracy": 0.9857, "images": 10000, "data": "mnist", "split": "test"}},
    board="ulx3s",
    device="LFE5U-85F",
    clock=80e6,
    interval=1176,
    latency=2512,
    frames_per_second=80e6 / 1176,
    counts=Counts(estimate=Resources(lut=1000), placed=Resources(lut=1234, ff=99, ebr=7)),
    available=Resources(lut=83640, ff=83640, ebr=208),
    energy=energy.account(DONE, DONE),
    layers=(LAYER,),
    rest=Counts(estimate=Resources(lut=100)),
    simulation=Simulation(
        source="images.npy", images=32, differing=0, differing_pytorch=0, correct=31,
        latency_cycles=2512, cycles_per_frame=1176.0,
    ),
    timing=Timing(asked=80e6, achieved=115.1e6, met=True, seed=1, tried=(1,)),
    sections={"gates": {"XNOR": 144}},
    seconds={"place": 149.0},
)


def shown(report: Report) -> str:
    text = io.StringIO()
    show(report, Console(file=text, width=100))
    return text.getvalue()


ENDS = Endpoints(clocks=(115.1e6, 120.9e6), count=9, holding=(1, 2), slowest=(
    Slow(layer="conv1", name="skid.full", pin="CE", count=9, holding=(1, 2), seconds=8.688e-9),))


@pytest.mark.parametrize("report", [
    REPORT, replace(REPORT, simulation=None, timing=None),
    replace(REPORT, timing=replace(REPORT.timing, endpoints=ENDS)),
])  # fmt: skip
def test_a_report_is_what_its_file_says(report: Report, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(report.text())
    assert read(tmp_path / "report.json") == report


@pytest.mark.parametrize(
    "fact",
    [
        "98.57% (10,000 mnist test images, PyTorch)",
        "32 from images.npy, 31 as labelled",
        "0 in any score from the integer reference, 0 in class from PyTorch",
        "68,027 (1,176 cycles at 80 MHz)",
        "31.4 us (2,512 cycles, simulated)",
        "1,234 of 83,640 (1.5%, placed)",
        "7 of 208 (3.4%, placed)",
        "115.1 MHz; 80 MHz asked, met with seed 1",
        "0.2238 nJ as the paper counts",
        "65 nm standard-cell process",
    ],
)
def test_a_person_is_told(fact: str) -> None:
    assert fact in shown(REPORT)


def test_a_missed_clock_is_said_loudly() -> None:
    missed = Timing(asked=80e6, achieved=79e6, met=False, seed=3, tried=(1, 2, 3))
    assert "NOT met" in shown(replace(REPORT, timing=missed))


def test_a_clock_that_could_be_higher_is_said_with_its_rate() -> None:
    said = "115.1 MHz would be 97,874 frames/s; --clock max builds for the highest clock that is"
    assert said in " ".join(shown(REPORT).replace("\u2502", " ").split())
    assert REPORT.timing is not None
    for other in (
        replace(REPORT.timing, achieved=83.9e6),
        replace(REPORT.timing, achieved=70e6, met=False),
        replace(REPORT.timing, searched=((80e6, 115.1e6),)),
    ):
        assert "would be" not in shown(replace(REPORT, timing=other))
    # Where no placed design can be given another clock.
    assert "97,874 frames/s; --clock asks for a higher clock" in " ".join(
        shown(replace(REPORT, board="tangnano9k")).replace("\u2502", " ").split())


def test_a_clock_that_was_searched_is_told_as_found() -> None:
    assert REPORT.timing is not None
    found = replace(REPORT.timing, searched=((80e6, 115.1e6), (120e6, 99e6)))
    assert "80 MHz the highest found in 2 placements, met with seed 1" in (
        shown(replace(REPORT, timing=found)))
    once = replace(found, searched=found.searched[:1])
    assert "the highest found in 1 placement, met" in shown(replace(REPORT, timing=once))
    missed = replace(found, achieved=70e6, met=False)
    assert "80 MHz asked, NOT met" in shown(replace(REPORT, timing=missed))


def test_a_latency_that_was_planned_otherwise_is_said() -> None:
    assert "2,512 cycles, simulated, 2,500 planned" in shown(replace(REPORT, latency=2500))
    assert "2,512 cycles, planned" in shown(replace(REPORT, simulation=None))


def test_accuracy_before_a_network_was_quantised_is_told_beside_it() -> None:
    quantised = {**REPORT.network["metrics"], "before_quantising": {"accuracy": 0.9861}}
    assert "98.57% (10,000 mnist test images, PyTorch); 98.61% before it was quantised" in (
        shown(replace(REPORT, network={"metrics": quantised})))
    quantised["before_quantising"] = {}
    assert "before it was" not in shown(replace(REPORT, network={"metrics": quantised}))


def test_no_accuracy_is_no_number() -> None:
    assert "not recorded in the checkpoint" in shown(replace(REPORT, network={"metrics": {}}))


def test_simulation_that_differs_is_a_failure() -> None:
    assert REPORT.simulation is not None
    wrong = replace(REPORT.simulation, differing=2, first_difference="image 5: class 3")
    assert wrong.failures == [
        "2 of 32 simulated images differ from the integer reference, first: image 5: class 3"
    ]


def test_a_class_that_is_not_pytorchs_is_a_failure_unless_it_was_allowed() -> None:
    assert REPORT.simulation is not None
    wrong = replace(REPORT.simulation, differing_pytorch=3)
    assert wrong.failures == [
        "3 of 32 simulated images are of another class than PyTorch's; --allow-differing 3 goes "
        "on nevertheless"
    ]
    assert len(replace(wrong, allowed=2).failures) == 1
    assert replace(wrong, allowed=3).failures == []


def test_a_tie_that_float32_rounds_is_told_and_no_failure() -> None:
    assert REPORT.simulation is not None
    ties = replace(REPORT.simulation, differing_pytorch=3, rounded_pytorch=3)
    assert ties.failures == []
    assert "3 (of which 3 are ties that float32 rounds) in class" in " ".join(
        shown(replace(REPORT, simulation=ties)).replace("│", " ").split())
    one = replace(ties, rounded_pytorch=2)
    assert [_classes_differing(each)[1] for each in (REPORT.simulation, ties, one)] == ["", "", BAD]
    assert one.failures[0].startswith("1 of 32 simulated images are of another class")
