"""Cells of a netlist given other parameters, before it is placed or after."""

from collections.abc import Mapping
from typing import Any

Settings = Mapping[str, Mapping[str, str]]
"""Parameters by their names, by the path of their cell."""

PLACED = ("", "_LC", "_PLL")
"""What nextpnr puts behind the name of a cell that it packs."""

CALLED = {"INIT": ("INIT", "LUT_INIT", "INITVAL")}
"""Names of a parameter in the cells of families and of nextpnr."""


def retune(cells: Mapping[str, Any], settings: Settings) -> None:
    """Set parameters of cells by name, as yosys or nextpnr writes them.

    Raises
    ------
    ValueError
        There is no such cell or parameter, or it had a value of another length.
    """
    for path, parameters in settings.items():
        names = [path + behind for behind in PLACED if path + behind in cells]
        if len(names) != 1:
            raise ValueError(f"the netlist has {len(names)} cells {path}")
        has = cells[names[0]]["parameters"]
        for name, value in parameters.items():
            called = [each for each in CALLED.get(name, (name,)) if each in has]
            if len(called) != 1 or len(has[called[0]]) != len(value):
                raise ValueError(f"the cell {names[0]} takes no {name} of {len(value)} bits")
            has[called[0]] = value
