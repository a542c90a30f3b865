"""Registers are counted on every way through a netlist, and what is no register is not one."""

from typing import Any

import pytest

from hw.emit.pipeline import Foreign, Registers, registers


def module(*cells: tuple[str, dict[str, int]]) -> dict[str, Any]:
    """Inputs clk = 2 and i = 3, 4; the output is 9."""
    return {
        "ports": {
            "clk": {"direction": "input", "bits": [2]},
            "i": {"direction": "input", "bits": [3, 4]},
            "o": {"direction": "output", "bits": [9]},
        },
        "cells": {
            f"cell{k}": {"type": kind, "connections": {pin: [bit] for pin, bit in pins.items()}}
            for k, (kind, pins) in enumerate(cells)
        },
    }


def dff(d: int, q: int, clock: int = 2) -> tuple[str, dict[str, int]]:
    return "$_DFF_P_", {"C": clock, "D": d, "Q": q}


def both(a: int, b: int, y: int) -> tuple[str, dict[str, int]]:
    return "$_AND_", {"A": a, "B": b, "Y": y}


@pytest.mark.parametrize(
    ("cells", "count", "stages"),
    [
        ([both(3, 4, 9)], 0, (0, 0)),
        ([dff(3, 5), dff(4, 6), both(5, 6, 7), dff(7, 9)], 3, (2, 2)),
        ([dff(3, 5), both(5, 4, 9)], 1, (0, 1)),
        ([dff(3, 5), dff(5, 6), both(6, 4, 7), dff(7, 9)], 3, (1, 3)),
        ([both(3, 9, 5), dff(5, 9)], 1, None),
    ],
)
def test_registers_are_counted_on_the_shortest_and_the_longest_way(
    cells: list[tuple[str, dict[str, int]]], count: int, stages: tuple[int, int] | None
) -> None:
    assert registers(module(*cells)) == Registers(count=count, stages=stages)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (("$_DFF_N_", {"C": 2, "D": 3, "Q": 9}), "kind \\$_DFF_N_"),
        (("$_DLATCH_P_", {"E": 2, "D": 3, "Q": 9}), "kind \\$_DLATCH_P_"),
        (("DP16KD", {"CLKA": 2}), "kind DP16KD"),
        (dff(3, 9, clock=4), "not clocked by clk"),
    ],
)
def test_what_is_no_register_of_the_clock_is_named(
    cell: tuple[str, dict[str, int]], says: str
) -> None:
    with pytest.raises(Foreign, match=says):
        registers(module(cell))
