"""Frames of the link: each request is told as the protocol says, each reply is its frame."""

import random
from itertools import pairwise
from typing import Any

import pytest

from boards.protocol import HEADER, START, Fault, Frame, Kind, crc32
from hw.cores.link.packet import Deframer, Enframer, reply_layout
from sim.cycles import PACES, Pace, simulate

LENGTHS = {Kind.INFO: 0, Kind.CLASSIFY: 6}
GAP = 40

Told = tuple[int, int, int]
"""Of a request: kind, sequence number and fault."""

INFO = Frame(kind=Kind.INFO, sequence=7)
IMAGE = Frame(kind=Kind.CLASSIFY, sequence=255, payload=b"\xa5\x5a\x00\xff\xa5\x01")


def damaged(frame: Frame, at: int, flip: int = 1) -> bytes:
    found = bytearray(frame.encode())
    found[at] ^= flip
    return bytes(found)


def body(kind: int, sequence: int, length: int, payload: bytes) -> bytes:
    """A frame whose length is not its payload's, with the right check."""
    inside = HEADER.pack(kind, sequence, length) + payload
    return START + inside + crc32(inside)


SENT: dict[str, tuple[list[bytes | int], list[Told], bytes]] = {
    "a command without payload": ([INFO.encode()], [(1, 7, Fault.NONE)], b""),
    "a command with payload": ([IMAGE.encode()], [(2, 255, Fault.NONE)], IMAGE.payload),
    "one right behind the other": (
        [INFO.encode() + IMAGE.encode() + INFO.encode()],
        [(1, 7, 0), (2, 255, 0), (1, 7, 0)], IMAGE.payload,
    ),
    "garbage before": ([b"\x00\xa5\x77\x5a\xa5" + INFO.encode()], [(1, 7, 0)], b""),
    "the first start byte twice": ([START[:1] + INFO.encode()], [(1, 7, 0)], b""),
    "a start and a pause": ([START[:1], GAP, START[1:], GAP, INFO.encode()], [(1, 7, 0)], b""),
    "a bit of the check": ([damaged(INFO, -1), GAP, INFO.encode()],
                           [(1, 7, Fault.BAD_CRC), (1, 7, 0)], b""),
    "a bit of the payload, no pause": (
        [damaged(IMAGE, 8) + INFO.encode()], [(2, 255, Fault.BAD_CRC), (1, 7, 0)],
        b"\xa4\x5a\x00\xff\xa5\x01",
    ),
    "an unknown command": ([Frame(kind=9, sequence=1).encode() + INFO.encode()],
                           [(9, 1, Fault.UNKNOWN_COMMAND), (1, 7, 0)], b""),
    "a length that is another command's": (
        [Frame(kind=1, sequence=3, payload=b"abc").encode() + INFO.encode()],
        [(1, 3, Fault.BAD_LENGTH), (1, 7, 0)], b"abc",
    ),
    "a length beyond all": ([body(2, 4, 1 << 30, b""), b"x" * 5, GAP, INFO.encode()],
                            [(2, 4, Fault.BAD_LENGTH), (1, 7, 0)], b""),
    "broken off in its payload": ([IMAGE.encode()[:11], GAP, INFO.encode()],
                                  [(2, 255, Fault.TRUNCATED), (1, 7, 0)], IMAGE.payload[:3]),
    "broken off in its check": ([INFO.encode()[:-2], GAP, INFO.encode()],
                                [(1, 7, Fault.TRUNCATED), (1, 7, 0)], b""),
    "broken off in its header": ([INFO.encode()[:5], GAP, INFO.encode()], [(1, 7, 0)], b""),
    "a wrong length that ends it elsewhere": (
        # What follows looks like a frame, and is none before a pause.
        [damaged(IMAGE, 4, 2) + INFO.encode(), GAP, IMAGE.encode()],
        [(2, 255, Fault.BAD_CRC), (2, 255, 0)], IMAGE.payload[:4] + IMAGE.payload,
    ),
}
"""Bytes and pauses; what is told; what goes out as payload."""


def received(
    sent: list[bytes | int], pace: Pace, *, fitting: bool = False
) -> tuple[list[Told], bytes]:
    dut, rng = Deframer(lengths=LENGTHS, gap=GAP, fitting=fitting), random.Random(pace.seed)
    told, payload = list[Told](), b""

    async def bench(ctx: Any) -> None:
        async def cycle() -> bool:
            nonlocal payload
            ready = rng.random() >= pace.stall, rng.random() >= pace.stall
            ctx.set(dut.payload.ready, ready[0])
            ctx.set(dut.o.ready, ready[1])
            taken = ctx.get(dut.i.valid) and ctx.get(dut.i.ready)
            if ready[0] and ctx.get(dut.payload.valid):
                assert taken  # a byte of payload goes out as it comes in
                payload += bytes([ctx.get(dut.payload.payload)])
            if ready[1] and ctx.get(dut.o.valid):
                told.append(tuple(
                    ctx.get(getattr(dut.o.p, name)) for name in ("kind", "sequence", "fault")
                ))
            await ctx.tick()
            return bool(taken)

        for part in sent:
            if isinstance(part, int):
                ctx.set(dut.i.valid, 0)
                for _ in range(part + 8):
                    await cycle()
                continue
            for byte in part:
                ctx.set(dut.i.valid, 0)
                while pace.stall and rng.random() < 0.3:
                    await cycle()
                ctx.set(dut.i.valid, 1)
                ctx.set(dut.i.payload, byte)
                while not await cycle():
                    pass
        ctx.set(dut.i.valid, 0)
        for _ in range(40):
            await cycle()

    simulate(dut, bench)
    return told, payload


@pytest.mark.parametrize("pace", PACES[:2], ids=str)
@pytest.mark.parametrize("name", SENT)
def test_a_request_is_told_as_the_protocol_says(name: str, pace: Pace) -> None:
    sent, told, payload = SENT[name]
    assert received(sent, pace) == (told, payload)


@pytest.mark.parametrize("name", SENT)
def test_only_payload_that_fits_goes_out_where_no_other_may(name: str) -> None:
    sent, told, payload = SENT[name]
    fits = "length" not in name
    expected = payload if fits else IMAGE.payload * (name.endswith("elsewhere"))
    assert received(sent, PACES[0], fitting=True) == (told, expected)


def test_a_byte_takes_eight_cycles() -> None:
    dut, frame = Deframer(lengths=LENGTHS, gap=GAP), IMAGE.encode()

    async def bench(ctx: Any) -> None:
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.payload.ready, 1)
        taken, cycle = [], 0
        while len(taken) < len(frame):
            ctx.set(dut.i.payload, frame[len(taken)])
            if ctx.get(dut.i.ready):
                taken.append(cycle)
            await ctx.tick()
            cycle += 1
        # Between header and payload, and payload and check, there is a cycle for the state.
        assert taken[-1] <= 8 * len(frame) + 4
        assert {b - a for a, b in pairwise(taken)} <= {8, 9}

    simulate(dut, bench)


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("longest", [1, 300])
def test_replies_are_the_frames_of_the_protocol(longest: int, pace: Pace) -> None:
    dut, rng = Enframer(longest), random.Random(pace.seed)
    sizes = [0, 1, min(longest, 5)]
    frames = [
        Frame(kind=rng.randrange(256), sequence=rng.randrange(256), payload=rng.randbytes(size))
        for size in sizes
    ]
    wire = b"".join(frame.encode() for frame in frames)
    layout = reply_layout(longest)
    came, taken = b"", 0

    async def bench(ctx: Any) -> None:
        nonlocal came, taken
        payload = b"".join(frame.payload for frame in frames)
        offered, at = False, 0
        for _ in range(40 * len(wire)):
            if taken < len(frames):
                frame = frames[taken]
                ctx.set(dut.i.valid, 1)
                ctx.set(dut.i.payload, layout.const({
                    "kind": frame.kind, "sequence": frame.sequence, "length": len(frame.payload),
                }))
            else:
                ctx.set(dut.i.valid, 0)
            offered = at < len(payload) and (offered or rng.random() >= pace.stall)
            ctx.set(dut.payload.valid, offered)
            ctx.set(dut.payload.payload, payload[at] if offered else 0xEE)
            ready = rng.random() >= pace.stall
            ctx.set(dut.o.ready, ready)
            if ready and ctx.get(dut.o.valid):
                came += bytes([ctx.get(dut.o.payload)])
            if offered and ctx.get(dut.payload.ready):
                at, offered = at + 1, False
            if taken < len(frames) and ctx.get(dut.i.ready):
                taken += 1
                # It is accepted when its last byte is next, and no byte sooner.
                assert len(came) >= len(b"".join(each.encode() for each in frames[:taken])) - 2
            await ctx.tick()
            if len(came) == len(wire):
                break
        assert at == len(payload)

    simulate(dut, bench)
    assert (came, taken) == (wire, len(frames))


def test_a_byte_is_sent_every_nine_cycles() -> None:
    dut, frame = Enframer(4), Frame(kind=2, sequence=3, payload=b"abcd")
    times = []

    async def bench(ctx: Any) -> None:
        ctx.set(dut.i.payload, reply_layout(4).const({"kind": 2, "sequence": 3, "length": 4}))
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.payload.valid, 1)
        ctx.set(dut.o.ready, 1)
        for cycle in range(10 * len(frame.encode())):
            if ctx.get(dut.o.valid):
                times.append(cycle)
            await ctx.tick()

    simulate(dut, bench)
    gaps = [b - a for a, b in pairwise(times)]
    assert set(gaps) <= {9, 10}
    assert gaps.count(9) > 2 * gaps.count(10)
