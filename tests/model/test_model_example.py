"""The network that is shipped: what its README and its log promise of it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from model.checkpoint import load
from model.evaluate import evaluate
from model.train import command_line

FOLDER = Path(__file__).parents[2] / "examples" / "mnist"


@pytest.fixture(scope="module")
def example():
    return load(FOLDER / "net.pt")


def test_it_is_small_and_trained_on_all_of_mnist(example):
    assert (FOLDER / "net.pt").stat().st_size < 300_000
    assert (example.method, example.training["train_images"]) == ("bnn-dl", 60_000)
    assert (example.metrics["images"], example.metrics["data"]) == (10_000, "mnist")
    assert example.metrics["correct"] >= 9850


def test_it_pools_before_batch_norm_and_pads_with_zeros(example):
    kinds = [record["kind"] for record in example.arch["layers"]]
    assert kinds[:4] == ["conv", "max_pool", "batch_norm", "sign"]
    assert {record["pad"] for record in example.arch["layers"] if record["kind"] == "conv"} == {
        "zero"}


def test_gammas_of_both_signs_occur_in_every_batch_norm(example):
    for record in example.arch["layers"]:
        if record["kind"] == "batch_norm":
            gammas = example.state_dict[f"{record['name']}.weight"]
            assert (gammas < 0).any() and (gammas > 0).any(), record["name"]


def test_fixture_images_score_alike_by_pytorch_and_in_integers(example):
    images, labels = np.load(FOLDER / "images.npy"), np.load(FOLDER / "labels.npy")
    assert (images.shape, images.dtype) == ((48, 1, 28, 28), np.uint8)
    exact = evaluate(example, images, integer=True)
    assert exact.differing == 0
    assert exact.correct(labels) >= 46


def test_log_is_that_of_the_run(example):
    first, *epochs, last = map(json.loads, (FOLDER / "net.log.jsonl").read_text().splitlines())
    assert len(epochs) == first["epochs"] == example.training["epochs"]
    assert last == example.metrics
    assert {key: example.training[key] for key in first if key != "layers"} == {
        key: value for key, value in first.items() if key != "layers"}
    assert first["layers"] == example.arch["layers"]


def test_documented_command_is_that_of_the_run(example):
    command = re.search(r"python -m model\.train (.*?)\n```", (FOLDER / "README.md").read_text(),
                        re.DOTALL).group(1).replace("\\\n", " ")
    given = vars(command_line().parse_args(command.split()))
    for name, value in example.training.items():
        if given.get(name) is not None:
            assert given[name] == value, name
