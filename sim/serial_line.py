"""The host's end of a serial line, inside the simulator, for cocotb."""

from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject, LogicArrayObject, LogicObject
from cocotb.triggers import ClockCycles, FallingEdge, Timer

PERIOD = 10_000
"""Picoseconds of a clock cycle."""


class SerialLine:
    """A sender and receiver of bytes (8N1) at a board's ``rx`` and ``tx``; also drives its clock.

    Parameters
    ----------
    bit : float
        Picoseconds of a bit by the host's clock.

    Attributes
    ----------
    received : bytearray
        Bytes received so far. One without its stop bit is a failure of the board.
    """

    def __init__(self, dut: HierarchyObject, bit: float) -> None:
        ports: Any = dut
        self.clock: LogicObject = ports.clk
        self.reset: LogicObject = ports.rst
        self.rx: LogicObject = ports.rx
        self.tx: LogicObject = ports.tx
        self.leds: LogicArrayObject = ports.leds
        self.bit = bit
        self.received = bytearray()
        self.rx.value = 1

    async def start(self) -> None:
        """Start the clock, reset the board, and begin to receive."""
        self.reset.value = 1
        Clock(self.clock, PERIOD, unit="ps").start()
        await ClockCycles(self.clock, 2)
        self.reset.value = 0
        cocotb.start_soon(self._receive())

    async def send(self, data: bytes) -> None:
        for byte in data:
            for level in (0, *(byte >> k & 1 for k in range(8)), 1):
                self.rx.value = level
                await self._wait(1)

    async def pass_time(self, cycles: int) -> None:
        await ClockCycles(self.clock, cycles)

    async def _receive(self) -> None:
        while True:
            if int(self.tx.value):
                await FallingEdge(self.tx)
            await self._wait(1.5)
            byte = 0
            for k in range(8):
                byte |= int(self.tx.value) << k
                await self._wait(1)
            assert int(self.tx.value), f"no stop bit behind byte {len(self.received)}"
            self.received.append(byte)

    async def _wait(self, bits: float) -> None:
        await Timer(round(bits * self.bit), unit="ps")
