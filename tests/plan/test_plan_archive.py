"""plan.json: what comes back is what was planned, and nothing else comes back."""

import json

import pytest

from boards.catalogue import BOARDS, board
from hw.network.fold import fold
from hw.plan import archive
from hw.plan.search import plan
from model.refusal import Refusal
from sim.random_networks import random_checkpoint


@pytest.fixture(scope="module")
def made():
    network = fold(random_checkpoint(0))
    return plan(network, board("ulx3s"), None, fps=1000.0)


def read(path, made):
    return archive.read(path, made.network, made.board, made.device)


def test_plan_comes_back_whole(made, tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(archive.text(made))
    assert read(path, made) == made


@pytest.mark.parametrize("change", [
    lambda plan: plan["stages"][0].update(cycles=7), lambda plan: plan.update(interval=1),
    lambda plan: plan["stages"].pop(), lambda plan: plan.pop("sha256"), lambda plan: plan.clear(),
    lambda plan: plan.update(clock=plan["clock"] + 1)])
def test_changed_plan_is_refused(made, tmp_path, change):
    path = tmp_path / "plan.json"
    content = json.loads(archive.text(made))
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(Refusal, match=r"plan\.json: not the plan of this build \("):
        read(path, made)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"[" * 100_000, b"\xff", b"{}"])
def test_something_else_is_refused_in_one_line(made, tmp_path, content):
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(Refusal, match=r"not the plan of this build") as caught:
        read(path, made)
    assert "\n" not in str(caught.value)


def test_plan_of_another_network_or_board_is_refused(made, tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(archive.text(made))
    other = next(found for name, found in BOARDS.items() if name != made.board.name)
    for network, wanted in ((fold(random_checkpoint(5)), made.board), (made.network, other)):
        with pytest.raises(Refusal, match="of another network, board or device"):
            archive.read(path, network, wanted, made.device)
