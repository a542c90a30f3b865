"""The bench of a board for a host program: its serial line is a pseudo-terminal.

Reads ``request.json``: ``divisor``. Writes the terminal's path to the file ``port``, and ends when
there is a file ``stop``, or when the process that started it has ended.
"""

import contextlib
import json
import os
import pty
import time
import tty
from pathlib import Path

import cocotb
from cocotb.handle import HierarchyObject

from sim.serial_line import PERIOD, SerialLine

CYCLES = 500
"""Cycles simulated between two reads of the terminal while the host sends nothing."""
REST = 0.002
"""Seconds of sleep between them, if the board is idle too."""
BUSY = 1 << 1
"""The LED that shows that an image is under way."""


class Terminal:
    """The board's end of a pseudo-terminal."""

    def __init__(self) -> None:
        # The host's end is kept open here too: otherwise the first host that closes it hangs it up.
        self._board, self._host = pty.openpty()
        tty.setraw(self._host)
        os.set_blocking(self._board, False)
        self.path = os.ttyname(self._host)

    def read(self) -> bytes:
        try:
            return os.read(self._board, 4096)
        except BlockingIOError:
            return b""

    def write(self, data: bytearray) -> None:
        """Write as much of ``data`` as the host accepts, and remove it from ``data``."""
        with contextlib.suppress(BlockingIOError):
            del data[: os.write(self._board, data)]


@cocotb.test()
async def live(dut: HierarchyObject) -> None:
    request = json.loads(Path("request.json").read_text())
    line, terminal = SerialLine(dut, PERIOD * request["divisor"]), Terminal()
    await line.start()
    announce(terminal.path)
    parent = os.getppid()
    while not Path("stop").exists() and os.getppid() == parent:
        await serve(line, terminal)


async def serve(line: SerialLine, terminal: Terminal) -> None:
    """Pass bytes between board and terminal once, in both directions."""
    if line.received:
        terminal.write(line.received)
    if data := terminal.read():
        await line.send(data)
        return
    if not int(line.leds.value) & BUSY:
        time.sleep(REST)
    await line.pass_time(CYCLES)


def announce(path: str) -> None:
    """Write the file ``port`` atomically."""
    Path("port.part").write_text(path)
    os.replace("port.part", "port")
