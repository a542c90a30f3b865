"""The bench of a stream component: beats in, beats out, stalls, rule watch, watchdog.

Reads the request that `sim.player` left in the working directory and writes what was received
beside it, in the formats of the native player.
"""

import json
from array import array
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from sim.streams import Agent, RuleWatch, Sink, Source, Stream, Watchdog, run


@cocotb.test()
async def play(dut: HierarchyObject) -> None:
    request = json.loads(Path("request.json").read_text())
    expect, seed = request["expect"], request["seed"]
    source_stream, sink_stream = Stream(dut, request["source"]), Stream(dut, request["sink"])
    source = Source(source_stream, _beats(source_stream), request["source_stall"], seed)
    sink = Sink(sink_stream, request["sink_stall"], seed)
    clock, reset = getattr(dut, request["clock"]), getattr(dut, request["reset"])
    reset.value = 1
    for port in request["high"]:
        getattr(dut, port).value = 1
    Clock(clock, 10, unit="ns").start()
    for _ in range(request["edges"]):
        await RisingEdge(clock)
    reset.value = 0
    watchdog = Watchdog(source, sink, expect, request["patience"])
    agents: list[Agent] = [source, sink, RuleWatch(sink_stream), watchdog]
    await run(clock, agents, sink, expect, request["linger"])
    Path("sent.cycles").write_bytes(array("Q", source.sent).tobytes())
    Path("received.cycles").write_bytes(array("Q", sink.cycles).tobytes())
    size = -(-len(sink_stream.payload) // 8)
    Path("received.bin").write_bytes(b"".join(b.to_bytes(size, "little") for b in sink.beats))


def _beats(stream: Stream) -> list[int]:
    data, size = Path("beats.bin").read_bytes(), -(-len(stream.payload) // 8)
    return [int.from_bytes(data[k : k + size], "little") for k in range(0, len(data), size)]
