"""The test of a whole board at its pins: INFO, images, an unknown command and a broken frame."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from boards.protocol import BITS_OF_A_BYTE, INFO, OVERHEAD, Answer, Fault, Frame, Kind
from hw.cores.link.uart import divisor
from hw.design.accelerator import Accelerator
from hw.design.top import describe
from hw.network.reference import Reference
from hw.plan.plan import Plan
from sim.line import Sent, talk
from sim.verilate import Model

UNKNOWN = 0x77
"""Number of an unknown command."""


def cycles(plan: Plan, images: int) -> int:
    """Clock cycles of `exchange`, estimated: nearly all of them are bits on the line."""
    channels, height, width = plan.network.input_shape
    image = channels * height * width + 4 * len(plan.network.classes) + 2 * OVERHEAD
    others = 8 * OVERHEAD + 2 * INFO.size
    line = BITS_OF_A_BYTE * divisor(plan.clock, plan.board.baud) * (images * image + others)
    return line + images * plan.interval


def exchange(
    model: Model, plan: Plan, images: np.ndarray, *, edges: int, high: Sequence[str] = ()
) -> None:
    """Exchange frames with a board: INFO, images, an unknown command, INFO, and a broken frame.

    Parameters
    ----------
    model
        The compiled board, with pins ``clk``, ``rx`` and ``tx``.
    images
        uint8 (N, C, H, W), where N may be 0.
    edges
        Most cycles of its reset.
    high
        Ports that are 1 all the time.

    Raises
    ------
    sim.player.Failure
        An answer differs from the right one.
    """
    described = describe(plan, Accelerator(plan).o.p.shape())
    info = Frame(kind=Kind.INFO_REPLY, sequence=200, payload=described.encode())
    steps = [(Frame(kind=Kind.INFO, sequence=200).encode(), info)]
    expected = Reference(plan.network).run(images) if len(images) else None
    for number, image in enumerate(images):
        assert expected is not None
        asked = Frame(kind=Kind.CLASSIFY, sequence=number, payload=_bytes(image))
        scores = tuple(map(int, expected.scores[number]))
        answer = Answer(scores=scores, klass=int(expected.classes[number]))
        steps.append((asked.encode(), Frame(
            kind=Kind.CLASSIFY_REPLY, sequence=number,
            payload=answer.encode(described.score_bytes),
        )))  # fmt: skip
    steps.append((Frame(kind=UNKNOWN, sequence=64).encode(), _error(64, Fault.UNKNOWN_COMMAND)))
    steps.append((Frame(kind=Kind.INFO, sequence=201).encode(), replace(info, sequence=201)))
    # The last one, as the board ignores what follows until a long silence.
    broken = bytearray(Frame(kind=Kind.INFO, sequence=65).encode())
    broken[-1] ^= 1
    steps.append((bytes(broken), _error(65, Fault.BAD_CRC)))
    every = divisor(plan.clock, plan.board.baud)
    patience = 20 * BITS_OF_A_BYTE * every + 4 * sum(stage.cycles for stage in plan.stages)
    sent, awaited = [], 0
    for data, answered in steps:
        sent.append(Sent(data=data, awaited=awaited))
        awaited += len(answered.encode())
    talk(model, sent, [answered for _, answered in steps],
         divisor=every, edges=edges, patience=patience, high=high)


def _error(sequence: int, fault: Fault) -> Frame:
    return Frame(kind=Kind.ERROR, sequence=sequence, payload=bytes([fault]))


def _bytes(image: np.ndarray) -> bytes:
    """An image (C, H, W) as bytes for the board: pixels in raster order, with their channels."""
    return image.transpose(1, 2, 0).tobytes()
