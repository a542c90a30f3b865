"""The link's status: a fault shows from the end of the frame that has it to the end of the next."""

from collections.abc import Iterator

from amaranth import signed
from amaranth.sim import Simulator, SimulatorContext

from boards.protocol import Frame, Info, Kind
from hw.cores.link.answer import score_bytes
from hw.cores.scores import scores_layout
from hw.design.link import Link

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
