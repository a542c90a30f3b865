"""The bench of a whole board: bytes and disturbances on its serial line in, bytes out.

Reads ``request.json``: ``divisor``, ``pace`` (the host's bit time over the board's), ``steps``,
``expect`` (bytes to wait for) and ``patience`` (cycles without one); writes ``received.bin``
and the LEDs to ``leds.json``. A step is ["send", hex], ["level", bit, cycles] or ["await", bytes].
"""

import json
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject, LogicObject
from cocotb.triggers import ClockCycles, FallingEdge, Timer

PERIOD = 10_000
"""Picoseconds of a clock cycle."""


class Line:
    """The host's end of a serial line, with its own idea of how long a bit is."""

    def __init__(self, dut: HierarchyObject, bit: float) -> None:
        self.rx: LogicObject = dut.rx
        self.tx: LogicObject = dut.tx
        self.bit = bit
        self.received = bytearray()
        self.rx.value = 1

    async def send(self, byte: int) -> None:
        for level in (0, *(byte >> k & 1 for k in range(8)), 1):
            self.rx.value = level
            await self.wait(1)

    async def receive(self) -> None:
        """Collect bytes for ever; a byte without its stop bit is a fault of the board."""
        while True:
            if int(self.tx.value):
                await FallingEdge(self.tx)
            await self.wait(1.5)
            byte = 0
            for k in range(8):
                byte |= int(self.tx.value) << k
                await self.wait(1)
            assert int(self.tx.value), f"no stop bit behind byte {len(self.received)}"
            self.received.append(byte)

    async def wait(self, bits: float) -> None:
        await Timer(round(bits * self.bit), unit="ps")


@cocotb.test()
async def play(dut: HierarchyObject) -> None:
    request = json.loads(Path("request.json").read_text())
    line = Line(dut, PERIOD * request["divisor"] * request["pace"])
    dut.rst.value = 1
    Clock(dut.clk, PERIOD, unit="ps").start()
    await ClockCycles(dut.clk, 2)
    dut.rst.value = 0
    cocotb.start_soon(line.receive())
    for step, *arguments in request["steps"]:
        await STEPS[step](dut, line, request["patience"], *arguments)
    await until(dut, line, request["patience"], request["expect"])
    await ClockCycles(dut.clk, request["patience"])
    Path("received.bin").write_bytes(line.received)
    Path("leds.json").write_text(json.dumps(int(dut.leds.value)))


async def send(dut: HierarchyObject, line: Line, patience: int, data: str) -> None:
    for byte in bytes.fromhex(data):
        await line.send(byte)


async def level(
    dut: HierarchyObject, line: Line, patience: int, level: int, cycles: int
) -> None:
    line.rx.value = level
    await ClockCycles(dut.clk, cycles)
    line.rx.value = 1


async def until(dut: HierarchyObject, line: Line, patience: int, count: int) -> None:
    """Wait until ``count`` bytes are there in all, each within ``patience`` cycles."""
    while (before := len(line.received)) < count:
        await ClockCycles(dut.clk, patience)
        if len(line.received) == before:
            raise AssertionError(
                f"{before} of {count} bytes, then silence: {line.received[-40:].hex(' ')}"
            )


STEPS = {"send": send, "level": level, "await": until}
