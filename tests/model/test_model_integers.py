"""Networks of integers: their records, bounds, tensors, and an evaluation in plain integers."""

import re

import numpy as np
import pytest
import torch

from model.arch import parse
from model.checkpoint import Checkpoint, export, load, save
from model.networks import build
from model.refusal import Refusal

RECORDS = {
    "conv": {"kind": "conv", "out": 4, "kernel": [3, 3], "weights": "integer", "weight_bits": 5},
    "one": {"kind": "affine", "shift": 3, "bits": 9},
    "other": {"kind": "affine", "shift": 0, "bits": 17, "from": "conv"},
    "sum": {"kind": "add", "from": "one"},
    "norm": {"kind": "batch_norm"},
    "sign": {"kind": "sign"},
    "last": {"kind": "conv", "out": 3, "kernel": [4, 4]},
}


def residual(**changes):
    """Two affines on the sums of a convolution, and their sum, of which signs are taken."""
    records = {name: {**({} if "kind" in changes.get(name, {}) else record),
                      **changes.get(name, {})} for name, record in RECORDS.items()}
    return {"input": {"shape": [2, 6, 6], "table": list(range(-128, 128))},
            "layers": [{"name": name, **record} for name, record in records.items()]}


@pytest.fixture
def checkpoint():
    """Random weights of all values, and affines of which some results saturate."""
    random = np.random.default_rng(5)
    network = build(residual())
    tensors = export(network)
    tensors["conv.weight"] = torch.from_numpy(random.integers(-16, 16, (4, 2, 3, 3), np.int8))
    tensors["one.multiplier"] = torch.tensor([3, -2, 1, 0], dtype=torch.int32)
    tensors["one.offset"] = torch.tensor([4, -700, 2**40, 17])
    tensors["other.multiplier"] = torch.tensor([1, 5, -9, 11], dtype=torch.int32)
    tensors["norm.running_mean"] = torch.tensor([300., -20, 7, -800])
    tensors["norm.weight"] = torch.tensor([1., -1, 0.25, 3])
    return Checkpoint(method="bnn", arch=network.arch.plain(), state_dict=tensors,
                      classes=["a", "b", "c"], metrics={}, training={})


def test_integers_are_known_with_their_bounds_up_to_the_first_other_numbers():
    known = parse(residual()).integers
    assert {name: each and each.largest for name, each in known.items()} == {
        "conv": 18 * 128 * 16, "one": 256, "other": 65536, "sum": 65792, "norm": None, "sign": 1,
        "last": 64}


@pytest.mark.parametrize(("changes", "said"), [
    ({"norm": {"kind": "dropout"}, "sign": {"kind": "affine", "shift": 0, "bits": 23}},
     "'last': 64 inputs of up to 4194304 can sum to 2^24"),
    ({"one": {"bits": 24}, "other": {"bits": 24}},
     "'sum': integers of up to 8388608 and, of 'one', 8388608 can sum to 2^24 or more"),
    ({"norm": {"kind": "dropout"}, "sign": {"kind": "affine", "shift": 0, "bits": 12},
      "last": {"weights": "integer", "weight_bits": 8}},
     "'last': 64 inputs of up to 2048 and weights of up to 128 can sum to 2^24 or more"),
    ({"norm": {"kind": "affine", "shift": 1, "bits": 3}, "sum": {"kind": "batch_norm"},
      "last": {"bias": True}, "sign": {"kind": "affine", "shift": 1, "bits": 3}},
     "'norm': an affine computes with integers"),
    ({"conv": {"bias": True}}, "'one': an affine computes with integers"),
    ({"conv": {"weights": "real", "weight_bits": None}}, "'one': an affine computes with integers"),
])
def test_integers_that_float32_cannot_hold_are_refused_and_so_are_other_numbers(changes, said):
    with pytest.raises(Refusal, match=re.escape(said)):
        parse(residual(**changes))


@pytest.mark.parametrize(("bits", "exact"), [(2, True), (8, False)])
def test_sums_of_sums_need_not_be_exact_and_are_integers_where_they_are(bits, exact):
    known = parse(residual(one={"kind": "relu"}, sum={"kind": "add", "from": "conv"},
                           other={"kind": "conv", "out": 4, "kernel": [1, 1],
                                  "weights": "integer", "weight_bits": bits})).integers
    assert known["one"] is not None
    assert (known["other"] is not None, known["sum"] is not None) == (exact, exact)


def test_evaluation_is_the_one_in_plain_integers(checkpoint):
    images = np.random.default_rng(2).integers(0, 256, (40, 2, 6, 6), np.uint8)
    tensors = {key: value.numpy() for key, value in checkpoint.state_dict.items()}
    pixels = images.astype(np.int64) - 128
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (3, 3), axis=(2, 3))
    sums = np.einsum("nchwyx,ocyx->nohw", windows, tensors["conv.weight"].astype(np.int64))

    def affine(name, shift, bits):
        multiplier, offset = (tensors[f"{name}.{key}"].astype(np.int64)[:, None, None]
                              for key in ("multiplier", "offset"))
        return np.clip((sums * multiplier + offset) // 2**shift, -2**(bits - 1), 2**(bits - 1) - 1)

    one, other = affine("one", 3, 9), affine("other", 0, 17)
    assert {-256, 255} <= set(one.flat)
    stages = checkpoint.module().stages(torch.from_numpy(images))
    for name, expected in (("conv", sums), ("one", one), ("other", other), ("sum", one + other)):
        assert np.array_equal(stages[name].numpy(), expected), name


def test_integers_are_stored_in_types_of_their_own(checkpoint, tmp_path):
    save(checkpoint, tmp_path / "net.pt")
    loaded = load(tmp_path / "net.pt")
    assert loaded.arch["layers"][0]["weight_bits"] == 5
    for key, type_ in (("conv.weight", torch.int8), ("one.multiplier", torch.int32),
                       ("one.offset", torch.int64)):
        assert loaded.state_dict[key].dtype is type_
        assert torch.equal(loaded.state_dict[key], checkpoint.state_dict[key])
    checkpoint.state_dict |= {key: checkpoint.state_dict[key].double()
                              for key in ("conv.weight", "one.multiplier", "one.offset")}
    assert checkpoint.digest == loaded.digest


@pytest.mark.parametrize(("key", "value", "said"), [
    ("conv.weight", 16, "conv.weight: 1 of 72 values are not within -16 and 15, the first 16 at "
     "[0, 0, 0, 1]; make it with model.quantise, or give the record more bits"),
    ("conv.weight", 300.0, "values are not within -16 and 15, the first 300.0 at"),
    ("conv.weight", 0.5, "1 of 72 float32 values are not exact in int8; write tensor.to(torch.in"),
    ("one.multiplier", 2**31, "one.multiplier: 1 of 4 values are not within -2147483648 and"),
    ("one.offset", 2**56, "one.offset: 1 of 4 values are not within -36028797018963968 and"),
    ("one.offset", float("nan"), "one.offset: 1 of 4 values are not finite"),
    ("one.offset", 1.5, "one.offset: 1 of 4 float32 values are not exact in int64; write"),
])
def test_values_that_no_integer_of_the_record_has_are_refused(checkpoint, tmp_path, key, value,
                                                              said):
    tensors = checkpoint.state_dict
    tensors[key] = tensors[key].float() if isinstance(value, float) else tensors[key].long()
    tensors[key].view(-1)[1] = value
    with pytest.raises(Refusal, match=re.escape(said)):
        save(checkpoint, tmp_path / "net.pt")
    assert not list(tmp_path.iterdir())
