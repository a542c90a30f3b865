"""A serial line to a compiled board, played natively: sends bytes, and compares the replies."""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from boards.protocol import Frame, Parser
from hw.emit.child import Child
from hw.emit.tools import check_room
from sim.player import Failure
from sim.verilate import Model


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Bytes to send, after ``awaited`` bytes have been received in all.

    Before them the line is silent for ``silence`` cycles.
    """

    data: bytes
    awaited: int = 0
    silence: int = 0


def talk(
    model: Model,
    sent: Sequence[Sent],
    expected: Sequence[Frame],
    *,
    divisor: int,
    edges: int,
    patience: int,
    high: Sequence[str] = (),
) -> None:
    """Send bytes to a board, and compare its replies with the expected frames.

    Parameters
    ----------
    model
        The compiled board, with ports ``clk``, ``rx`` and ``tx``.
    divisor
        Cycles of a bit.
    edges
        Cycles of reset before the first byte.
    patience
        Most cycles between received bytes, and cycles after the last in which there is none.
    high
        Ports that are 1 all the time.

    Raises
    ------
    Failure
        The board sends other frames than ``expected``, with the first that differs, or too few
        bytes.
    """
    wanted = b"".join(frame.encode() for frame in expected)
    arguments = [f"{port}=TOP/{name}" for port, name in
                 (("clock", "clk"), ("rx", "rx"), ("tx", "tx"))]
    arguments += [f"divisor={divisor}", f"edges={edges}", f"patience={patience}",
                  f"expect={len(wanted)}", *(f"high=TOP/{port}" for port in high)]
    with tempfile.TemporaryDirectory(prefix="line") as name:
        folder = Path(name)
        records = (
            np.array([each.awaited, each.silence, len(each.data)], "<u4").tobytes() + each.data
            for each in sent
        )
        (folder / "line.bin").write_bytes(b"".join(records))
        with Child(
            [model.executable, "talk", *arguments], watches=True, cwd=folder, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        ) as child:  # fmt: skip
            assert child.process.stderr
            complaint = child.process.stderr.read()
            status = child.process.wait()
        check_room(folder)
        if status:
            raise Failure(complaint.strip() or f"the simulator ended with {status}")
        received = (folder / "received.bin").read_bytes()
    if received != wanted:
        raise Failure(_difference(received, expected))


def _difference(received: bytes, expected: Sequence[Frame]) -> str:
    frames = Parser().feed(received)
    for number, (found, frame) in enumerate(zip(frames, expected, strict=False)):
        if found != frame:
            return f"frame {number} of the board is {_told(found)}, and should be {_told(frame)}"
    return (f"the board sent {len(frames)} frames in {len(received)} bytes, and should send "
            f"{len(expected)}")


def _told(frame: Frame) -> str:
    return f"kind {frame.kind:#04x} of {frame.sequence} with {frame.payload.hex() or 'nothing'}"
