"""Constants that are read as beats pass: few by their index, many one word ahead."""

import pytest
from amaranth import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.cores.fabric.counter import counter
from hw.cores.fabric.inturn import in_turn, resources
from hw.cores.fabric.rom import FEW
from sim.cycles import cycles


class Turns(wiring.Component):
    """Words by a counter."""

    def __init__(self, words: list[int]) -> None:
        self._words = words
        super().__init__({"enable": In(1), "o": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        at = counter(m, "at", self.enable, len(self._words))
        word: Value = in_turn(
            m, "words", self._words, 8, index=at.value, enable=self.enable, valid=self.enable
        )
        m.d.comb += self.o.eq(word)
        return m


@pytest.mark.parametrize("count", [1, 3, FEW, FEW + 1])
def test_a_word_comes_a_cycle_after_its_index_and_waits(count: int) -> None:
    words = [7 * k % 251 for k in range(count)]
    given = [{"enable": 0}, *[{"enable": int(k % 3 != 1)} for k in range(3 * count + 3)]]
    rows = cycles(Turns(words), given, ["o"])
    at, expected = -1, []
    for row in given:
        expected.append(words[at % count] if at >= 0 or count == 1 else None)
        at += row["enable"]
    assert [row for (row,), known in zip(rows, expected, strict=True) if known is not None] == [
        known for known in expected if known is not None]


def test_words_that_are_all_the_same_are_no_memory() -> None:
    assert cycles(Turns([9] * (FEW + 5)), [{"enable": 1}] * 4, ["o"]) == [(9,)] * 4
    assert resources(8, 1).lut == 0 < resources(8, 4).lut
    assert resources(8, FEW).ebr == 0 < resources(8, FEW + 1).ebr
