"""The board matrix: rows that are kept, the table of them, and what fits each board."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import boards as matrix
from benchmarks.boards import BUILT, FITTED, KEPT, PAGE, Largest, Row, read, section, table, weights
from benchmarks.measurement import Design, Seed
from boards.board import Board
from boards.catalogue import BOARDS, board
from boards.resources import Resources
from hw.build import COMMAND
from hw.emit.energy import Energy
from hw.emit.report import Simulation
from hw.network.fold import fold
from hw.network.network import Network
from sim.random_networks import random_checkpoint

DESIGN = Design(
    device="LFE5U-85F", clock=8e7, interval=100, latency=300, layers=(),
    estimate=Resources(lut=1000, ff=900, ebr=4), available=Resources(lut=2000, ff=2000, ebr=8),
    energy=Energy(paper=1e-9, counter=2e-9), synthesis=3.0,
    simulation=Simulation(source="", images=16, differing=0, differing_pytorch=0, correct=None,
                          latency_cycles=300, cycles_per_frame=125.0),
    seeds=(Seed(seed=1, achieved=7e7, cells=Resources(lut=1200, ff=950, ebr=4), seconds=9.0),),
)
ROW = Row(board="ulx3s", variant="85F", network="small", command="", commit=None, tools={},
          design=DESIGN, failure=None, largest=Largest(network="lfc", weights=9, rate=12_345.6))


def test_a_row_is_read_as_it_was_kept(tmp_path: Path) -> None:
    ROW.save(tmp_path)
    assert read("small", "ulx3s", tmp_path) == ROW
    assert read("small", "ecpix5", tmp_path) is None


def test_the_table_has_the_figures_that_were_measured() -> None:
    made, failed = table([ROW, replace(ROW, board="icebreaker", variant="UP5K", design=None,
                                       failure="no room", largest=None)]).splitlines()[2:]
    assert made == ("| ulx3s | LFE5U-85F | small | 1,200 (60%) | 4 (50%) | 80, 70.0 MHz (NOT met) |"
                    " 560,000 | 0 of 16 | lfc, 12,346 |")
    assert failed.startswith("| icebreaker | iCE40UP5K-SG48 | small | not built: no room |")
    assert failed.endswith("| none |")


def test_boards_that_are_not_measured_are_named() -> None:
    assert section([ROW], ["icebreaker"]).endswith("\nNot measured yet: icebreaker.\n")
    assert "Not measured" not in section([ROW], [])


def test_the_page_has_every_row_that_is_kept() -> None:
    rows = [row for name in BOARDS for network in BUILT if (row := read(network, name, KEPT))]
    assert rows
    assert table(rows) in PAGE.read_text()


@pytest.mark.parametrize("network", BUILT)
def test_the_command_of_a_row_is_one_that_hw_build_takes(network: str) -> None:
    words = ["--checkpoint", "net.pt", "--board", "ulx3s", *matrix.OPTIONS.get(network, ())]
    assert COMMAND.parser().parse_args(words).board == "ulx3s"


def test_the_largest_that_fits_is_found_once_for_boards_with_one_device(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two networks, of which the larger one has no room in a device of a hundredth."""
    networks = {"a": fold(random_checkpoint(3)), "b": fold(random_checkpoint(5))}
    small, large = sorted(networks, key=lambda name: weights(networks[name]))
    planned = []

    def plan(network: Network, on: Board, **options: object) -> object:
        planned.append(on.name)
        return made(network, on, **options)

    made = matrix.plan
    monkeypatch.setattr(matrix, "plan", plan)
    monkeypatch.setattr(matrix, "FITTED", networks)
    monkeypatch.setattr(matrix, "folded", networks.__getitem__)
    known: dict = {}
    found = [matrix.largest(board(name), known) for name in ("icebreaker", "icebreaker_bitsy")]
    assert found[0] == found[1] and found[0].network == large and planned == ["icebreaker"]
    device = board("icebreaker").devices["UP5K"]
    tiny = replace(board("icebreaker"), devices={"UP5K": replace(device, lut=10, ff=10)})
    assert matrix.largest(tiny, {}) is None
    assert small != large


def test_the_networks_that_are_tried_are_those_of_the_page() -> None:
    page = PAGE.read_text()
    assert all(name in page for name in FITTED)
