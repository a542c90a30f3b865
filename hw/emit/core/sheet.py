"""The data sheet of a core: one page, from the plan."""

from collections.abc import Iterator, Sequence

from hw.cores.link.registers import MAP
from hw.emit.delivery import Delivery, Part
from hw.plan.latency import latency

SHOWN = 16
"""Bytes of a beat that have a row each; of wider ones the rule is told."""


def text(delivery: Delivery) -> str:
    """Ports, layouts, time, registers, resources, identity, and how it is connected."""
    parts = (_facts, _ports, _pixels, _scores, _rules, _registers, _template)
    lines = [f"# {delivery.name}", ""]
    for part in parts:
        lines += [*part(delivery), ""]
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def _facts(delivery: Delivery) -> Iterator[str]:
    core = delivery.core
    plan, interface, network = core.plan, core.interface, core.plan.network
    channels, rows, columns = network.input_shape
    there = plan.estimate
    cycles = latency(network, plan.foldings, plan.entry) + interface.latency
    bus = core.registers or "none"
    yield (f"A binarized neural network, {delivery.title}, behind {interface.summary}, written for "
           f"the {plan.device.name}.")
    yield ""
    yield from _table(("what", "value"), (
        ("module", f"`{delivery.name}`, in {', '.join(f'`{file}`' for file in delivery.sources)}"),
        ("cells", f"some of {delivery.cells} are named" if delivery.cells else
         "none of a vendor: plain Verilog-2005"),
        ("image", f"{channels} x {rows} x {columns} (channels, rows, columns), bytes without sign"),
        ("answer", f"{len(network.classes)} scores and the class"),
        ("beats of a frame", f"{interface.beats} in, {len(network.classes)} out"),
        ("interval", f"{plan.interval:,} cycles from frame to frame, at full speed"),
        ("latency", f"{cycles:,} cycles from the first beat taken to the last score, planned"),
        ("clock", f"planned for {plan.clock / 1e6:g} MHz: {plan.frames_per_second:,.0f} frames/s; "
         "not placed, as its pins are another design's"),
        ("resources", f"{there.lut:,} LUT4, {there.ff:,} flip-flops, {there.ebr} memory blocks, "
         "estimated for the accelerator"),
        ("registers", bus),
        ("digest", f"`{core.info.digest.hex()}`, the first 16 bytes of the network's SHA-256"),
    ))  # fmt: skip


def _ports(delivery: Delivery) -> Iterator[str]:
    yield "## Ports"
    yield ""
    yield from _table(("port", "direction", "bits", "what"), [
        (f"`{port.name}`", "out" if port.output else "in", port.width, port.text)
        for port in delivery.core.ports
    ])  # fmt: skip
    yield ""
    yield ("All are synchronous to the rising edge of the clock. Reset takes one cycle or more; no "
           "beat is offered while it lasts.")


def _pixels(delivery: Delivery) -> Iterator[str]:
    core = delivery.core
    channels, _, columns = core.plan.network.input_shape
    pixels, size = core.plan.entry, channels * core.plan.entry
    data = core.interface.entry["data"]
    yield f"## Pixels: `{data}`"
    yield ""
    yield (f"Raster order, {pixels} pixel{'s' * (pixels > 1)} a beat with all channels: the bytes "
           "of a frame are those of an array [row][column][channel], the first one lowest.")
    yield ""
    if size <= SHOWN:
        yield from _table(("bits", "byte of beat b"), [
            (f"{8 * k + 7}:{8 * k}",
             f"channel {k % channels} of pixel {_number(pixels, k, channels)}")
            for k in range(size)
        ])  # fmt: skip
    else:
        yield (f"Bits 8k+7:8k of beat b are channel k mod {channels} of pixel {pixels} b + "
               f"(k div {channels}), for k from 0 to {size - 1}.")
    yield ""
    yield f"Pixel p is row p div {columns}, column p mod {columns}."


def _number(pixels: int, byte: int, channels: int) -> str:
    """The number of a byte's pixel, by that of its beat."""
    within = byte // channels
    beat = "b" if pixels == 1 else f"{pixels} b"
    return f"{beat} + {within}" if within else beat


def _scores(delivery: Delivery) -> Iterator[str]:
    core, leave = delivery.core, delivery.core.interface.leave
    bits = core.interface.score_bits
    classes = core.plan.network.classes
    yield f"## Scores: `{leave['score']}`, `{leave['klass']}`"
    yield ""
    yield from _table(("beat", "bits", "what"), (
        ("k = 0 to " + str(len(classes) - 1), f"`{leave['score']}[{bits - 1}:0]`",
         f"score of class k, in two's complement, sign extended to {bits} bits"),
        (f"{len(classes) - 1}, with `{leave['last']}`",
         f"`{leave['klass']}[{core.interface.class_bits - 1}:0]`",
         "the class: the lowest with the highest score"),
    ))  # fmt: skip
    yield ""
    yield f"Classes 0 to {len(classes) - 1}: {', '.join(map(str, classes))}."


def _rules(delivery: Delivery) -> Iterator[str]:
    yield "## Rules of the streams"
    yield ""
    yield ("A beat goes over at an edge at which valid and ready are both 1. What is valid stays "
           "until it is taken. Valid does not wait for ready. Nothing is lost while ready is low, "
           f"at either end, for any time. {delivery.core.interface.broken}")


def _registers(delivery: Delivery) -> Iterator[str]:
    if not delivery.core.registers:
        return
    yield f"## Registers, on {delivery.core.registers}"
    yield ""
    yield from _table(("offset", "name", "what"), [
        (f"0x{register.offset:02X}", register.name, register.text) for register in MAP
    ])  # fmt: skip


def _template(delivery: Delivery) -> Iterator[str]:
    yield "## Instance"
    yield ""
    yield "```verilog"
    yield f"{delivery.name} network ("
    yield ",\n".join(f"  .{port.name}({port.name})" for port in delivery.core.ports)
    yield ");"
    yield "```"


PART = Part(suffix=".md", what="the data sheet: ports, layouts, registers, time", text=text)
