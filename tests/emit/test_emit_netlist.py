"""Counting a netlist: scripts, cells, gates and carries of a small one written by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from boards.resources import Resources
from hw.emit import gates, synth
from hw.emit.known import ecp5
from hw.emit.known.ecp5 import FAMILY as ECP5
from hw.emit.place import Placement, fmax, phase
from hw.emit.tools import Failure

KEEP = ["a.conv", "a.dense"]


def cell(kind: str, parameters: dict[str, int] | None = None, **connections: Any) -> dict[str, Any]:
    binary = {name: f"{value:032b}" for name, value in (parameters or {}).items()}
    return {"type": kind, "parameters": binary, "connections": connections}


def module(*cells: dict[str, Any], **names: int) -> dict[str, Any]:
    return {
        "cells": {str(index): one for index, one in enumerate(cells)},
        "netnames": {name: {"bits": list(range(bits))} for name, bits in names.items()},
        "memories": {},
        "ports": {},
    }


def test_the_script_keeps_layers_and_widens_no_lut() -> None:
    text = synth.script(ECP5, ["part.v", "top.il"], KEEP)
    assert "read_verilog part.v\nread_rtlil top.il\nhierarchy -top top\n" in text
    assert "setattr -mod -set keep_hierarchy 1 top.a.conv\n" in text
    assert "synth_ecp5 -nowidelut -top top\n" in text


def test_a_carry_is_two_lut() -> None:
    cells = {"LUT4": 3, "CCU2C": 2, "TRELLIS_FF": 5, "DP16KD": 1, "TRELLIS_DPR16X4": 1}
    assert ecp5.resources(cells) == Resources(lut=13, ff=5, ebr=1)


def test_gates_are_counted_by_kind_and_layer(tmp_path: Path) -> None:
    sums = {"A_WIDTH": 3, "B_WIDTH": 3, "Y_WIDTH": 4}
    lanes = module(
        cell("$xor", {"Y_WIDTH": 6}, A=[2], B=[3]),
        cell("$add", sums, A=[2, 3, 4], B=[5, 6, 7]),
        cell("$add", sums, A=[2, 3, 4], B=["1", "0", "0"]),
        cell("$add", {"A_WIDTH": 4, "B_WIDTH": 1, "Y_WIDTH": 4}, A=[2, 3, 4, 5], B=[6]),
    )
    modules = {
        "top": module(cell("$xor", {"Y_WIDTH": 99})),
        "top.a.conv": module(),
        "top.a.conv.mvu": module(fire=2),
        "top.a.conv.mvu.lanes": lanes,
        "top.a.conv.pool": module(
            cell("$_OR_", A=[9], B=[8], Y=[0]),
            cell("$_AND_", A=[7], B=[6], Y=[1]),
            cell("$_OR_", A=[1], B=[5], Y=[2]),
            cell("$_AND_", A=[9], B=[8], Y=[20]),
            result=3,
        ),
        "top.a.conv.window": {
            **module(cell("$xor", {"Y_WIDTH": 99}), cell("$add", sums, A=[2], B=[3])),
            "memories": {"memory": {"width": 8, "size": 32}},
        },
        "top.a.sums.mvu": module(),
        "top.a.sums.narrower": module(),
        "top.a.bits.compare": module(cell("$sub", sums, A=[2, 3, 4], B=[5, 6, 7]), fire=3),
        "top.a.affine.affine": module(cell("$add", sums, A=[2, 3, 4], B=[5, 6, 7])),
        "top.a.dense.mvu": module(fire=2),
        "top.a.dense.scores": module(cell("$gt", {"Y_WIDTH": 1}), higher=1),
    }
    (tmp_path / gates.OPERATORS).write_text(json.dumps({"modules": modules}))
    keep = [*KEEP, "a.sums", "a.bits", "a.affine"]
    found = gates.count(gates.operators(tmp_path), keep)
    assert found["a.conv"] == {
        "XNOR": 6, "full adder": 3, "comparator": 2, "pool gate": 3, "flip-flop": 0,
        "memory bit": 256,
    }
    assert [found[layer]["comparator"] for layer in keep] == [2, 1, 0, 3, 0]
    assert [found[layer]["full adder"] for layer in keep] == [3, 0, 0, 0, 3]
    assert not (tmp_path / gates.OPERATORS).exists()


@pytest.mark.parametrize(("name", "signal"), [
    ("conv.mvu", "fire"), ("conv.pool", "result"), ("dense.scores", "higher")])
def test_a_signal_that_is_counted_and_not_there_is_an_error(
    tmp_path: Path, name: str, signal: str
) -> None:
    signals = {"conv.mvu": {"fire": 2}, "conv.pool": {"result": 1}, "dense.scores": {"higher": 1}}
    modules = {f"top.a.{each}": module(**bits if each != name else {"other": 1})
               for each, bits in signals.items()}
    (tmp_path / gates.OPERATORS).write_text(json.dumps({"modules": modules}))
    with pytest.raises(Failure, match=f"a.{name} has no signal {signal}, whose gates"):
        gates.count(gates.operators(tmp_path), KEEP)


def test_only_a_carry_that_drives_nothing_is_cut() -> None:
    made = module(
        cell("CCU2C", CIN=["0"], COUT=[10]),
        cell("CCU2C", CIN=[10], COUT=[11]),
        cell("CCU2C", CIN=["0"], COUT=[12]),
    )
    made["ports"] = {"carry": {"direction": "output", "bits": [12]}}
    assert ecp5.cut_carries({"top": made}) == 1
    cells = made["cells"]
    assert [one["connections"].get("COUT") for one in cells.values()] == [[10], None, [12]]


@pytest.mark.parametrize(("init", "d", "s", "beginning"), [
    pytest.param(0x0022, "1", 20, None, id="passes_none_on"),
    pytest.param(0x5AA5, "1", 20, "0", id="passes_one_on"),
    pytest.param(0x0022, 7, 20, "0", id="passes_one_on_at_times"),
    pytest.param(0x0022, "1", 12, "0", id="its_sum_is_read"),
])
def test_a_beginning_that_nothing_is_read_of_is_cut(
    init: int, d: int | str, s: int, beginning: str | None
) -> None:
    pins = {"CIN": ["0"], "COUT": [10], "D0": [d], "S0": [s]}
    made = module(cell("CCU2C", {"INIT0": init}, **pins), cell("CCU2C", CIN=[10], COUT=[12]))
    made["ports"] = {"out": {"direction": "output", "bits": [12]}}
    ecp5.cut_carries({"top": made})
    first, _ = made["cells"].values()
    assert first["connections"].get("CIN") == (beginning and [beginning])


def test_an_open_end_is_given_to_the_placer_as_a_constant_x() -> None:
    made = module(cell("CCU2C", COUT=[10]), cell("CCU2C", CIN=[10]), cell("LUT4", Z=[3]))
    ecp5.name_open_carries({"top": made})
    first, second, lut = (one["connections"] for one in made["cells"].values())
    assert (first["CIN"], first["COUT"]) == (["x"], [10])
    assert (second["CIN"], second["COUT"]) == ([10], ["x"])
    assert lut == {"Z": [3]}


def test_how_a_payload_lies_in_the_ports_is_told() -> None:
    made = module(
        i__payload=0, **{"o__payload$4": 0, "o__payload$9": 0, "o__valid": 0, "o__valid$3": 0}
    )
    made["ports"] = {
        "i__low": {"direction": "input", "bits": [2, 3]},
        "i__high": {"direction": "input", "bits": [4]},
        "o__payload$4": {"direction": "output", "bits": [7, 8]},
        "i__valid$7": {"direction": "output", "bits": [9]},
    }
    made["netnames"]["o__valid"]["bits"] = [11]
    made["netnames"]["o__valid$3"]["bits"] = [9]
    made["netnames"]["i__payload"]["bits"] = [4, 2, 3]
    made["netnames"]["o__payload$4"]["bits"] = [7, 8]
    made["netnames"]["o__payload$9"]["bits"] = [7, 8, "0"]
    assert synth.streams_of(made) == {
        "i3": [["i__high", 0], ["i__low", 0], ["i__low", 1]],
        "o2": [["o__payload$4", 0], ["o__payload$4", 1]],
        "o3": [["o__payload$4", 0], ["o__payload$4", 1], []],
        "valid": [["i__valid$7", 0]],
    }


def test_a_carry_end_of_nextpnr_s_own_goes_with_its_chain() -> None:
    cells = {
        "a.conv.sum$CCU2_COMB0": cell("TRELLIS_COMB", FCI=[5], FCO=[6]),
        "$nextpnr_CCU2C_0$CCU2_COMB0": cell("TRELLIS_COMB", FCO=[4]),
        "$nextpnr_CCU2C_0$CCU2_COMB1": cell("TRELLIS_COMB", FCI=[4], FCO=[5]),
        "a.dense.x": cell("DP16KD"),
        "a.denser.x": cell("TRELLIS_FF"),
        "led": cell("TRELLIS_IO"),
    }
    assert ecp5.count(cells, KEEP) == {
        "a.conv": Resources(lut=3),
        "a.dense": Resources(ebr=1),
        "rest": Resources(ff=1),
    }


def test_phases_are_named_as_they_begin() -> None:
    assert phase("Info: Creating initial analytic placement for 382 cells") == "placing"
    assert phase("Info: Routing globals...") == "routing clocks"
    assert phase("Info:     at iteration #1") is None
    assert synth.phase("7.47. Executing ABC9 pass.") == "covering logic with LUT4"


def test_a_missed_clock_says_what_was_reached_and_what_to_do() -> None:
    made = Placement(
        seed=2, tried=(1, 2, 3), asked=80e6, achieved=79.9e6,
        modules={"rest": Resources(lut=5)}, available=Resources(lut=10),
        constraint=80e6,
    )
    assert not made.met
    assert made.failures == [
        "the clock reaches 79.9 MHz of 80 with seeds 1, 2, 3; no bitstream was packed; "
        "give --clock 79, or a smaller --fill"
    ]


def test_fmax_is_of_the_clock_that_was_asked_for() -> None:
    oscillator = {"constraint": 25.0, "achieved": 300.0}
    made = {"constraint": 33.03, "achieved": 39.5}
    assert fmax({"clk25": oscillator, "clk": made}, 33e6) == 39.5e6
    assert fmax({"a": made, "b": made | {"achieved": 38.5}, "c": made}, 33e6) == 38.5e6


def test_a_clock_that_is_not_what_was_asked_for_is_not_taken_for_it() -> None:
    near = {"constraint": 105.0, "achieved": 130.0}
    with pytest.raises(Failure, match=r"no clock of 105\.36 MHz in nextpnr's report, only"):
        fmax({"clk": near}, 105_357_142.86)


def test_another_clock_must_meet_its_own_constraint() -> None:
    clocks = {"clk25": {"constraint": 25.0, "achieved": 24.0},
              "clk": {"constraint": 80.0, "achieved": 130.0}}
    with pytest.raises(Failure, match=r"clock clk25 reaches 24\.0 MHz of 25\.0"):
        fmax(clocks, 80e6)
