"""Blocks are read as the device reads them: every word, every pin, and no other way of use."""

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest

from boards.families import ECP5
from hw.cores.fabric.blockrom import rows
from hw.emit import blocks
from hw.emit.blocks import Unreadable, difference
from hw.emit.plain import Words

CLK, READ, ADDRESS, DATA = 2, 3, 10, 100


def memory(port: int, words: list[int]) -> dict[str, Any]:
    """A module of one block as yosys writes it, packed by the core."""
    deep = max(1, (len(words) - 1).bit_length())
    address = [ADDRESS + k for k in range(deep)]
    pins: dict[str, list[Any]] = {}
    parameters = {f"INITVAL_{k:02X}": f"{row:0320b}" for k, row in enumerate(rows(port, words))}
    for side in "AB"[: 1 + (port == 36)]:
        low = {36: 5, 18: 4, 9: 3, 4: 2, 2: 1, 1: 0}[port]
        bits = ["0"] * low + address + ["0"] * 14
        if port == 36:
            bits[4] = "01"["AB".index(side)]
        pins |= {f"AD{side}{k}": [bits[k]] for k in range(14)}
        pins |= {f"CLK{side}": [CLK], f"CE{side}": [READ], f"OCE{side}": [READ]}
        pins |= {f"{pin}{side}": ["0"] for pin in ("WE", "RST")}
        pins |= {f"CS{side}{k}": ["0"] for k in range(3)}
        first = DATA + 18 * "AB".index(side)
        pins |= {f"DO{side}{k}": [first + k] for k in range(18)}
        parameters |= {f"DATA_WIDTH_{side}": f"{min(port, 18):b}", f"REGMODE_{side}": "OUTREG"}
    return {
        "netnames": {
            "clk": {"bits": [CLK]}, "read": {"bits": [READ]}, "address": {"bits": address},
            "data": {"bits": [DATA + k for k in range(port)]},
        },
        "cells": {"block": {"type": "DP16KD", "parameters": parameters, "connections": pins}},
    }  # fmt: skip


def words(port: int, deep: int) -> list[int]:
    rng = random.Random(port)
    return [rng.getrandbits(port) for _ in range(deep)]


def held(port: int, values: list[int]) -> Words:
    return Words(core="here", width=port, words=tuple(f"{word:x}" for word in values))


@pytest.mark.parametrize(("port", "deep"), ECP5.blocks)
def test_every_word_of_every_mode_is_where_the_device_has_it(port: int, deep: int) -> None:
    values = words(port, deep)
    assert difference(memory(port, values), held(port, values)) is None


@pytest.mark.parametrize(("port", "deep"), ECP5.blocks)
def test_one_wrong_bit_of_a_block_is_found(port: int, deep: int) -> None:
    values = words(port, deep)
    at, place = deep * 2 // 3, port // 2
    wrong = [*values]
    wrong[at] ^= 1 << place
    bit = wrong[at] >> place & 1
    assert difference(memory(port, wrong), held(port, values)) == (
        f"bit {place} of word {at} is {bit}, and 1 of {deep} differ"
    )


FAULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "address pins swapped": lambda cell: swap(cell["connections"], "ADA4", "ADA5"),
    "data pins swapped": lambda cell: swap(cell["connections"], "DOA0", "DOA1"),
    "ports swapped": lambda cell: swap(cell["connections"], "ADA4", "ADB4"),
    "rows swapped": lambda cell: swap(cell["parameters"], "INITVAL_02", "INITVAL_03"),
    "never enabled": lambda cell: cell["connections"].update(CEA=["0"]),
    "another clock": lambda cell: cell["connections"].update(CLKB=[READ]),
    "written": lambda cell: cell["connections"].update(WEA=[READ]),
    "not selected": lambda cell: cell["connections"].update(CSA1=["1"]),
    "no output register": lambda cell: cell["parameters"].update(REGMODE_A="NOREG"),
    "another parameter": lambda cell: cell["parameters"].update(CSDECODE_A="0b111"),
    "a strange address": lambda cell: cell["connections"].update(ADA9=[READ]),
}


def swap(table: dict[str, Any], one: str, other: str) -> None:
    table[one], table[other] = table[other], table[one]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_block_that_is_packed_or_connected_wrongly_is_found(fault: str) -> None:
    values = words(36, 512)
    module = memory(36, values)
    FAULTS[fault](module["cells"]["block"])
    with contextlib.suppress(Unreadable):
        assert difference(module, held(36, values)) is not None


def test_modules_are_told_apart_in_the_text_of_a_design() -> None:
    text = 'attribute \\x 1\nmodule \\a\n  cell $not $1\n  end\nend\n\nmodule \\b\nend\n'
    assert [name for name, _ in blocks.texts(text)] == ["a", "b"]
    assert "".join(part for _, part in blocks.texts(text)).split() == text.split()
