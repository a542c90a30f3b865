"""The link's CRC is zlib's, and sees what docs/protocol.md says it sees."""

import binascii
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.sim import Simulator

from boards.protocol import CHECK, HEADER, crc16, crc32
from hw.cores.link.crc import BitwiseCrc

POLYNOMIAL = 0xEDB88320
"""Of Ethernet, lowest bit first."""
PAGE = Path(__file__).parents[3] / "docs" / "protocol.md"


def messages() -> list[bytes]:
    numbers = random.Random(32)
    return [b"123456789", b"", b"\0", b"\xff" * 5, *map(numbers.randbytes, (1, 2, 7, 40, 300))]


def test_the_host_s_check_is_that_of_two_others() -> None:
    amaranth = CRC32_ISO_HDLC(data_width=8)
    for message in messages():
        assert crc32(message) == amaranth.compute(message).to_bytes(4, "little")
    assert crc32(b"123456789") == bytes.fromhex("cbf43926")[::-1]


@pytest.mark.parametrize("message", messages(), ids=len)
@pytest.mark.parametrize("own", [False, True], ids=["checked", "sent"])
def test_the_gates_compute_what_the_host_does(message: bytes, own: bool) -> None:
    dut = BitwiseCrc()

    async def bench(ctx: Any) -> None:
        async def take(data: bytes) -> None:
            for byte in data:
                ctx.set(dut.byte, byte)
                for bit in range(8):
                    assert ctx.get(dut.last) == (bit == 7)
                    await ctx.tick()

        ctx.set(dut.step, 1)
        ctx.set(dut.start, 1)
        await take(b"?")
        ctx.set(dut.start, 0)
        await take(message)
        assert ctx.get(dut.value) == binascii.crc32(message)
        assert not ctx.get(dut.sound)
        ctx.set(dut.own, own)
        for byte in crc32(message):
            assert not own or ctx.get(dut.value) & 0xFF == byte
            await take(bytes([byte]))
        assert own or ctx.get(dut.sound)
        ctx.set(dut.own, 0)
        await take(b"\0")
        assert not ctx.get(dut.sound)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def powers(count: int) -> np.ndarray:
    """Of x modulo the polynomial."""
    found, value = [], 1 << 31
    for _ in range(count):
        found.append(value)
        value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
    return np.array(found, np.uint64)


def three() -> int:
    """Bits of the shortest codeword in which three flipped bits leave the CRC as it was."""
    x = powers(92_000)
    order = np.argsort(x)
    at = np.searchsorted(x, x ^ x[0], sorter=order).clip(max=len(x) - 1)
    other = order[at]
    found = np.flatnonzero((x[other] == x ^ x[0]) & (np.arange(len(x)) > other))
    return int(found[0]) + 1


def four() -> int:
    """Likewise four."""
    x = powers(3_100)
    for last in range(3, len(x)):
        if np.intersect1d(x[0] ^ x[1:last], x[last] ^ x[1:last]).size:
            return last + 1
    raise AssertionError("none in so many bits")


@pytest.mark.parametrize(("flips", "shortest"), [(3, three), (4, four)])
def test_so_many_flipped_bits_are_always_told(flips: int, shortest: Callable[[], int]) -> None:
    longest = (shortest() - 1 - 8 * CHECK.size) // 8 - HEADER.size
    page = " ".join(PAGE.read_text().split())
    shown = re.search(rf"every {flips} in (?:a frame|one) of up to ([\d,]+)", page)
    assert shown and int(shown[1].replace(",", "")) == longest


def test_two_flipped_bits_that_the_16_bits_of_version_1_did_not_tell() -> None:
    sent = random.Random(1).randbytes(5000)
    came = bytearray(sent)
    came[0] ^= 0x80
    came[4095] ^= 0x01
    assert crc16(came) == crc16(sent)
    assert crc32(came) != crc32(sent)
