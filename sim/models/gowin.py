"""Gowin in simulation: yosys' models, and ours of memories, products, the PLL and output pins."""

from sim.models.fabric import Fabric, Part, Table

_BLOCKS = ("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B")

_PRODUCTS = ("MULT9X9", "MULT18X18", "MULT36X36")


def _direction(cell: Part) -> str | None:
    return "OUTPUT" if cell["type"] == "TBUF" else None if cell["type"] == "IOBUF" else ""


def _uncovered(cell: Part) -> str:
    """The use of a memory or a product that its model does not cover; "" if there is none."""
    pins, options = cell["connections"], cell["parameters"]
    if cell["type"] in _BLOCKS:
        if any("1" in options[name] for name in options if name.startswith("READ_MODE")):
            return "an output register"
        if any("1" in options[name] for name in options if name.startswith("BLK_SEL")):
            return "a selected block"
    if cell["type"] in _PRODUCTS:
        if any("1" in options[name] for name in options if name.endswith("_REG")):
            return "a register"
        if "1" in (*pins.get("ASEL", ()), *pins.get("BSEL", ())):
            return "a shifted factor"
    return ""


FABRIC = Fabric(
    models="gowin.v",
    tables={
        f"LUT{size}": Table(
            parameter="INIT", inputs=tuple(f"I{k}" for k in range(size)), output="F"
        )
        for size in (1, 2, 3, 4)
    },
    direction=_direction,
    uncovered=_uncovered,
)
