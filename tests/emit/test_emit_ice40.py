"""Logic cells of iCE40, as nextpnr packs them: of netlists written by hand."""

from typing import Any

import pytest

from boards.catalogue import BOARDS
from boards.resources import Resources
from hw.emit.families import FAMILIES, family
from hw.emit.known.ice40 import FAMILY as ICE40
from hw.emit.known.ice40 import count, mapped


def cell(kind: str, parameters: dict[str, str] | None = None, **pins: Any) -> dict[str, Any]:
    connections = {name: [net] for name, net in pins.items()}
    return {"type": kind, "parameters": parameters or {}, "connections": connections}


LUT = cell("SB_LUT4", I0=2, I1=3, I2=4, I3="0", O=10)


@pytest.mark.parametrize(("cells", "taken"), [
    ([LUT], 1),
    ([LUT, cell("SB_DFFE", D=10, E=5, C=6, Q=11)], 1),
    ([LUT, cell("SB_DFF", D=10, C=6, Q=11), cell("SB_DFF", D=10, C=6, Q=12)], 3),
    ([LUT, cell("SB_DFF", D=10, C=6, Q=11), cell("SB_LUT4", I0=10, O=12)], 3),
    ([cell("SB_DFF", D=2, C=6, Q=11)], 1),
    ([cell("SB_CARRY", I0=2, I1=3, CI=4, CO=9)], 1),
    ([cell("SB_CARRY", I0=2, I1=3, CI=4, CO=9), cell("SB_LUT4", I1=2, I2=3, I3=4, O=8)], 1),
    ([cell("SB_CARRY", I0=2, I1=3, CI=4, CO=9), cell("SB_LUT4", I1=2, I2=3, I3=5, O=8)], 2),
], ids=[
    "a LUT4", "with its flip-flop", "with two", "that drives more", "a flip-flop alone",
    "a carry alone", "with the LUT4 of its sum", "with the LUT4 of another",
])  # fmt: skip
def test_a_cell_is_shared_where_the_fabric_can(cells: list[dict[str, Any]], taken: int) -> None:
    found = mapped({str(k): each for k, each in enumerate(cells)})
    flip_flops = sum(each["type"].startswith("SB_DFF") for each in cells)
    assert found == Resources(lut=taken, ff=flip_flops)


def test_blocks_are_counted_whatever_their_clocks() -> None:
    cells = {"a": cell("SB_RAM40_4K"), "b": cell("SB_RAM40_4KNR"), "c": cell("SB_SPRAM256KA")}
    assert mapped(cells) == Resources(ebr=2)


def test_a_cell_of_nextpnr_s_own_goes_with_its_carry_chain() -> None:
    cells = {
        "a.conv.x_LC": cell("ICESTORM_LC", {"DFF_ENABLE": "1"}, CIN=5, COUT=6),
        "$nextpnr_ICESTORM_LC_0": cell("ICESTORM_LC", {"DFF_ENABLE": "0"}, COUT=5),
        "$nextpnr_ICESTORM_LC_1": cell("ICESTORM_LC", {"DFF_ENABLE": "0"}, COUT=9),
        "a.dense.x": cell("ICESTORM_RAM"),
        "a.denser.x_DFFLC": cell("ICESTORM_LC", {"DFF_ENABLE": "00000001"}),
        "led": cell("SB_IO"),
    }
    assert count(cells, ["a.conv", "a.dense"]) == {
        "a.conv": Resources(lut=2, ff=1),
        "a.dense": Resources(ebr=1),
        "rest": Resources(lut=2, ff=1),
    }


def test_every_board_s_family_has_its_tools() -> None:
    assert {family(board).name for board in BOARDS.values()} == set(FAMILIES)
    assert ICE40.bitstream == "design.bin"


def test_a_device_without_multipliers_is_not_asked_for_any() -> None:
    assert "-dsp" in family(BOARDS["icebreaker"]).synthesis[0]
    for name in ("hx8k_evn", "tinyfpga_bx"):
        assert "-dsp" not in family(BOARDS[name]).synthesis[0]
        assert not BOARDS[name].devices[BOARDS[name].default_variant].multipliers
