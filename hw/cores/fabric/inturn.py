"""Constants of the beats of a pixel, read as its beats pass through a pipeline that may stop."""

from collections.abc import Sequence

from amaranth import Module, Value

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores.fabric import rom
from hw.cores.fabric.rom import FEW, Rom, Table


def in_turn(
    m: Module, name: str, words: Sequence[int], width: int, *,
    index: Value, enable: Value, valid: Value,
) -> Value:  # fmt: skip
    """``words[index]``, a cycle of ``enable`` later; few of them live in LUTs, many in blocks.

    Blocks are read one word ahead: with each ``valid`` the index must be the next one, round and
    round, and none is in the first cycle after reset.
    """
    few = len(words) <= FEW
    if len(set(words)) == 1:
        words = words[:1]
    if few:
        m.submodules[name] = table = Table(width=width, words=words, home="lut")
        m.d.comb += [table.read.eq(enable), table.address.eq(index)]
        return table.data
    # Block memory has a register of its own behind it, if it is read in turn.
    m.submodules[name] = memory = Rom(width=width, words=words)
    m.d.comb += memory.step.eq(enable & valid)
    return memory.data


def resources(width: int, words: int, family: Family = ECP5) -> Resources:
    """Cost of so many words of so many bits that differ, with the register behind."""
    if words == 1:
        return Resources()
    home = rom.home(words)
    found = rom.resources(width, words, home, family)
    return found + Resources(ff=rom.registers(width, words, home, family))
