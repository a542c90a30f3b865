"""The input table: every byte of every channel becomes its entry, a cycle later."""

import random
import re
from collections.abc import Callable

import pytest

from hw.cores.fabric.rom import Home
from hw.cores.lookup import Lookup
from sim.beats import joined
from sim.cycles import PACES, Pace, passed

TABLES = {
    "bits": (1, [[1 if byte > 99 else -1 for byte in range(256)]]),
    "identity": (9, [list(range(256))]),
    "complement": (8, [[127 - byte for byte in range(256)]] * 2),
    "three that differ": (4, [[(byte * 7 + c) % 16 - 8 for byte in range(256)] for c in range(3)]),
}
"""Bits of an entry, and entries by channel."""


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("home", ["block", "lut"])
@pytest.mark.parametrize("name", TABLES)
def test_every_byte_reads_its_entry(name: str, home: Home, pace: Pace) -> None:
    element, table = TABLES[name]
    rng = random.Random(pace.seed)
    # All bytes at full speed; of others, enough to stop at any.
    count = 25 if pace.stall else 256
    pixels = list(zip(*(rng.sample(range(256), count) for _ in table), strict=True))
    expected = []
    for pixel in pixels:
        entries = [row[byte] for row, byte in zip(table, pixel, strict=True)]
        expected.append(joined([e > 0 for e in entries] if element == 1 else entries, element))
    beats = [joined(pixel, 8) for pixel in pixels]
    found = passed(Lookup(table=table, element=element, home=home), beats, count, pace)
    assert found.values == expected
    if not pace.stall:
        assert found.sent == list(range(count))
        assert found.received == [cycle + 1 for cycle in found.sent]


@pytest.mark.parametrize(("build", "text"), [
    (lambda: Lookup(table=[[0] * 255], element=2), "channel 0 has 255 entries, not 256"),
    (lambda: Lookup(table=[[0] * 256, [2] * 256], element=2),
     "channel 1 makes 2 of byte 0: 2 bits hold -2 to 1"),
    (lambda: Lookup(table=[[0] * 256], element=1), "1 bits hold -1 to 1"),
])
def test_sizes_that_do_not_fit_are_refused(build: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        build()
