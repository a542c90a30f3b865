"""The networks that are shipped: what their READMEs and their logs promise of them."""

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from model.checkpoint import load
from model.train import COMMAND
from model.work.evaluate import evaluate

EXAMPLES = Path(__file__).parents[2] / "examples"
every_example = pytest.mark.parametrize("name", ["mnist", "cifar10"])


@cache
def shipped(name):
    return load(EXAMPLES / name / "net.pt")


@pytest.mark.parametrize(("name", "method", "trained", "correct", "size"), [
    ("mnist", "bnn-dl", 60_000, 9850, 300_000),
    ("cifar10", "binaryduo", 50_000, 7000, 1_500_000),
])
def test_it_is_small_and_trained_on_all_of_its_set(name, method, trained, correct, size):
    example = shipped(name)
    assert (EXAMPLES / name / "net.pt").stat().st_size < size
    assert (example.method, example.training["train_images"]) == (method, trained)
    assert (example.metrics["images"], example.metrics["data"]) == (10_000, name)
    assert example.metrics["correct"] >= correct


def test_mnist_pools_before_batch_norm_and_pads_with_zeros():
    mnist = shipped("mnist")
    kinds = [record["kind"] for record in mnist.arch["layers"]]
    assert kinds[:4] == ["conv", "max_pool", "batch_norm", "sign"]
    assert {record["pad"] for record in mnist.arch["layers"] if record["kind"] == "conv"} == {
        "zero"}


def test_gammas_of_both_signs_occur_in_every_batch_norm_of_mnist():
    mnist = shipped("mnist")
    for record in mnist.arch["layers"]:
        if record["kind"] == "batch_norm":
            gammas = mnist.state_dict[f"{record['name']}.weight"]
            assert (gammas < 0).any() and (gammas > 0).any(), record["name"]


@pytest.mark.parametrize(("name", "shape", "correct"), [
    ("mnist", (48, 1, 28, 28), 46), ("cifar10", (16, 3, 32, 32), 10),
])
def test_fixture_images_score_alike_by_pytorch_and_in_integers(name, shape, correct):
    folder = EXAMPLES / name
    images, labels = np.load(folder / "images.npy"), np.load(folder / "labels.npy")
    assert (images.shape, images.dtype) == (shape, np.uint8)
    exact = evaluate(shipped(name), images, integer=True)
    assert exact.differing == 0
    assert exact.correct(labels) >= correct


def without_pad(record):
    return {name: value for name, value in record.items() if name != "pad"}


@every_example
def test_log_is_that_of_the_run(name):
    example, log = shipped(name), EXAMPLES / name / "net.log.jsonl"
    first, *epochs, last = map(json.loads, log.read_text().splitlines())
    assert len(epochs) == first["epochs"] == example.training["epochs"]
    assert last == example.metrics
    training = json.loads(json.dumps(example.training))
    assert {key: training[key] for key in first if key != "layers"} == {
        key: value for key, value in first.items() if key != "layers"}
    # Pairs that training holds as one unit of three levels are two bits in what is shipped.
    kept = [record for record in example.arch["layers"] if record["kind"] != "duplicate"]
    assert [without_pad(record) for record in first["layers"]] == list(map(without_pad, kept))


@every_example
def test_documented_command_is_that_of_the_run(name):
    text = (EXAMPLES / name / "README.md").read_text()
    command = re.search(r"python -m model\.train (.*?)\n```", text, re.DOTALL).group(1)
    given = vars(COMMAND.parser().parse_args(command.replace("\\\n", " ").split()))
    for option, value in shipped(name).training.items():
        if given.get(option) is not None:
            assert given[option] == value, option
