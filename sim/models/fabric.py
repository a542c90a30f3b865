"""The cells of a family in simulation, and the uses of them that are refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Part = dict[str, Any]
"""A module or a cell in yosys' JSON."""

Bits = list[int | str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A cell that is a table: the parameter with it, the inputs, lowest first, and the output."""

    parameter: str
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True, kw_only=True)
class Fabric:
    """How the cells of a family simulate.

    Parameters
    ----------
    models : file beside this one with our models. Of two modules with the same name Verilator takes
        the first, and these come before yosys'.
    tables : LUT cells by their type.
    direction : of a pin's buffer: INPUT or OUTPUT, "" for any other cell, None for another use.
    complete : gives a cell what yosys left open; None where there is nothing to give.
    uncovered : the use of a cell that its model does not cover; "" if there is none.
    """

    models: str
    tables: Mapping[str, Table]
    direction: Callable[[Part], str | None]
    complete: Callable[[Part], object] | None = None
    uncovered: Callable[[Part], str] | None = None


def by_parameter(
    kind: str, parameter: str, ways: Mapping[str, str]
) -> Callable[[Part], str | None]:
    """The ``direction`` where buffers of one type have it in a parameter."""

    def direction(cell: Part) -> str | None:
        if cell["type"] != kind:
            return ""
        return ways.get(cell["parameters"].get(parameter))

    return direction
