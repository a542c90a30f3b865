"""The host's driver, and a host that errs, against simulated boards with real networks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from boards.catalogue import board
from boards.driver import Driver, Port, open_port
from boards.protocol import Answer, Fault, Frame, Kind, Parser
from boards.run import main
from hw.network.archive import digest
from hw.network.fold import fold
from hw.network.network import Network
from hw.network.reference import Reference
from hw.plan.plan import Slots
from hw.plan.search import plan
from model.checkpoint import load
from sim.random_networks import random_checkpoint, random_images
from sim.simulated_board import simulated_board

EXAMPLE = Path(__file__).parents[1] / "examples" / "mnist"
COLOUR = 32
"""The seed of a random network with three input channels."""
FLAT = 22
"""The seed of one that is dense from the first layer on, so that several pixels enter at once."""
FEW = 3
TIMEOUT = 60.0


@dataclass(frozen=True, kw_only=True)
class Live:
    """A running board, some images for it, and their right answers."""

    port: Port
    network: Network
    images: np.ndarray

    def answers(self) -> list[Answer]:
        found = Reference(self.network).run(self.images)
        return [
            Answer(scores=tuple(scores.tolist()), klass=int(klass))
            for scores, klass in zip(found.scores, found.classes, strict=True)
        ]

    def rows(self) -> list[bytes]:
        return [image.transpose(1, 2, 0).tobytes() for image in self.images]

    def ask(self, data: bytes) -> Frame:
        """Send bytes; returns the one frame of the reply."""
        self.port.write(data)
        parser = Parser()
        frames: list[Frame] = []
        while not frames:
            frames = parser.feed(self.port.read(max(1, self.port.in_waiting)))
        assert len(frames) == 1
        return frames[0]


@pytest.fixture(scope="module", params=["shipped", "colour", "flat", "no slot"])
def live(request: pytest.FixtureRequest) -> Iterator[Live]:
    if request.param == "shipped":
        checkpoint, images = load(EXAMPLE / "net.pt"), np.load(EXAMPLE / "images.npy")[:FEW]
    else:
        flat = request.param == "flat"
        checkpoint = random_checkpoint(FLAT if flat else COLOUR, flat=flat)
        images = random_images(checkpoint, FEW)
    network = fold(checkpoint)
    target = board("ulx3s")
    planned = plan(network, target)
    if request.param == "no slot":
        planned = replace(planned, slots=Slots(count=0))
    assert (planned.entry > 1) == (request.param in ("shipped", "flat"))
    with (
        simulated_board(planned) as path,
        open_port(path, target.baud) as port,
    ):
        yield Live(port=port, network=network, images=images)


def test_the_board_tells_its_network(live: Live) -> None:
    info = Driver(live.port, timeout=TIMEOUT).info()
    assert info.shape == live.network.input_shape
    assert info.classes == len(live.network.classes)
    assert info.digest.hex() == digest(live.network)[:32]


def test_every_score_is_the_reference_s(live: Live) -> None:
    driver = Driver(live.port, timeout=TIMEOUT)
    assert list(driver.classify(live.rows())) == live.answers()
    assert driver.recoveries == 0


def test_a_corrupted_image_is_told_and_the_next_one_is_right(live: Live) -> None:
    info = Driver(live.port, timeout=TIMEOUT).info()
    data = bytearray(Frame(kind=Kind.CLASSIFY, sequence=8, payload=live.rows()[0]).encode())
    data[len(data) // 2] ^= 1
    reply = live.ask(bytes(data))
    assert reply == Frame(kind=Kind.ERROR, sequence=8, payload=bytes([Fault.BAD_CRC]))
    reply = live.ask(Frame(kind=Kind.CLASSIFY, sequence=9, payload=live.rows()[1]).encode())
    assert reply.kind == Kind.CLASSIFY_REPLY
    assert Answer.decode(reply.payload, info) == live.answers()[1]


class Crackling:
    """A port that flips a bit in every ``each``-th byte it writes or reads."""

    def __init__(self, port: Port, each: int) -> None:
        self._port, self._each, self._passed = port, each, 0

    @property
    def in_waiting(self) -> int:
        return int(self._port.in_waiting)

    def read(self, size: int = 1) -> bytes:
        return self._spoil(self._port.read(size))

    def write(self, data: bytes) -> int:
        return int(self._port.write(self._spoil(data)) or 0)

    def _spoil(self, data: bytes) -> bytes:
        spoiled = bytearray(data)
        for at in range(len(data)):
            self._passed += 1
            spoiled[at] ^= not self._passed % self._each
        return bytes(spoiled)


def test_a_bad_line_costs_time_and_never_an_answer(live: Live) -> None:
    # Longer than an image and not a multiple of it: about every third exchange has a fault.
    each = 2 * len(live.rows()[0]) + 173
    driver = Driver(Crackling(live.port, each), timeout=3.0)
    rows = live.rows() * 2
    assert list(driver.classify(rows)) == live.answers() * 2
    assert driver.recoveries > 0


def test_the_command_compares_with_the_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, out = tmp_path / "images.npy", tmp_path / "out.npz"
    np.save(images, np.load(EXAMPLE / "images.npy")[:FEW])
    checkpoint = str(EXAMPLE / "net.pt")
    arguments = ["--port", "sim", "--images", str(images), "--checkpoint", checkpoint]
    assert main([*arguments, "--out", str(out)]) == 0
    assert f"0 of {FEW}" in capsys.readouterr().out
    expected = Reference(fold(load(EXAMPLE / "net.pt"))).run(np.load(images))
    assert np.load(out)["scores"].tolist() == expected.scores.tolist()
    assert np.load(out)["classes"].tolist() == expected.classes.tolist()
