"""The bench of a core behind AXI4-Stream and AXI4-Lite, driven by cocotbext-axi.

Reads the frames of `sim.test_core` from the working directory's ``request.json``, sends them one
behind the other, and writes the packets that came and the registers into ``answers.json``.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

PERIOD = 10


@cocotb.test()
async def exchange(dut: Any) -> None:
    request = json.loads(Path("request.json").read_text())
    chance = random.Random(request["seed"])
    Clock(dut.aclk, PERIOD, unit="ns").start()
    dut.aresetn.value = 0
    ends = (dut.aclk, dut.aresetn, False)
    source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), *ends)
    sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), *ends)
    registers = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), *ends)
    if request["stall"]:
        source.set_pause_generator(pauses(chance, request["stall"]))
        sink.set_pause_generator(pauses(chance, request["stall"]))
    await ClockCycles(dut.aclk, 4)
    dut.aresetn.value = 1
    await RisingEdge(dut.aclk)
    for frame in request["frames"]:
        await source.send(AxiStreamFrame(bytes(frame)))
    limit, packets, seen = request["patience"] * PERIOD, [], []
    for _ in range(request["expect"]):
        packet = await with_timeout(sink.recv(compact=False), limit, "ns")
        packets.append({"data": list(packet.tdata), "class": int(packet.tuser[-1])})
        seen.append(await registers.read_dword(request["map"]["FRAMES_OUT"]))
    await with_timeout(source.wait(), limit, "ns")
    await ClockCycles(dut.aclk, request["patience"])
    assert sink.empty(), "a packet too many"
    told = {name: await registers.read_dword(at) for name, at in request["map"].items()}
    await registers.write_dword(request["map"]["STATUS"], 2)
    cleared = await registers.read_dword(request["map"]["STATUS"])
    answers = {"packets": packets, "registers": told, "seen": seen, "cleared": cleared}
    Path("answers.json").write_text(json.dumps(answers))


def pauses(chance: random.Random, stall: float) -> Iterator[bool]:
    """Whether each cycle is a pause."""
    while True:
        yield chance.random() < stall
