"""``boards.open``: a board with its network, typed answers, and an error for each thing wrong."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from peer import INFO, Peer, answer

import boards
from boards.driver import LinkError
from boards.protocol import Fault, Info
from hw.build import main as build
from hw.network import archive
from model.refusal import Refusal

EXAMPLE = Path(__file__).parents[2] / "examples" / "mnist"


def port(info: Info = INFO, wrong: dict[int, Fault | None] | None = None) -> str:
    peer = Peer(lambda number, reply: reply, wrong or {}, info)
    peer.start()
    return peer.path


def images(count: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (count, *INFO.shape), np.uint8)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the MNIST example that ended with its plan."""
    folder = tmp_path_factory.mktemp("built") / "mnist"
    assert build(["--checkpoint", str(EXAMPLE / "net.pt"), "--board", "ulx3s", "--out", str(folder),
                  "--simulate", "0", "--stop-after", "plan"]) == 0
    return folder


def test_images_give_classes_and_scores_with_progress() -> None:
    given, told = images(5), []
    with boards.open("ulx3s", port()) as board:
        found = board.classify(given, lambda doing, done, total: told.append((done, total)))
        assert board.names == ("0", "1", "2", "3")
    expected = [answer(image.tobytes()) for image in given]
    assert found.scores.tolist() == [list(each.scores) for each in expected]
    assert found.classes.tolist() == [each.klass for each in expected]
    assert (found.scores.dtype, found.classes.dtype) == (np.int64, np.int64)
    assert told == [(done, 5) for done in (1, 2, 3, 4, 5)]


def test_a_single_image_gives_one_row_and_the_next_can_follow() -> None:
    given = images(2)
    with boards.open("ulx3s", port()) as board:
        rows = [board.classify(image).scores.tolist() for image in given]
    assert rows == [[list(answer(image.tobytes()).scores)] for image in given]


@pytest.mark.parametrize("given", [
    np.zeros((1, 1, 4, 5)), np.zeros((4, 5), np.uint8), np.zeros((0, 1, 4, 5), np.uint8),
    np.zeros((1, 5, 4), np.uint8),
], ids=["float", "without channels", "none", "another shape"])
def test_images_of_another_form_are_refused(given: np.ndarray) -> None:
    with boards.open("ulx3s", port()) as board, pytest.raises(Refusal, match="images"):
        board.classify(given)


Opening = Callable[[Path], object]

REFUSED: dict[str, tuple[Opening, str]] = {
    "board": (lambda at: boards.open("ulx4m", "none"), "board 'ulx4m' is not known"),
    "port": (lambda at: boards.open("ulx3s", "/none"), "port '/none' cannot be opened"),
    "sim of what": (lambda at: boards.open("ulx3s", "sim"), "needs a build folder"),
    "no build": (lambda at: boards.open("ulx3s", "sim", at / "none"), "give the folder of a build"),
    "build of another board": (lambda at: boards.open("icebreaker", "sim", at),
                               "a build for the board ulx3s, not for the icebreaker"),
    "another network": (lambda at: boards.open("ulx3s", port(), at),
                        f"the board holds network {INFO.digest.hex()}, and .* is of"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_opened_is_refused(case: str, built: Path) -> None:
    opening, said = REFUSED[case]
    with pytest.raises(Refusal, match=said):
        opening(built)


def test_a_board_with_the_network_of_the_build_has_its_classes(built: Path) -> None:
    network = archive.load(built / "network.npz")
    info = Info(slots=2, shape=network.input_shape, classes=10, score_bytes=2,
                digest=bytes.fromhex(archive.digest(network))[:16])
    with boards.open("ulx3s", port(info), built) as board:
        assert board.names == network.classes
        assert board.info == info


def test_a_board_of_another_protocol_is_a_link_error() -> None:
    with pytest.raises(LinkError, match="does not speak to this board"):
        boards.open("ulx3s", port(replace(INFO, version=9)))


def test_a_broken_frame_is_recovered_from() -> None:
    # The image is the fourth request: each INFO before it is asked for once more by the next room.
    with boards.open("ulx3s", port(wrong={3: Fault.BAD_CRC})) as board:
        found = board.classify(images(1)[0])
    assert found.recoveries == 1
    assert found.scores.tolist() == [list(answer(images(1)[0].tobytes()).scores)]


def test_a_closed_board_says_so() -> None:
    with boards.open("ulx3s", port()) as board:
        pass
    board.close()
    with pytest.raises(ValueError, match="closed"):
        board.classify(images(1))
