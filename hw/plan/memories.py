"""What memories cost, and where the small ones live: embedded block RAM or LUTs.

Block memory is counted as yosys packs it; the rest is fitted to synthesised sizes.
"""

import math

from boards.board import Family
from boards.families import ECP5
from hw.plan.plan import Home, Resources, WeightsHome

SHALLOW, FEW = 32, 64
"""Words up to which a buffer, and constants, cost less in LUTs: an ECP5 of any size has a block
for about every 400 LUT4, and a block takes 36 bits of a word."""

_CELL = 16
"""Words of a distributed memory cell, and of a LUT4 that holds constants."""


def blocks(width: int, words: int, family: Family = ECP5) -> tuple[int, int]:
    """EBR of a memory, and how many of its rows are chosen from by logic.

    A memory deeper than a block is split into rows, and what is left of a wide row shares blocks
    with what is left of the others. yosys weighs a block as 128 and a bit chosen from as a half.
    """
    modes = ((bits, -(-words // deep)) for bits, deep in family.blocks)
    _, count, rows = min(
        (128 * count + width * (rows - 1) / 2, count, rows)
        for bits, rows in modes
        for count in (-(-rows * width // bits),)
    )
    return count, rows


def ram(width: int, words: int, home: Home, family: Family = ECP5) -> Resources:
    """A memory with one write and one read port, without the register behind."""
    in_lut = home == "lut" and (family.lut_memory or words <= 2)
    if not in_lut:
        count, rows = blocks(width, words, family)
        return Resources(lut=width * (rows - 1), ebr=count)
    if words <= 2:  # flip-flops
        return Resources(lut=width, ff=width * words)
    rows = -(-words // _CELL)
    return Resources(lut=round(5.2 * -(-width // 4) * rows + 0.9 * width * (rows - 1)))


def rom(width: int, words: int, home: Home, family: Family = ECP5) -> Resources:
    """Constants by address, as random as weights are, without the register behind."""
    if home == "block":
        count, rows = blocks(width, words, family)
        return Resources(lut=width * (rows - 1), ebr=count)
    if words <= _CELL:
        return Resources(lut=different(width, words))
    return Resources(lut=round(width * (2 * words / _CELL - 1)))


def rom_registers(width: int, words: int, home: Home, family: Family = ECP5) -> int:
    """Flip-flops behind constants: a block has its own, but for rows that logic chooses from, or
    its address has them; of words in LUTs every bit that differs has one."""
    if home == "block":
        return width if family.lut_memory and blocks(width, words)[1] > 1 else 0
    return registered(width, words)


def registered(width: int, words: int) -> int:
    """How many of ``width`` random columns of ``words`` bits need a flip-flop of their own: as
    `different`, but a complement does as well."""
    return _kinds(width, 2.0 ** min(words, 60) - 2)


def different(width: int, words: int) -> int:
    """How many of ``width`` random columns of ``words`` bits need a LUT4 of their own: a column
    that is constant does not, nor one that equals another or its complement."""
    return _kinds(width, 2.0 ** min(words - 1, 60) - 1)


def _kinds(draws: int, kinds: float) -> int:
    """How many of so many kinds so many draws find."""
    return round(kinds * -math.expm1(-draws / kinds)) if kinds else 0


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


def limits_words(classes: int, passes: int, turns: int) -> int:
    """Words of the limits of a matrix-vector unit: one for every border class, pass and turn, by
    address."""
    return classes << (passes - 1).bit_length() + (turns - 1).bit_length()


def limits_home(words: int) -> Home:
    """Where they live."""
    return "lut" if words <= FEW else "block"
