"""ECP5 in simulation: yosys' models, and ours of memories, products, the PLL and pins."""

from collections.abc import Mapping

from sim.models.fabric import Bits, Fabric, Part, Table, by_parameter

_UNUSED = {"0", "x"}


def _complete(cell: Part) -> None:
    """Connect an open carry input."""
    if cell["type"] == "CCU2C" and not cell["connections"].get("CIN"):
        cell["connections"]["CIN"] = ["1"]  # the value of an open pin on the device


def _uncovered(cell: Part) -> str:
    """The use of a DP16KD that its model does not cover; "" if there is none."""
    if cell["type"] != "DP16KD":
        return ""
    pins, options = cell["connections"], cell["parameters"]
    widths = [_number(options[f"DATA_WIDTH_{side}"]) for side in "AB" if _used(pins, side)]
    if 36 in widths and len(set(widths)) > 1:
        return f"ports of {widths[0]} and {widths[1]} bits"
    clocks = {tuple(pins[f"CLK{side}"]) for side in "AB" if _used(pins, side)}
    if len(clocks) > 1:
        return "two clocks"
    for side in "AB":
        if options.get(f"CLK{side}MUX", f"CLK{side}") != f"CLK{side}":
            return "an inverted clock"
        if options.get("RESETMODE", "SYNC") != "SYNC" and not _off(pins, f"RST{side}"):
            return "an asynchronous reset"
        late = options.get(f"REGMODE_{side}") == "OUTREG"
        if late and pins.get(f"CE{side}") != pins.get(f"OCE{side}"):
            return "an output register with an enable of its own"
    return ""


def _used(pins: Mapping[str, Bits], side: str) -> bool:
    return not _off(pins, f"CE{side}") and not _off(pins, f"CLK{side}")


def _off(pins: Mapping[str, Bits], pin: str) -> bool:
    return set(pins.get(pin) or ["0"]) <= _UNUSED


def _number(parameter: object) -> int:
    """A number of yosys' JSON, which is a text of binary digits."""
    return int(str(parameter), 2)


FABRIC = Fabric(
    models="ecp5.v",
    tables={"LUT4": Table(parameter="INIT", inputs=("A", "B", "C", "D"), output="Z")},
    direction=by_parameter("TRELLIS_IO", "DIR", {"INPUT": "INPUT", "OUTPUT": "OUTPUT"}),
    complete=_complete,
    uncovered=_uncovered,
)
