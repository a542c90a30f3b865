"""Agreement: images of another class than PyTorch's, and which of them by its rounding."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hw.network.agreement import parting
from hw.network.fold import fold
from hw.network.reference import Reference
from model.checkpoint import Checkpoint
from model.work.evaluate import evaluate

BYTES = [[value - 128 for value in range(256)]]


def two_classes(biases, *, hidden=False, signs=(1, 1)):
    """A 1 x 2 image of bytes whose sum both classes read, or their bits, and a bias for each."""
    layers = [{"kind": "flatten", "name": "flat"}]
    state = {"fc.weight": torch.tensor([[signs[0]] * 2, [signs[1]] * 2], dtype=torch.int8),
             "fc.bias": torch.tensor(biases, dtype=torch.float32)}
    if hidden:
        layers += [{"kind": "dense", "name": "first", "out": 2}, {"kind": "sign", "name": "step"}]
        state["first.weight"] = torch.tensor([[1, 1], [1, -1]], dtype=torch.int8)
    layers.append({"kind": "dense", "name": "fc", "out": 2, "bias": True})
    arch = {"input": {"shape": [1, 1, 2], "table": BYTES}, "layers": layers}
    return Checkpoint(method="test", arch=arch, state_dict=state, classes=["a", "b"], metrics={},
                      training={})


def images(*pairs):
    return np.array(pairs, np.uint8).reshape(-1, 1, 1, 2)


def parted(checkpoint, shown, network=None):
    folded = fold(checkpoint) if network is None else network
    classes = Reference(folded).run(shown).classes
    pytorch = evaluate(checkpoint, shown, device="cpu").classes
    return parting(checkpoint, folded, shown, classes, pytorch)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_tie_that_float32_rounds_is_told_apart(hidden):
    """3 and 3 + 2^-22 are two numbers, and one behind a sum of 2 or of 254."""
    found = parted(two_classes([3, 3 + 2**-22], hidden=hidden), images((255, 255), (255, 254)))
    assert found.images.tolist() == [0, 1] if not hidden else [0]
    assert found.rounded.all() and not len(found.real)
    assert "ties that float32 rounds" in found.note


def test_the_command_and_the_evaluation_say_so():
    checkpoint = two_classes([3, 3 + 2**-22])
    exact = evaluate(checkpoint, images((255, 255), (128, 128)), integer=True, device="cpu")
    assert (exact.differing, exact.rounded) == (1, 1)


def test_a_class_that_no_rounding_explains_is_real():
    checkpoint, shown = two_classes([0, 0.5], signs=(1, -1)), images((255, 255), (0, 0))
    folded = fold(checkpoint)
    *nodes, scores = folded.nodes
    turned = replace(folded, nodes=(*nodes, replace(scores, multipliers=-scores.multipliers)))
    found = parted(checkpoint, shown, turned)
    assert found.real.tolist() == found.images.tolist() == [0, 1]
    assert found.note == "" and "2, the first is image 0" in found.told


def test_another_bit_in_front_of_the_scores_is_real():
    """Then the scores are exact, but not of PyTorch's sums."""
    checkpoint = two_classes([0, 0.5], hidden=True, signs=(1, -1))
    folded = fold(checkpoint)
    product, threshold, *others = folded.nodes
    never = replace(threshold, thresholds=threshold.thresholds * 0 + 1000)
    faulty = replace(folded, nodes=(product, never, *others))
    found = parted(checkpoint, images((255, 200)), faulty)
    assert found.images.tolist() == found.real.tolist() == [0]


def test_more_images_than_are_looked_at_at_once(monkeypatch):
    monkeypatch.setattr("hw.network.agreement.CHUNK", 3)
    found = parted(two_classes([3, 3 + 2**-22]), images(*[(255, 255)] * 8))
    assert found.rounded.tolist() == [True] * 8


def test_no_image_that_differs():
    found = parted(two_classes([0, 0.5]), images((255, 255)))
    assert len(found.images) == len(found.rounded) == 0
