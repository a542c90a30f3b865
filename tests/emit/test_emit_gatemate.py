"""Halves of GateMate's logic cells, as nextpnr packs them: of netlists written by hand."""

from typing import Any

import pytest

from boards.resources import Resources
from hw.emit.known.gatemate import count, mapped

OUTPUTS = ("O", "Y", "Q", "S", "CO", "A_DO")


def cell(kind: str, place: str = "", **pins: Any) -> dict[str, Any]:
    bits = {name: net if isinstance(net, list) else [net] for name, net in pins.items()}
    return {
        "type": kind,
        "connections": bits,
        "port_directions": {name: "output" if name in OUTPUTS else "input" for name in pins},
        "attributes": {"NEXTPNR_BEL": place},
    }


TREE = cell("CC_L2T4", I0=2, I1=3, O=10)
ADD = cell("CC_ADDF", A=2, B=3, CI="0", S=20, CO=30)


@pytest.mark.parametrize(("cells", "taken"), [
    ([TREE], 1),
    ([TREE, cell("CC_DFF", D=10, CLK=6, Q=11)], 1),
    ([TREE, cell("CC_DFF", D=10, CLK=6, Q=11), cell("CC_LUT1", I0=10, O=12)], 3),
    ([cell("CC_DFF", D=2, CLK=6, Q=11)], 1),
    ([cell("CC_L2T5", O=10)], 2),
    ([cell("CC_MX4", Y=10), cell("CC_DFF", D=10, CLK=6, Q=11)], 2),
    ([ADD], 3),
    ([ADD, cell("CC_ADDF", A=2, B=3, CI=30, S=21, CO=31)], 3),
], ids=[
    "a tree", "with its flip-flop", "that drives more", "a flip-flop alone", "a tree of five",
    "a choice of four with its flip-flop", "an addition of a bit, made even", "of two bits",
])  # fmt: skip
def test_a_half_is_shared_where_the_fabric_can(cells: list[dict[str, Any]], taken: int) -> None:
    found = mapped({str(k): each for k, each in enumerate(cells)})
    flip_flops = sum(each["type"] == "CC_DFF" for each in cells)
    assert found == Resources(lut=taken, ff=flip_flops)


def test_what_brings_nets_to_a_block_is_counted() -> None:
    pins = {"A_ADDR": ["0", 2, 3], "A_DI": [4], "A_WE": 5, "A_CLK": 6, "B_EN": "1", "A_DO": [7]}
    assert mapped({"a": cell("CC_BRAM_20K", **pins)}) == Resources(lut=8, ebr=1)
    assert mapped({"a": cell("CC_BRAM_40K")}) == Resources(ebr=2)


def test_placed_halves_are_counted_with_their_layer() -> None:
    cells = {
        "a.conv.x": cell("CPE_L2T4", "X1Y2/CPE_LT_L"), "a.conv.y": cell("CPE_FF", "X1Y2/CPE_FF_U"),
        "a.dense.sum": cell("CPE_ADDF2", "X1Y3/CPE_LT_FULL"), "tx": cell("CPE_OBUF", "X0Y1/GPIO"),
        "a.conv.words$ADDRA0[3]_ramo": cell("CPE_RAMO", "X5Y5/CPE_RAMIO_L", RAM_O=5),
        "a.dense.words$DOA[0]_rami": cell("CPE_RAMI", "X5Y6/CPE_RAMIO_L", RAM_I=6),
        "$ram$merged$id0": cell("RAM", "X5Y5/RAM", ADDRA0=5, DOA=6),
        "b.words$full": cell("RAM", "X5Y9/RAM"),
    }
    assert count(cells, ["a.conv", "a.dense"]) == {
        "a.conv": Resources(lut=1, ff=1, ebr=1),
        "a.dense": Resources(lut=2, ebr=1),
        "rest": Resources(ebr=2),
    }
