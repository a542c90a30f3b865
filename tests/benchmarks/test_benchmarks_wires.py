"""Wires of a placed layer: trees between pins, sums by name, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import wires
from hw.build import main as build


def cell(place: str, **pins: tuple[str, int]) -> dict[str, Any]:
    """A cell at a place, with the direction and the net of each pin."""
    return {
        "attributes": {"NEXTPNR_BEL": place} if place else {},
        "connections": {pin: [net] for pin, (_, net) in pins.items()},
        "port_directions": {pin: way for pin, (way, _) in pins.items()},
    }  # fmt: skip


@pytest.mark.parametrize(("places", "tiles"), [
    ([(3, 4)], 0), ([(3, 4), (3, 4)], 0), ([(1, 1), (4, 5)], 7),
    # Through the middle, not from the first to each.
    ([(0, 0), (10, 0), (5, 0), (10, 3)], 13),
])
def test_a_tree_joins_all_places_by_the_shortest_lines(
    places: list[tuple[int, int]], tiles: int
) -> None:
    assert wires.tree(places) == tiles


def test_nets_of_a_name_are_one_row_and_the_longest_is_first() -> None:
    module = {
        "cells": {
            "a": cell("X1/Y1/SLICEA.LUT0", Z=("output", 10)),
            "b": cell("X1/Y4/SLICEB.FF1", Q=("output", 11), CLK=("input", 1)),
            "c": cell("X9/Y1/SLICEA.LUT0", A=("input", 10), B=("input", 11), Z=("output", 12)),
            "d": cell("X9/Y2/SLICEA.LUT0", A=("input", 10), C=("input", 12), FCI=("input", 11)),
            "clock": cell("X0/Y0/DCC", CLKO=("output", 1)),
            "nowhere": cell("", A=("input", 12)),
        },
        "netnames": {
            "sum[3]": {"bits": [10]}, "sum12": {"bits": [11]}, "clk": {"bits": [1]},
            "carry": {"bits": [12]},
        },
    }  # fmt: skip
    found = wires.wires(module)
    assert [(one.name, one.nets, one.pins, one.tiles) for one in found] == [
        ("sum*", 2, 3, 9 + 11), ("carry", 1, 1, 1),
    ]
    shown = wires.table(found)
    assert list(shown.columns[3].cells) == ["20", "1", "21"]


def test_a_folder_without_a_plan_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wires.main([str(tmp_path), "--layer", "conv1"]) == 2
    assert "no build folder with a plan.json" in capsys.readouterr().err


def test_a_layer_that_is_not_there_is_refused_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = Path(__file__).parents[2] / "examples" / "mnist" / "net.pt"
    assert build(["--checkpoint", str(example), "--board", "ulx3s", "--stop-after", "plan",
                  "--out", str(tmp_path / "out")]) == 0  # fmt: skip
    assert wires.main([str(tmp_path / "out"), "--layer", "conv9"]) == 2
    assert "--layer conv9: the layers are conv" in capsys.readouterr().err
