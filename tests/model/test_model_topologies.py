"""Named networks: the sizes their papers print, and branches that compute what they say."""

import pytest
import torch

from model.arch import parse
from model.losses import tap_names
from model.networks import build
from model.refusal import Refusal
from model.residual import FACTORS
from model.tables import identity
from model.topologies import topology

SHAPE = [3, 32, 32]
TABLE = [identity()] * 3


def skeleton(name, width, classes=10):
    """The network without memory: shapes are all that is asked."""
    with torch.device("meta"):
        return build(topology(name, width, SHAPE, TABLE, classes))


def weight_bits(network):
    return sum(product.weight.numel() for product in network.products())


def macs(network):
    """Multiply-accumulates of a frame: each weight once for every position of its layer."""
    shapes = network.arch.shapes
    return sum(network.layer(record.name).weight.numel() * positions(shapes[record.name])
               for record in network.arch.layers if record.kind in ("conv", "dense"))


def positions(shape):
    return shape[1] * shape[2] if len(shape) == 3 else 1


@pytest.mark.parametrize(("net", "name", "width", "millions", "bits"), [
    (1, "vgg-shallow", 128, 382.5, 1_058_688), (2, "vgg", 128, 610.5, 4_620_672),
    (3, "vgg", 179, 1190, 9_008_712), (4, "vgg", 256, 2429, 18_383_616),
    (5, "vgg", 384, 5455, 41_288_832), (6, "vgg", 51, 98.5, 745_416),
    (7, "vgg", 64, 154.2, 1_167_552), (8, "vgg", 96, 344.6, 2_608_416),
    (9, "vgg", 128, 610.5, 4_620_672)])
def test_nets_1_to_9_have_the_macs_and_weight_bits_of_table_3(net, name, width, millions, bits):
    network = skeleton(name, width)
    digits = 0 if millions >= 1000 else 1
    assert (round(macs(network) / 1e6, digits), weight_bits(network)) == (millions, bits), net


@pytest.mark.parametrize(("width", "megabytes"), [(128, 5.6), (192, 12.6), (256, 22.3)])
def test_nets_10_to_12_have_the_published_storage(width, megabytes):
    assert round(weight_bits(skeleton("resnet20", width, 100)) / 8e6, 1) == megabytes


@pytest.mark.parametrize(("name", "bits"), [("resnet18", 11_164_352), ("vgg-small", 4_656_512)])
def test_others_have_the_weights_of_their_first_width(name, bits):
    assert weight_bits(skeleton(name, None)) == bits


@pytest.mark.parametrize("name", ["resnet20", "resnet18"])
def test_maps_of_a_residual_network_halve_where_it_grows(name):
    shapes = skeleton(name, 4, 100).arch.shapes
    assert [shapes[f"add{n}"] for n in range(1, 9)] == [
        (4 * factor, 32 // factor, 32 // factor) for factor in FACTORS]
    assert shapes["dense"] == (100,)


def test_both_branches_of_resnet20_end_in_a_batch_norm_and_resnet18_hands_on():
    for name, shortcuts in (("resnet20", [f"bn{n}_3" for n in range(1, 9)]),
                            ("resnet18", ["bn0", "add1", "bn3_3", "add3", "bn5_3", "add5",
                                          "bn7_3", "add7"])):
        arch = skeleton(name, 4).arch
        adds = [record.source for record in arch.layers if record.kind == "add"]
        assert adds == shortcuts
        assert arch.reads["short3"] == "sign3_1"
        assert arch.reads["bn3_4"] == "short3"
    assert skeleton("resnet20", 4).arch.reads["bn2_4"] == "add1"


def branching(shape=(2, 5, 5)):
    """a -> b, c reads a as well, then b + c: by hand below."""
    return {"input": {"shape": list(shape), "table": [[p - 128 for p in range(256)]] * shape[0]},
            "layers": [
                {"kind": "conv", "name": "a", "out": 3, "kernel": [1, 1]},
                {"kind": "sign", "name": "s"},
                {"kind": "conv", "name": "b", "out": 4, "kernel": [3, 3], "stride": [2, 2],
                 "padding": [1, 1], "pad": "zero"},
                {"kind": "conv", "name": "c", "out": 4, "kernel": [1, 1], "stride": [2, 2],
                 "from": "s"},
                {"kind": "add", "name": "sum", "from": "b"},
                {"kind": "global_average_pool", "name": "average"}]}


def test_a_layer_reads_the_earlier_one_it_names():
    torch.manual_seed(4)
    network = build(branching()).eval()
    images = torch.randint(0, 256, (3, 2, 5, 5), dtype=torch.uint8)
    stages = network.stages(images)
    signs = stages["s"]
    b, c = network.layer("b")(signs), network.layer("c")(signs)
    assert torch.equal(stages["c"], c)
    assert torch.equal(stages["sum"], b + c)
    assert network.arch.shapes == {k: tuple(v.shape[1:]) for k, v in stages.items()}


def test_stages_that_are_not_asked_for_are_let_go_and_change_nothing():
    torch.manual_seed(4)
    network = build(branching()).eval()
    images = torch.randint(0, 256, (3, 2, 5, 5), dtype=torch.uint8)
    every = network.stages(images)
    some = network.stages(images, only=("a", "average"))
    assert list(some) == ["a", "average"]
    assert all(torch.equal(some[name], every[name]) for name in some)
    assert torch.equal(network(images), every["average"].flatten(1))


def test_taps_are_what_a_sign_reads():
    arch = branching()
    arch["layers"][4:] = [{"kind": "sign", "name": "far", "from": "b"},
                          {"kind": "global_average_pool", "name": "average"}]
    assert tap_names(build(arch)) == ["a", "b"]
    taps = tap_names(skeleton("resnet20", 4))
    assert taps == [f"bn{n}_{m}" for n in range(1, 9) for m in (1, 2)] + ["bn_last"]


def test_plain_dict_says_from_only_where_a_layer_reads_another():
    plain = parse(branching()).plain()
    assert [layer.get("from", "-") for layer in plain["layers"]] == ["-", "-", "-", "s", "b", "-"]
    assert parse(plain) == parse(branching())


@pytest.mark.parametrize(("number", "change", "said"), [
    (3, {"from": "later"}, "layers[3] 'c' from: no earlier layer is called 'later'"),
    (3, {"from": "c"}, "layers[3] 'c' from: no earlier layer is called 'c'"),
    (3, {"from": 7}, "layers[3] 'c' from: found 7, wanted text"),
    (4, {"from": "s"}, "adds [3, 5, 5] of 's' to [4, 3, 3]"),
    (4, {"from": None}, "layers[4] 'sum' from: found None, wanted text"),
])
def test_a_source_that_is_not_there_is_told(number, change, said):
    arch = branching()
    arch["layers"][number] |= change
    with pytest.raises(Refusal) as caught:
        build(arch)
    assert said in str(caught.value)


def test_sums_are_bounded_by_what_a_branch_reads():
    arch = {"input": {"shape": [600, 1, 1], "table": [[32767] * 256] * 600}, "layers": [
        {"kind": "max_pool", "name": "same", "kernel": [1, 1]},
        {"kind": "sign", "name": "bits"},
        {"kind": "conv", "name": "far", "out": 1, "kernel": [1, 1], "from": "bits"}]}
    build(arch)
    arch["layers"][2]["from"] = "same"
    with pytest.raises(Refusal, match=r"'far': 600 inputs of up to 32767 can sum to 2\^24"):
        build(arch)
