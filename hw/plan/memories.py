"""What memories cost, and where the small ones live: embedded block RAM or LUTs.

Block memory is counted as yosys packs it; the rest is fitted to synthesised sizes.
"""

import math

from hw.plan.plan import Home, Resources, WeightsHome

SHALLOW, FEW = 32, 64
"""Words up to which a buffer, and constants, cost less in LUTs: an ECP5 of any size has a block
for about every 400 LUT4, and a block takes 36 bits of a word."""

_MODES = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
"""Bits of a port and words of an 18 kbit block: Lattice FPGA-TN-02204, table 4."""

_CELL = 16
"""Words of a distributed memory cell, and of a LUT4 that holds constants."""


def blocks(width: int, words: int) -> tuple[int, int]:
    """EBR of a memory, and how many of its rows are chosen from by logic.

    A memory deeper than a block is split into rows, and what is left of a wide row shares blocks
    with what is left of the others; of equal block counts yosys takes the fewest rows.
    """
    return min(
        (-(-rows * width // bits), rows)
        for bits, deep in _MODES
        for rows in (-(-words // deep),)
    )


def ram(width: int, words: int, home: Home) -> Resources:
    """A memory with one write and one read port, without the register behind."""
    if home == "block":
        count, rows = blocks(width, words)
        return Resources(lut=width * (rows - 1), ebr=count)
    if words <= 2:  # flip-flops
        return Resources(lut=width, ff=width * words)
    rows = -(-words // _CELL)
    return Resources(lut=round(5.2 * -(-width // 4) * rows + 0.9 * width * (rows - 1)))


def rom(width: int, words: int, home: Home) -> Resources:
    """Constants by address, as random as weights are, without the register behind."""
    if home == "block":
        count, rows = blocks(width, words)
        return Resources(lut=width * (rows - 1), ebr=count)
    if words <= _CELL:
        return Resources(lut=different(width, words))
    return Resources(lut=round(width * (2 * words / _CELL - 1)))


def rom_registers(width: int, words: int, home: Home) -> int:
    """Flip-flops behind constants: a block has its own, but for rows that logic chooses from; of
    words in LUTs every bit that differs has one."""
    if home == "block":
        return width if blocks(width, words)[1] > 1 else 0
    return different(width, words)


def different(width: int, words: int) -> int:
    """How many of ``width`` random columns of ``words`` bits need a LUT4 of their own: a column
    that is constant does not, nor one that equals another or its complement."""
    kinds = 2.0 ** min(words - 1, 60) - 1
    return round(kinds * -math.expm1(-width / kinds)) if kinds else 0


def buffer_home(words: int, wanted: Home) -> Home:
    """Where a window's buffer lives: a shallow one always in LUTs."""
    return "lut" if words <= SHALLOW else wanted


def weights_homes(words: int) -> tuple[WeightsHome, ...]:
    """Where weights may live: a single word in logic, few in LUTs, a LUT4 for 16 at least, many in
    blocks."""
    if words == 1:
        return ("logic",)
    if words <= _CELL:
        return ("lut",)
    return ("block", "lut") if words <= FEW else ("block",)


def limits_home(words: int) -> Home:
    """Where the limits of a matrix-vector unit live, a word for every border class and pass."""
    return "lut" if words <= FEW else "block"
