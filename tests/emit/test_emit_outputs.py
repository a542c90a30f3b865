"""Registers behind block memories become the memories' own, and only where that changes nothing."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from hw.emit import outputs

Module = dict[str, Any]


def memory(width: int, given: dict[str, int], **pins: list[int | str]) -> dict[str, Any]:
    """A memory whose sides have ports of one width, with the nets that it gives by pin."""
    always = {f"{pin}{side}": [bit] for side in "AB"
              for pin, bit in (("CE", "1"), ("RST", "0"), ("CLK", 1), ("OCE", "0"))}  # fmt: skip
    connections: dict[str, Any] = always | {pin: [net] for pin, net in given.items()} | pins
    parameters = {f"DATA_WIDTH_{side}": f"{width:b}" for side in "AB"}
    parameters |= {f"REGMODE_{side}": "NOREG" for side in "AB"}
    parameters |= {f"CLK{side}MUX": f"CLK{side}" for side in "AB"}
    return {
        "type": "DP16KD", "parameters": parameters, "attributes": {}, "connections": connections,
        "port_directions": {
            pin: "output" if pin.startswith("DO") else "input" for pin in connections
        },
    }  # fmt: skip


def register(taken: int, given: int) -> dict[str, Any]:
    pins: dict[str, list[int | str]] = {"CLK": [1], "DI": [taken], "LSR": ["0"], "Q": [given]}
    return {
        "type": "TRELLIS_FF", "attributes": {}, "connections": pins,
        "parameters": {"CEMUX": "1 ", "CLKMUX": "CLK", "REGSET": "RESET", "GSR": "DISABLED"},
        "port_directions": {pin: "output" if pin == "Q" else "input" for pin in pins},
    }  # fmt: skip


def narrow() -> Module:
    """A memory that gives two bits at side B, each into a register; a third goes nowhere."""
    return {
        "ports": {"o": {"direction": "output", "bits": [20, 21]}},
        "cells": {
            "memory": memory(4, {"DOB0": 10, "DOB1": 11, "DOB2": 12}),
            "first": register(10, 20), "second": register(11, 21),
        },
    }  # fmt: skip


def wide() -> Module:
    """A memory of 36 bits that gives one at either side."""
    return {
        "ports": {"o": {"direction": "output", "bits": [20, 21]}},
        "cells": {
            "memory": memory(36, {"DOA0": 10, "DOB1": 11}),
            "first": register(10, 20), "second": register(11, 21),
        },
    }  # fmt: skip


def test_all_registers_behind_a_port_become_the_memory_s_own() -> None:
    made = narrow()
    assert outputs.absorb({"top": made}) == 2
    (cell,) = made["cells"].values()
    pins, parameters = cell["connections"], cell["parameters"]
    assert (pins["DOB0"], pins["DOB1"], pins["DOB2"]) == ([20], [21], [12])
    assert (parameters["REGMODE_A"], parameters["REGMODE_B"]) == ("NOREG", "OUTREG")
    assert (pins["OCEA"], pins["OCEB"]) == (["0"], ["1"])


def test_a_port_of_both_sides_has_both_registers() -> None:
    made = wide()
    assert outputs.absorb({"top": made}) == 2
    (cell,) = made["cells"].values()
    pins, parameters = cell["connections"], cell["parameters"]
    assert (pins["DOA0"], pins["DOB1"]) == ([20], [21])
    assert {parameters[f"REGMODE_{side}"] for side in "AB"} == {"OUTREG"}
    assert pins["OCEA"] == pins["OCEB"] == ["1"]


def _pins(name: str, **pins: list[int | str]) -> Callable[[Module], None]:
    return lambda module: module["cells"][name]["connections"].update(pins)


def _parameters(name: str, **parameters: str) -> Callable[[Module], None]:
    return lambda module: module["cells"][name]["parameters"].update(parameters)


def _read_twice(module: Module) -> None:
    module["cells"]["third"] = register(10, 30)


def _read_outside(module: Module) -> None:
    module["ports"]["o"]["bits"].append(11)


def _read_by_logic(module: Module) -> None:
    module["cells"]["second"] |= {"type": "LUT4"}


CHANGES = {
    "a word that two registers read": _read_twice,
    "a word that leaves the module": _read_outside,
    "a word that logic reads": _read_by_logic,
    "a register with an enable": _parameters("first", CEMUX="CE"),
    "a register with a reset": _pins("first", LSR=[5]),
    "a register that begins with 1": _parameters("first", REGSET="SET"),
    "a register of another clock": _pins("first", CLK=[2]),
    "a register of the other edge": _parameters("first", CLKMUX="INV"),
    "a memory that waits": _pins("memory", CEB=[5]),
    "a memory that is reset": _pins("memory", RSTB=[5]),
    "a memory with a register": _parameters("memory", REGMODE_B="OUTREG"),
    "a memory of the other edge": _parameters("memory", CLKBMUX="INV"),
}


@pytest.mark.parametrize("made", [narrow, wide])
@pytest.mark.parametrize("change", CHANGES)
def test_what_would_differ_stays(change: str, made: Callable[[], Module]) -> None:
    module = made()
    CHANGES[change](module)
    before = copy.deepcopy(module)
    assert outputs.absorb({"top": module}) == 0
    assert module == before


def test_a_port_of_both_sides_has_one_clock() -> None:
    module = wide()
    _pins("memory", CLKA=[2])(module)
    assert outputs.absorb({"top": module}) == 0


def test_a_memory_of_which_nothing_is_read_stays() -> None:
    module = {"ports": {}, "cells": {"memory": memory(4, {"DOB0": 10})}}
    before = copy.deepcopy(module)
    assert outputs.absorb({"top": module}) == 0
    assert module == before
