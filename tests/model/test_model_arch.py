"""The arch: what it accepts, what it fills in, and every fault told with its place."""

import copy

import pytest
import torch

from model.arch import parse
from model.networks import build
from model.refusal import Refusal
from model.tables import identity, normalised, pynq, table, threshold
from model.topologies import TOPOLOGIES, topology


def told(arch):
    with pytest.raises(Refusal) as caught:
        build(arch)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_are_filled_in_and_kept_by_the_plain_dict(arch):
    plain = parse(arch).plain()
    assert plain["layers"][0] == {
        "kind": "conv", "name": "conv1", "out": 4, "kernel": [3, 3], "stride": [1, 1],
        "padding": [1, 1], "pad": "zero", "bias": True, "weights": "binary"}
    assert plain["layers"][1]["stride"] == [2, 2]
    assert parse(plain) == parse(arch)


@pytest.mark.parametrize(("fields", "kept", "channels"), [
    ({}, {}, 8), ({"count": 2}, {}, 8), ({"count": 3}, {"count": 3}, 12)])
def test_a_duplicate_of_two_is_written_as_before_there_was_a_count(arch, fields, kept, channels):
    arch["layers"][3:3] = [{"kind": "duplicate", "name": "twice", **fields}]
    parsed = parse(arch)
    assert parsed.plain()["layers"][3] == {"kind": "duplicate", "name": "twice", **kept}
    assert parse(parsed.plain()) == parsed
    stages = build(arch).stages(torch.zeros(2, 1, 6, 6, dtype=torch.uint8))
    assert stages["twice"].shape[1] == parsed.shapes["twice"][0] == channels


@pytest.mark.parametrize("count", [1, 16, 2.0, True, "2", None])
def test_a_duplicate_has_two_to_fifteen_copies(arch, count):
    arch["layers"][3:3] = [{"kind": "duplicate", "name": "twice", "count": count}]
    assert "layers[3] 'twice' count: " in told(arch)


def test_shapes_of_all_layers_are_known_and_are_those_of_the_tensors(arch):
    shapes = parse(arch).shapes
    stages = build(arch).stages(torch.zeros(2, 1, 6, 6, dtype=torch.uint8))
    assert shapes == {name: tuple(stage.shape[1:]) for name, stage in stages.items()}
    assert shapes["sign1"] == (4, 3, 3)


def test_all_faults_are_told_at_once_with_layer_and_field(arch):
    arch["layers"][0]["kernel"] = [3, 0]
    arch["layers"][1]["ceil"] = True
    arch["layers"][3]["kind"] = "gelu"
    arch["layers"][5]["name"] = "Dense 1"
    arch["input"]["table"][0][9] = 0.5
    message = told(arch)
    for place in ("layers[0] 'conv1' kernel[1]:", "layers[1] 'pool1' ceil:", "layers[3] 'sign1':",
                  "layers[5] 'Dense 1' name:", "input table[0][9]:"):
        assert place in message
    assert message.count(";") == 4


@pytest.mark.parametrize(("number", "change", "said"), [
    (0, {"pad": "none"}, "padding other than [0, 0]"),
    (0, {"padding": [0, 0]}, "goes with a pad"),
    (0, {"kernel": [9, 9]}, "'conv1': kernel [9, 9] does not fit in the map of [8, 8]"),
    (1, {"kernel": [7, 7], "stride": [1, 1]}, "'pool1': kernel [7, 7] does not fit"),
    (4, {"kind": "relu"}, "'dense': needs a vector, gets a map [4, 3, 3]; put a flatten"),
    (5, {"name": "conv1"}, "layers[5] 'conv1': the name is used twice"),
    (3, {"kind": "add", "from": "later"}, "no earlier layer is called 'later'"),
    (3, {"kind": "add", "from": "conv1"}, "adds [4, 6, 6] of 'conv1' to [4, 3, 3]"),
    (0, {"weights": "ternary"}, "'conv1' weights"),
    (2, {"eps": 0}, "'bn1' eps"),
    (0, {"weights": "integer"}, "'conv1': weights 'integer' with weight_bits None; give 2 to 8"),
    (0, {"weight_bits": 4}, "'conv1': weights 'binary' with weight_bits 4"),
    (5, {"weights": "integer", "weight_bits": 9}, "'dense' weight_bits: found 9, wanted at most 8"),
    (2, {"kind": "affine", "shift": 41, "bits": 25}, "'bn1' shift: found 41, wanted at most 40"),
    (2, {"kind": "affine", "shift": 4, "bits": 25}, "'bn1' bits: found 25, wanted at most 24"),
    (2, {"kind": "clamp", "low": 1.0}, "clamps to at least 1.0 and at most 1.0; give a lower low"),
    (2, {"kind": "clamp", "high": 1e9}, "'bn1' high: found 1000000000.0, wanted at most"),
    (2, {"kind": "global_sum"}, "'bn1': a global_sum computes with integers"),
    (2, {"kind": "subsample", "after": -1}, "'bn1' after: found -1, wanted at least 0"),
    (2, {"kind": "affine", "shift": 4, "bits": 9}, "'bn1': an affine computes with integers"),
])
def test_fault_is_told_with_what_to_change(arch, number, change, said):
    arch["layers"][number] |= change
    if "kind" in change:
        arch["layers"][number] = {"name": arch["layers"][number]["name"], **change}
    assert said in told(arch)


def test_network_must_end_in_one_score_per_class(arch):
    del arch["layers"][4:]
    assert "gives a map [4, 3, 3]" in told(arch)


def test_table_is_one_per_channel_of_256_entries(arch):
    short = copy.deepcopy(arch)
    short["input"]["table"][0].pop()
    assert "input table[0]:" in told(short)
    arch["input"]["table"] *= 2
    assert "2 tables for 1 channels" in told(arch)


def test_sums_that_float32_cannot_hold_are_refused(arch):
    arch["input"]["table"][0][0] = -32768
    arch["layers"][0]["kernel"] = [23, 23]
    arch["layers"][0]["padding"] = [20, 20]
    assert "2^24" in told(arch)


@pytest.mark.parametrize("nonsense", [{}, {"input": 1, "layers": 2}, {"input": {}, "layers": []},
                                      [], "net", None])
def test_something_else_altogether_is_refused(nonsense):
    assert told(nonsense).startswith("arch: ")


@pytest.mark.parametrize("name", ["float", "train", "forward", "arch", "layer", "keys"])
def test_layer_may_bear_a_name_that_torch_uses(arch, name):
    arch["layers"][0]["name"] = name
    network = build(arch)
    assert f"{name}.weight" in network.state_dict()
    assert network(torch.zeros(2, 1, 6, 6, dtype=torch.uint8)).shape == (2, 3)


def test_every_trainable_kind_runs_forward_and_back():
    arch = {"input": {"shape": [2, 5, 5], "table": [identity(), threshold()]}, "layers": [
        {"kind": "conv", "name": "c1", "out": 4, "kernel": [3, 3], "weights": "real"},
        {"kind": "batch_norm", "name": "b1"}, {"kind": "relu", "name": "r1"},
        {"kind": "conv", "name": "c2", "out": 4, "kernel": [1, 3], "padding": [0, 1], "pad": "-1"},
        {"kind": "add", "name": "a1", "from": "r1"}, {"kind": "sign", "name": "s1"},
        {"kind": "conv", "name": "c3", "out": 3, "kernel": [2, 2], "stride": [2, 1], "bias": True},
        {"kind": "global_average_pool", "name": "gap"}, {"kind": "flatten", "name": "f"},
        {"kind": "dense", "name": "d", "out": 2, "weights": "real"}]}
    network = build(arch)
    scores = network(torch.randint(0, 256, (3, 2, 5, 5), dtype=torch.uint8))
    scores.sum().backward()
    assert scores.shape == (3, 2)
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize(("name", "shape", "weights"), [
    ("cnv", [3, 32, 32], 1_542_848), ("tfc", [1, 28, 28], 59_008), ("sfc", [1, 28, 28], 334_336),
    ("lfc", [1, 28, 28], 2_910_208)])
def test_finns_networks_have_their_published_size_without_a_width(name, shape, weights):
    network = build(topology(name, None, shape, [threshold()] * shape[0]))
    assert sum(product.weight.numel() for product in network.products()) == weights


@pytest.mark.parametrize(("name", "shape"), [
    (name, shape) for name in TOPOLOGIES for shape in ([1, 28, 28], [3, 32, 32])
    if (name, shape[0]) != ("cnv", 1)])
def test_named_network_scores_images(name, shape):
    network = build(topology(name, 8, shape, [identity()] * shape[0]))
    assert network(torch.zeros(2, *shape, dtype=torch.uint8)).shape == (2, 10)


def test_unpadded_cnv_on_a_map_too_small_for_it_is_refused():
    with pytest.raises(Refusal, match="'conv6'"):
        build(topology("cnv", 8, [1, 28, 28], [identity()]))


def test_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(Refusal, match="'alexnet'; choose from vgg"):
        topology("alexnet", 8, [3, 32, 32], [])


def test_tables_hold_the_published_roundings():
    mnist = normalised(0.1307, 0.3081, 1)
    assert (min(mnist), max(mnist), mnist[0], mnist[255]) == (-1, 6, -1, 6)
    assert (pynq()[0], pynq()[128], pynq()[255]) == (-128, 1, 127)
    assert identity() == list(range(256))
    assert (threshold()[127], threshold()[128]) == (-1, 1)
    assert table("threshold", [0.5] * 3, [1.0] * 3, 0) == [threshold()] * 3
    with pytest.raises(Refusal, match="no input table is called 'log'"):
        table("log", [0.5], [1.0], 0)
