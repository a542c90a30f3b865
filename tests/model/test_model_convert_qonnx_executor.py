"""Networks that Brevitas exported, against what QONNX's own executor gave (exported/record.py)."""

import numpy as np
import pytest
import torch

from hw.network.fold import fold
from hw.network.reference import Reference
from model.importers.qonnx.reader import read

pytest.importorskip("onnx", reason="the optional package onnx is not installed")
from exported.record import FOLDER, NAMES, digest, images

pytestmark = pytest.mark.parametrize("name", NAMES)


def test_every_sum_and_score_of_every_image_is_that_of_the_executor(name):
    checkpoint = read(FOLDER / f"{name}.onnx")
    network = checkpoint.module()
    with torch.no_grad():
        stages = network.stages(torch.from_numpy(images()))
    products = [record["name"] for record in checkpoint.arch["layers"]
                if record["kind"] in ("conv", "dense")]
    with np.load(FOLDER / f"{name}.npz") as recorded:
        for product, expected in zip(products, recorded["sums"], strict=True):
            # Two bits stand for each level -1, 0 and +1 of an activation of two bits.
            bits = 1 if product == products[0] else NAMES[name][1]
            sums, rest = np.divmod(stages[product].numpy(), bits)
            assert digest(sums) == expected, product
            assert not rest.any()
        # Every number of these networks is a multiple of a power of two.
        assert (network.scores(stages).numpy() == recorded["scores"]).all()


def test_class_of_the_integers_has_the_executors_largest_score(name):
    with np.load(FOLDER / f"{name}.npz") as recorded:
        expected = recorded["scores"]
    assert len(set(expected.argmax(1).tolist())) == 10
    found = Reference(fold(read(FOLDER / f"{name}.onnx"))).run(images())
    # Some images have two largest scores, exactly equal.
    assert (expected[np.arange(len(expected)), found.classes] == expected.max(1)).all()
