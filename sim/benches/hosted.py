"""The bench of a core inside a system: frames at its streams, a host on its Wishbone.

Reads beats and addresses from the working directory's ``request.json``, and writes the scores and
what the addresses read before and after them into ``answers.json``.
"""

import json
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, with_timeout

from sim.streams import Agent, RuleWatch, Sink, Source, Stream, Watchdog, run

PERIOD = 10


@cocotb.test()
async def exchange(dut: Any) -> None:
    request = json.loads(Path("request.json").read_text())
    source_stream, sink_stream = Stream(dut, "i"), Stream(dut, "o")
    source, sink = Source(source_stream, request["beats"], 0.3, 1), Sink(sink_stream, 0.3, 1)
    dut.rst.value = 1
    for name in ("cyc", "stb", "we", "adr", "dat_w", "sel"):
        getattr(dut, name).value = 0
    Clock(dut.clk, PERIOD, unit="ns").start()
    await ClockCycles(dut.clk, 4)
    dut.rst.value = 0
    before = [await read(dut, at) for at in request["addresses"]]
    watchdog = Watchdog(source, sink, request["expect"], request["patience"])
    agents: list[Agent] = [source, sink, RuleWatch(sink_stream), watchdog]
    await run(dut.clk, agents, sink, request["expect"], 32)
    after = [await read(dut, at) for at in request["addresses"]]
    answers = {"scores": sink.beats, "before": before, "after": after}
    Path("answers.json").write_text(json.dumps(answers))


async def read(dut: Any, address: int) -> int:
    """A word at an address in bytes."""
    dut.adr.value = address // 4
    dut.sel.value = 15
    dut.cyc.value = dut.stb.value = 1

    async def acknowledged() -> int:
        while True:
            await RisingEdge(dut.clk)
            if dut.ack.value == 1:
                return int(dut.dat_r.value.to_unsigned())

    word = await with_timeout(acknowledged(), 1000 * PERIOD, "ns")
    dut.cyc.value = dut.stb.value = 0
    await RisingEdge(dut.clk)
    return word
