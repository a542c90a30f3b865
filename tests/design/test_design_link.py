"""The link's status: a fault shows from the end of the frame that has it to the end of the next."""

from collections.abc import Iterator
from typing import Any

import pytest
from amaranth import Module, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.sim import Simulator, SimulatorContext

from boards.protocol import Frame, Info, Kind
from hw.cores.link.answer import score_bytes
from hw.cores.scores import scores_layout
from hw.design.link import Link
from hw.plan.plan import Slots
from sim.cycles import simulate
from sim.sums import Sums, expected

SHAPE, CLASSES, SLOTS = (1, 2, 3), 3, 2


def frames(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield Frame(kind=Kind.CLASSIFY, sequence=number, payload=bytes(6)).encode()


def test_an_image_that_finds_no_slot_shows_until_the_next_frame_ends() -> None:
    """Nothing is taken from the link, so that the third image finds two slots full."""
    scores = scores_layout(signed(8), CLASSES)
    info = Info(slots=SLOTS, shape=SHAPE, classes=CLASSES, score_bytes=score_bytes(scores),
                digest=bytes(16))  # fmt: skip
    link = Link(info=info, scores=scores, gap=1000)
    shown: list[list[int]] = []

    async def bench(context: SimulatorContext) -> None:
        for sent in frames(SLOTS + 1):
            shown.append([])
            for byte in sent:
                context.set(link.i.payload, byte)
                context.set(link.i.valid, 1)
                await context.tick().until(link.i.ready)
                shown[-1].append(context.get(link.status.fault))
            context.set(link.i.valid, 0)
            for _ in range(50):
                await context.tick()
            shown[-1].append(context.get(link.status.fault))

    simulator = Simulator(link)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert [each[-1] for each in shown] == [0, 0, 1]
    assert not any(any(each[:-1]) for each in shown)


class SlowSums(wiring.Component):
    """A link without image slots in front of an accelerator that takes a pixel in 300 cycles."""

    def __init__(self) -> None:
        self.sums = Sums(SHAPE, CLASSES)
        scores = self.sums.o.p.shape()
        info = Info(slots=1, shape=SHAPE, classes=CLASSES, score_bytes=score_bytes(scores),
                    digest=bytes(16))  # fmt: skip
        self.link = Link(info=info, scores=scores, gap=400, slots=Slots(count=0))
        super().__init__({"i": In(stream.Signature(8)), "o": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.link, m.submodules.sums = link, sums = self.link, self.sums
        count = Signal(range(300))
        m.d.sync += count.eq(count + 1)
        with m.If(count == 299):
            m.d.sync += count.eq(0)
        takes = count == 0
        connect(m, flipped(self.i), link.i)
        connect(m, link.o, flipped(self.o))
        connect(m, sums.o, link.scores)
        m.d.comb += [
            sums.i.p.eq(link.image.p),
            sums.i.valid.eq(link.image.valid & takes),
            link.image.ready.eq(sums.i.ready & takes),
        ]
        return m


@pytest.mark.parametrize("between", [0, 1, 2])
def test_an_image_that_broke_off_is_answered_whatever_comes_behind_it(between: int) -> None:
    """Without slots it is made whole with zeros, also while frames of other kinds end."""
    dut, image, said = SlowSums(), bytes(range(40, 46)), bytearray()
    whole = Frame(kind=Kind.CLASSIFY, sequence=9, payload=image).encode()
    told = [Frame(kind=Kind.INFO, sequence=k, payload=b"").encode() for k in range(between)]

    async def bench(context: Any) -> None:
        async def rest(cycles: int) -> None:
            for _ in range(cycles):
                if context.get(dut.o.valid):
                    said.append(context.get(dut.o.payload))
                await context.tick()

        context.set(dut.o.ready, 1)
        for sent, after in ((whole[:-7], 450), *((each, 20) for each in told), (b"", 3000),
                            (whole, 4000)):  # fmt: skip
            for byte in sent:
                context.set(dut.i.payload, byte)
                context.set(dut.i.valid, 1)
                while not context.get(dut.i.ready):
                    await rest(1)
                await rest(1)
                context.set(dut.i.valid, 0)
            await rest(after)

    simulate(dut, bench)
    answer = expected(image, CLASSES, SHAPE[0])
    sizes = score_bytes(dut.sums.o.p.shape())
    assert said.endswith(
        Frame(kind=Kind.CLASSIFY_REPLY, sequence=9, payload=answer.encode(sizes)).encode()
    )
