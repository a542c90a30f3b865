"""Devices that several boards have, with their capacities."""

from boards.board import Device
from boards.families import ECP5, GATEMATE, GOWIN, ICE40, ICE40_LP_HX


def ecp5(name: str) -> Device:
    """An ECP5 by its name without speed and package, such as ``LFE5U-25F``."""
    lut, ebr, multipliers = _ECP5[name.rpartition("-")[2]]
    # An ECP5 slice pairs each LUT4 with one flip-flop.
    return Device(name=name, family=ECP5, lut=lut, ff=lut, ebr=ebr, multipliers=multipliers)


_ECP5 = {
    # Sold as 12,000 LUTs, but it is the 25F's die and the open tools use all of it.
    "12F": (24_288, 56, 28),
    "25F": (24_288, 56, 28),
    "45F": (43_848, 108, 72),
    "85F": (83_640, 208, 156),
}
"""LUT4, blocks of 18 kbit and multipliers, in LFE5U and LFE5UM5G: Lattice FPGA-DS-02012, table 1.1.
"""

UP5K = Device(name="iCE40UP5K-SG48", family=ICE40, lut=5_280, ff=5_280, ebr=30, multipliers=8)
"""Lattice FPGA-DS-02008, table 1.1: logic cells of a LUT4 with a flip-flop, 4 kbit blocks, blocks
that multiply."""

HX8K, LP8K = (
    Device(name=name, family=ICE40_LP_HX, lut=7_680, ff=7_680, ebr=32)
    for name in ("iCE40HX8K-CT256", "iCE40LP8K-CM81")
)
"""Lattice FPGA-DS-02029, table 1.1: logic cells, 4 kbit blocks; no blocks that multiply."""

GW1NR_9C = Device(name="GW1NR-9C", family=GOWIN, lut=8_640, ff=6_480, ebr=26, multipliers=20)
"""Gowin DS117 and nextpnr's database, which agree. Two in eight LUT4 have no flip-flop."""

GW2AR_18C = Device(name="GW2AR-18C", family=GOWIN, lut=20_736, ff=15_552, ebr=46, multipliers=48)
"""Gowin DS226 and nextpnr's database, which agree. Two in eight LUT4 have no flip-flop."""

CCGM1A1 = Device(name="CCGM1A1", family=GATEMATE, lut=40_960, ff=40_960, ebr=64)
"""Cologne Chip DS1001 and nextpnr's database: 20,480 cells of two halves with a flip-flop, and 32
blocks of 40 kbit, each two of 20."""
