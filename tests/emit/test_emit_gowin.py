"""Logic cells of Gowin, as nextpnr packs them: of netlists written by hand."""

from typing import Any

import pytest

from boards.resources import Resources
from hw.emit.known.gowin import FAMILY, count, mapped

OUTPUTS = ("F", "Q", "SUM", "COUT", "DO")


def cell(kind: str, **pins: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "connections": {name: [net] for name, net in pins.items()},
        "port_directions": {name: "output" if name in OUTPUTS else "input" for name in pins},
    }


LUT = cell("LUT3", I0=2, I1=3, I2=4, F=10)
ADD = cell("ALU", I0=2, I1=3, CIN="x", SUM=20, COUT=30)


@pytest.mark.parametrize(("cells", "taken"), [
    ([LUT], 1),
    ([LUT, cell("DFFRE", D=10, CE=5, CLK=6, RESET=7, Q=11)], 1),
    ([LUT, cell("DFF", D=10, CLK=6, Q=11), cell("DFF", D=10, CLK=6, Q=12)], 3),
    ([LUT, cell("DFF", D=10, CLK=6, Q=11), cell("LUT1", I0=10, F=12)], 3),
    ([cell("DFF", D=2, CLK=6, Q=11)], 1),
    ([ADD], 2),
    ([ADD, cell("ALU", I0=2, I1=3, CIN=30, SUM=21, COUT=31)], 4),
    ([ADD, cell("ALU", I0=2, I1=3, CIN="x", SUM=21, COUT=31)], 4),
    ([ADD, cell("DFF", D=20, CLK=6, Q=11)], 2),
    ([cell("RAM16SDP4", CLK=6, WRE=7, DO=8)], 3),
], ids=[
    "a LUT", "with its flip-flop", "with two", "that drives more", "a flip-flop alone",
    "a bit of an addition and what begins it", "two, made even", "two additions",
    "with its flip-flop behind", "a memory of one bit",
])  # fmt: skip
def test_a_cell_is_shared_where_the_fabric_can(cells: list[dict[str, Any]], taken: int) -> None:
    found = mapped({str(k): each for k, each in enumerate(cells)})
    flip_flops = sum(each["type"].startswith("DFF") for each in cells)
    assert found == Resources(lut=taken, ff=flip_flops)


def test_blocks_are_counted_as_yosys_and_as_nextpnr_call_them() -> None:
    kinds = ("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "SDP", "DP", "MULT18X18")
    assert mapped({kind: cell(kind) for kind in kinds}) == Resources(ebr=8)


def test_placed_cells_are_counted_with_their_layer() -> None:
    cells = {
        "a.conv.x_LUT4_F": cell("LUT4"), "a.conv.q_DFF_Q": cell("DFFSE"),
        "a.conv.q_DFF_Q_passthrough_lut$": cell("LUT4"), "a.conv.words": cell("RAM16SDP4"),
        "a.dense.words": cell("SDP"), "a.denser.x": cell("ALU"), "vcc": cell("GOWIN_VCC"),
    }
    assert count(cells, ["a.conv", "a.dense"]) == {
        "a.conv": Resources(lut=4, ff=1),
        "a.dense": Resources(ebr=1),
        "rest": Resources(lut=1),
    }


def test_the_netlist_that_nextpnr_writes_is_the_configuration() -> None:
    assert FAMILY.configure == () and FAMILY.configuration in FAMILY.pack
