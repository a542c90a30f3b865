"""The bench of a whole board: sends bytes and disturbances on its serial line, receives bytes.

Reads ``request.json``: ``divisor``, ``pace`` (the host's bit time over the board's), ``steps``,
``expect`` (bytes to wait for) and ``patience`` (cycles without one); writes ``received.bin``
and the LEDs, at each step that asks for them and at the end, to ``leds.json``. A step is
["send", hex], ["level", bit, cycles], ["await", bytes] or ["leds"].
"""

import json
from pathlib import Path

import cocotb
from cocotb.handle import HierarchyObject

from sim.serial_line import PERIOD, SerialLine


@cocotb.test()
async def play(dut: HierarchyObject) -> None:
    request = json.loads(Path("request.json").read_text())
    line = SerialLine(dut, PERIOD * request["divisor"] * request["pace"])
    patience = request["patience"]
    await line.start()
    leds: list[int] = []
    for step, *arguments in request["steps"]:
        if step == "send":
            await line.send(bytes.fromhex(arguments[0]))
        elif step == "level":
            await level(line, *arguments)
        elif step == "leds":
            leds.append(int(line.leds.value))
        else:
            await until(line, arguments[0], patience)
    await until(line, request["expect"], patience)
    await line.pass_time(patience)
    Path("received.bin").write_bytes(line.received)
    Path("leds.json").write_text(json.dumps([*leds, int(line.leds.value)]))


async def level(line: SerialLine, level: int, cycles: int) -> None:
    """Hold the line at a level for some cycles, as noise or a break does."""
    line.rx.value = level
    await line.pass_time(cycles)
    line.rx.value = 1


async def until(line: SerialLine, count: int, patience: int) -> None:
    """Wait until ``count`` bytes have been received in all, each within ``patience`` cycles."""
    while (before := len(line.received)) < count:
        await line.pass_time(patience)
        if len(line.received) == before:
            raise AssertionError(
                f"{before} of {count} bytes, then silence: {line.received[-40:].hex(' ')}"
            )
