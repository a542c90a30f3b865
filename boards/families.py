"""The families of devices, with the shapes of their memory blocks."""

from dataclasses import replace

from boards.board import Family

ECP5 = Family(
    name="ecp5",
    # Lattice FPGA-TN-02204, table 4.
    blocks=((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384)),
    lut_memory=True,
    named_sums=True,
    # Flip-flops of a slice have inputs of their own.
    cells=(1.0, 0.0),
    few_registers=False,
    # MULT18X18D: Lattice FPGA-TN-02205.
    multiplier=18,
)

ICE40 = Family(
    name="ice40",
    # Lattice FPGA-TN-02002, table 1.
    blocks=((16, 256), (8, 512), (4, 1024), (2, 2048)),
    lut_memory=False,
    named_sums=False,
    # Fitted to synthesised stages: `benchmarks.cells`.
    cells=(0.77, 0.70),
    few_registers=True,
    # SB_MAC16: Lattice FPGA-TN-02007.
    multiplier=16,
)

ICE40_LP_HX = replace(ICE40, multiplier=0)
"""The older devices of iCE40, LP and HX, with the same tools. Lattice FPGA-DS-02029, table 1.1."""

GOWIN = Family(
    name="gowin",
    # Gowin UG285, for GW1N and GW2A.
    blocks=((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384)),
    lut_memory=True,
    named_sums=False,
    # Fitted to synthesised stages: `benchmarks.cells`.
    cells=(0.91, 0.64),
    few_registers=False,
    # MULT18X18: Gowin UG287.
    multiplier=18,
)

GATEMATE = Family(
    name="gatemate",
    # Cologne Chip DS1001, block RAM: halves of 20 kbit, simple dual-port.
    blocks=((40, 512), (20, 1024), (10, 2048), (5, 4096), (2, 8192), (1, 16384)),
    lut_memory=False,
    named_sums=False,
    # Fitted to synthesised stages: `benchmarks.cells`.
    cells=(0.92, 1.01),
    few_registers=False,
    # There are no blocks that multiply.
    multiplier=0,
)
