"""The serial line: bytes as bits and bits as bytes, at every divisor, through noise and faults."""

import random
from itertools import pairwise
from typing import Any

import pytest
from amaranth import Const

from hw.cores.link.uart import Receiver, Transmitter, divisor
from sim.cycles import PACES, Pace, simulate


@pytest.mark.parametrize(
    ("clock", "baud", "cycles"),
    [
        (80e6, 1_000_000, 80),
        (80.5e6, 1_000_000, 80),
        (80e6, 3_000_000, 27),
        (4e6, 1_000_000, 4),
        (100e6, 115_200, 868),
    ],
)
def test_the_nearest_divisor_is_taken(clock: float, baud: float, cycles: int) -> None:
    assert divisor(clock, baud) == cycles


@pytest.mark.parametrize(
    ("clock", "baud", "told"),
    [
        (3e6, 1_000_000, "1,000,000 baud is 3.00 cycles of 3 MHz"),
        (4.5e6, 1_000_000, "1,000,000 baud is 4.50 cycles of 4.5 MHz"),
        (5.2e6, 1_000_000, "within 2 %"),
    ],
)
def test_a_rate_that_does_not_divide_the_clock_is_refused(
    clock: float, baud: float, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        divisor(clock, baud)


@pytest.mark.parametrize("component", [Receiver, Transmitter])
def test_a_bit_too_short_to_sample_is_refused(component: type) -> None:
    with pytest.raises(ValueError, match="a bit of 3 cycles; the receiver needs 4"):
        component(3)


def line(byte: int, bit: int, stop: int = 1) -> list[int]:
    """Levels of a byte, cycle by cycle."""
    return [level for level in (0, *(byte >> k & 1 for k in range(8)), stop) for _ in range(bit)]


def heard(
    levels: list[int], bit: int, *, ready: bool = True, value: bool = False
) -> list[int]:
    """Bytes that are offered; all but the first are only seen if somebody is ready."""
    dut, found = Receiver(Const(bit, 9) if value else bit), list[int]()

    async def bench(ctx: Any) -> None:
        ctx.set(dut.o.ready, ready)
        for level in [1] * 4 + levels + [1] * (2 * bit + 8):
            ctx.set(dut.rx, level)
            if ready and ctx.get(dut.o.valid):
                found.append(ctx.get(dut.o.payload))
            await ctx.tick()
        if not ready:
            ctx.set(dut.o.ready, 1)
            assert ctx.get(dut.o.valid)
            found.append(ctx.get(dut.o.payload))
            await ctx.tick()
            assert not ctx.get(dut.o.valid)

    simulate(dut, bench)
    return found


BYTES = [0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80, 0x7E]
bits = pytest.mark.parametrize("bit", [4, 5, 8, 11])


@bits
def test_bytes_right_behind_each_other_are_heard(bit: int) -> None:
    levels = [level for byte in BYTES for level in line(byte, bit)]
    assert heard(levels, bit) == BYTES


@bits
def test_bytes_of_a_clock_that_is_off_are_heard(bit: int) -> None:
    """A twentieth of a bit in each bit, or a cycle of a byte where that is more."""
    for late in (max(1, bit // 4), -max(1, bit // 4)):
        levels = []
        for byte in BYTES:
            one = line(byte, 40 * bit)
            whole = 10 * bit + late
            levels += [one[k * len(one) // whole] for k in range(whole)]
        assert heard(levels, bit) == BYTES


@bits
def test_a_start_that_is_gone_by_its_middle_is_noise(bit: int) -> None:
    glitch = [0] * (bit // 2 - 1) + [1] * bit
    assert heard(glitch + line(0x5A, bit) + glitch, bit) == [0x5A]


@bits
def test_a_byte_without_its_stop_bit_is_dropped_and_the_line_has_to_rest(bit: int) -> None:
    broken = [0] * (25 * bit)  # a line that hangs: no byte is in it
    levels = broken + [1] * bit + line(0xC3, bit)
    assert heard(levels, bit) == [0xC3]
    assert heard(line(0x42, bit, stop=0) + [1] * bit + line(0x43, bit), bit) == [0x43]


@bits
def test_the_cycles_of_a_bit_can_be_a_value(bit: int) -> None:
    levels = [level for byte in BYTES for level in line(byte, bit)]
    assert heard(levels, bit, value=True) == BYTES


def test_a_byte_that_comes_while_one_waits_is_lost() -> None:
    assert heard(line(0x11, 6) + line(0x22, 6), 6, ready=False) == [0x11]


@bits
@pytest.mark.parametrize("value", [False, True])
@pytest.mark.parametrize("pace", PACES[:2], ids=str)
def test_bytes_are_sent_bit_by_bit(bit: int, pace: Pace, value: bool) -> None:
    dut, rng = Transmitter(Const(bit, 9) if value else bit), random.Random(pace.seed)
    sent = BYTES[:4]
    levels, taken = list[int](), list[int]()

    async def bench(ctx: Any) -> None:
        at, cycle = 0, 0
        while at < len(sent) or cycle < taken[-1] + 12 * bit:
            offered = at < len(sent) and (rng.random() >= pace.stall or ctx.get(dut.i.valid))
            ctx.set(dut.i.valid, offered)
            ctx.set(dut.i.payload, sent[at] if offered else 0)
            if offered and ctx.get(dut.i.ready):
                taken.append(cycle)
                at += 1
            levels.append(ctx.get(dut.tx))
            await ctx.tick()
            if len(taken) == at and offered and taken and taken[-1] == cycle:
                ctx.set(dut.i.valid, 0)
            cycle += 1

    simulate(dut, bench)
    expected = [1] * len(levels)
    for byte, cycle in zip(sent, taken, strict=True):
        expected[cycle + 1 : cycle + 1 + 10 * bit] = line(byte, bit)
    assert levels == expected[: len(levels)]
    if not pace.stall:
        assert {b - a for a, b in pairwise(taken)} == {10 * bit}
