"""A build's files do not depend on its folder, its time and its user."""

from pathlib import Path

import pytest

from benchmarks.reproducible import BOARDS, MADE, built, compared, surroundings
from sim.roads import OUT, ROADS, copy

SIMULATED = {"simulation.json", "answers.npy", "shown.npz", "netlist.json", "proofs.json"}
"""Files of simulations and proofs, which the road has and the other build has not."""


def test_two_surroundings_make_the_same_bitstream(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The road is a build in a usual environment; the other one is in an unusual one."""
    assert set(BOARDS["icebreaker"]) <= set(ROADS["icebreaker"].options)
    road = copy("icebreaker", tmp_path_factory.getbasetemp(), tmp_path / "road") / OUT
    _, far = surroundings(tmp_path)
    equal = compared(road, built(far, "icebreaker"))
    assert {Path(name).name for name, same in equal.items() if not same} <= SIMULATED
    assert {*MADE, "design.bin"} <= {*equal}


def test_a_file_that_differs_or_is_missing_is_told(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "same").write_text("x")
        (folder / "report.json").write_text(str(folder))
        (folder / "design.bit").write_text(str(folder))
    (one / "alone").write_text("x")
    assert compared(one, other) == {"same": True, "design.bit": False, "alone": False}
