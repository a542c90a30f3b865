"""The one form of a network: what is taken as other programs write it, exactly, and what is not."""

import re
import warnings

import pytest
import torch

from hw.network.fold import fold
from hw.network.reference import Reference
from model.arch import parse
from model.checkpoint import Checkpoint, export, load, save
from model.networks import build
from model.refusal import Refusal
from model.settled import settle


@pytest.fixture
def checkpoint(arch):
    """Batch norms with every value of its own, so that none of them goes unnoticed."""
    torch.manual_seed(7)
    arch["layers"][0]["bias"] = False
    network = build(arch)
    for key, value in network.state_dict().items():
        if key.startswith("bn"):
            value.copy_(torch.rand(value.shape) + 0.5 if value.is_floating_point() else 3)
    return Checkpoint(method="bnn", arch=network.arch.plain(), state_dict=export(network),
                      classes=["a", "b", "c"], metrics={}, training={})


@pytest.fixture
def stored(checkpoint, tmp_path):
    """From a change of a file's content, without its digest, to the checkpoint that is loaded."""
    path = tmp_path / "net.pt"
    save(checkpoint, path)
    content = torch.load(path, weights_only=True)
    del content["digest"]

    def loaded(change):
        change(content)
        torch.save(content, path)
        return load(path)

    return loaded


def everything(type_, keys):
    def change(content):
        for key, value in content["state_dict"].items():
            if re.search(keys, key):
                content["state_dict"][key] = value.to(type_)
    return change


def drop(content, keys):
    for key in [key for key in content["state_dict"] if re.search(keys, key)]:
        del content["state_dict"][key]


def prefixed(prefix):
    def change(content):
        content["state_dict"] = {prefix + key: v for key, v in content["state_dict"].items()}
    return change


def with_dropouts(content):
    layers = content["arch"]["layers"]
    layers.insert(4, {"kind": "dropout", "name": "drop2", "p": 0.1})
    layers.insert(0, {"kind": "dropout", "name": "drop1"})


def in_short(content):
    content["arch"]["input"]["table"] = content["arch"]["input"]["table"][0]
    content["arch"]["layers"][0] |= {"kernel": 3, "padding": 1, "stride": 1}
    content["arch"]["layers"][1] |= {"kernel": 2, "stride": 2}
    content["arch"]["layers"][2]["affine"] = True


def parameters(content):
    for key in ("bn1.weight", "bn1.bias"):
        content["state_dict"][key] = torch.nn.Parameter(content["state_dict"][key])


def strided(content):
    tensors = content["state_dict"]
    tensors["conv1.weight"] = tensors["conv1.weight"].to(memory_format=torch.channels_last)
    tensors["dense.weight"] = tensors["dense.weight"].t().contiguous().t()


@pytest.mark.parametrize("change", [
    prefixed("module."), prefixed("_orig_mod."), prefixed("_orig_mod.module."),
    prefixed("model."), prefixed("module.student."),
    everything(torch.float32, r"\.weight"), everything(torch.bfloat16, "(conv1|dense).weight"),
    everything(torch.float16, "(conv1|dense).weight"), everything(torch.int64, "conv1.weight"),
    everything(torch.int16, "dense.weight"), everything(torch.float64, "."),
    everything(torch.float32, "num_batches"), everything(torch.int32, "num_batches"),
    with_dropouts, in_short, parameters, strided])
def test_the_same_network_written_otherwise_has_the_same_digest(checkpoint, stored, change):
    loaded = stored(change)
    assert loaded.digest == checkpoint.digest
    assert loaded.arch == checkpoint.arch
    assert {key: value.dtype for key, value in loaded.state_dict.items()} == {
        key: value.dtype for key, value in checkpoint.state_dict.items()}


@pytest.mark.parametrize("type_", [torch.bfloat16, torch.float16])
def test_halves_are_taken_with_exactly_their_values(stored, type_):
    halves = {}

    def change(content):
        everything(type_, r"bn.*\.(weight|bias|running)")(content)
        halves.update(content["state_dict"])

    loaded = stored(change)
    for key in ("bn1.weight", "bn1.running_var", "bn_out.bias"):
        assert halves[key].dtype is type_ and loaded.state_dict[key].dtype is torch.float32
        assert torch.equal(loaded.state_dict[key].double(), halves[key].double())


def test_batch_norm_that_is_not_affine_is_pytorchs_own_and_folds_exactly(arch):
    for number in (2, 6):
        arch["layers"][number]["affine"] = False
    arch["layers"][2]["eps"] = 2.5
    torch.manual_seed(1)
    network = build(arch).eval()
    assert "bn1.weight" not in network.state_dict()
    for name in ("bn1", "bn_out"):
        network.layer(name).running_mean.normal_()
        network.layer(name).running_var.uniform_(0.5, 2)
    made = Checkpoint(method="bnn", arch=arch, state_dict=export(network), classes=["a", "b", "c"],
                      metrics={}, training={})
    images = torch.randint(0, 256, (200, 1, 6, 6), dtype=torch.uint8)
    assert torch.equal(made.module()(images), network(images))
    assert (Reference(fold(made)).run(images.numpy()).classes
            == network(images).argmax(1).numpy()).all()


def test_batch_norm_that_is_not_affine_is_stored_with_ones_and_zeros(checkpoint, stored):
    def change(content):
        content["arch"]["layers"][2]["affine"] = False
        drop(content, r"bn1\.(weight|bias)")

    loaded = stored(change)
    assert torch.equal(loaded.state_dict["bn1.weight"], torch.ones(4))
    assert torch.equal(loaded.state_dict["bn1.bias"], torch.zeros(4))
    assert loaded.arch == checkpoint.arch


def test_missing_count_of_batches_is_nought(stored):
    loaded = stored(lambda content: drop(content, "num_batches_tracked"))
    assert loaded.state_dict["bn1.num_batches_tracked"].tolist() == 0


def test_branches_go_round_a_dropout_that_is_left_out(checkpoint):
    checkpoint.arch["layers"][4:4] = [
        {"kind": "dropout", "name": "drop", "from": "pool1"},
        {"kind": "sign", "name": "sign2"},
        {"kind": "add", "name": "both", "from": "sign1"},
        {"kind": "dropout", "name": "drop2"},
        {"kind": "batch_norm", "name": "bn2", "from": "drop2"},
        {"kind": "sign", "name": "sign3"}]
    checkpoint.state_dict = export(build(checkpoint.arch))
    before = checkpoint.module()
    settled = settle(parse(checkpoint.arch), checkpoint.state_dict)
    assert [(record.name, record.source) for record in settled.arch.layers[4:8]] == [
        ("sign2", "pool1"), ("both", "sign1"), ("bn2", "both"), ("sign3", None)]
    checkpoint.arch = settled.arch.plain()
    images = torch.randint(0, 256, (20, 1, 6, 6), dtype=torch.uint8)
    assert torch.equal(checkpoint.module()(images), before(images))


def test_clamp_is_left_out_where_it_changes_no_sign(checkpoint):
    """One that an add reads too stays, and so does one on one side of 0."""
    checkpoint.arch["layers"][3:3] = [
        {"kind": "clamp", "name": "idle"},
        {"kind": "sign", "name": "signs"},
        {"kind": "clamp", "name": "positive", "from": "bn1", "low": 0.0},
        {"kind": "sign", "name": "ones"},
        {"kind": "clamp", "name": "both", "from": "bn1"},
        {"kind": "sign", "name": "more"},
        {"kind": "add", "name": "sum", "from": "both"},
        {"kind": "clamp", "name": "last", "from": "sum"}]
    checkpoint.state_dict = export(build(checkpoint.arch))
    before = checkpoint.module()
    settled = settle(parse(checkpoint.arch), checkpoint.state_dict)
    names = [record.name for record in settled.arch.layers if record.kind == "clamp"]
    assert names == ["positive", "both"]
    assert settled.arch.reads["signs"] == "bn1" and settled.arch.reads["sign1"] == "sum"
    checkpoint.arch = settled.arch.plain()
    images = torch.randint(0, 256, (20, 1, 6, 6), dtype=torch.uint8)
    assert torch.equal(checkpoint.module()(images), before(images))


def test_dropout_acts_while_training_and_not_afterwards(arch):
    arch["layers"].insert(4, {"kind": "dropout", "name": "drop", "p": 0.5})
    network = build(arch)
    images = torch.randint(0, 256, (50, 1, 6, 6), dtype=torch.uint8)
    stages = network.train().stages(images)
    assert 0.3 < (stages["drop"] == 0).float().mean() < 0.7
    stages = network.eval().stages(images)
    assert torch.equal(stages["drop"], stages["sign1"])


def set_(key, value):
    return lambda content: content["state_dict"].update({key: value})


def quantised(content):
    with warnings.catch_warnings():
        # Torch is about to leave them behind; files that hold some will stay.
        warnings.simplefilter("ignore")
        content["state_dict"]["conv1.weight"] = torch.quantize_per_tensor(
            torch.ones(4, 1, 3, 3), 1.0, 0, torch.qint8)


WEIGHT = "conv1.weight: {}; write torch.where(tensor >= 0, 1, -1).to(torch.int8)"


@pytest.mark.parametrize(("change", "said"), [
    (everything(torch.bool, "conv1.weight"), WEIGHT.format("bool values")),
    (everything(torch.uint8, "conv1.weight"), WEIGHT.format("uint8 values")),
    (everything(torch.uint16, "conv1.weight"), WEIGHT.format("uint16 values")),
    (everything(torch.float8_e4m3fn, "conv1.weight"), WEIGHT.format("float8_e4m3fn values")),
    (everything(torch.complex64, "conv1.weight"), WEIGHT.format("complex64 values")),
    (set_("conv1.weight", torch.full((4, 1, 3, 3), 0.5)),
     "36 of 36 binary weights are neither +1 nor -1"),
    (everything(torch.int64, "bn1.weight"), "bn1.weight: int64 values; write tensor.float()"),
    (everything(torch.bool, "bn1.bias"), "bn1.bias: bool values; write tensor.float()"),
    (everything(torch.complex64, "running_var"), "bn1.running_var: complex64 values"),
    (set_("bn1.bias", torch.full((4,), 0.1, dtype=torch.float64)),
     "bn1.bias: 4 of 4 float64 values are not exact in float32; write tensor.float() and measure"),
    (set_("bn1.bias", torch.full((4,), 1e300, dtype=torch.float64)), "not exact in float32"),
    (set_("bn1.num_batches_tracked", torch.tensor(0.5)), "not exact in int64; write tensor.long()"),
    (set_("bn1.num_batches_tracked", torch.zeros(2)), "arch says [], weights have [2]"),
    (set_("conv1.weight", torch.ones(4, 1, 3, 3).to_sparse()),
     "conv1.weight: a sparse tensor; write tensor.to_dense()"),
    (set_("conv1.weight", torch.empty(4, 1, 3, 3, device="meta")), "conv1.weight: a meta tensor"),
    (quantised,
     "conv1.weight: a quantised tensor; write tensor.dequantize()"),
    (set_("conv1.weight", torch.ones(1, dtype=torch.int8).as_strided((4, 1, 3, 3), (0,) * 4)),
     "conv1.weight: claims 36 values of 1 bytes and stores 1 bytes; write tensor.contiguous()"),
    (set_("conv1.weight", [1, -1]), "conv1.weight: [1, -1]; write a tensor"),
    (set_(3, torch.zeros(1)), "state_dict.3: a key 3 that is no text"),
    (lambda content: drop(content, r"bn1\.(weight|bias)"),
     'bn1.weight: arch says [4], weights have nothing (a batch norm without them says "affine":'),
    (lambda content: content["arch"]["layers"][2].update(affine=False),
     'bn1.weight: arch says "affine": false, weights have one'),
    (lambda content: prefixed("module.")(content) or set_("bn9.bias", torch.ones(1))(content),
     "module.conv1.weight: arch says nothing"),
])
def test_what_has_more_than_one_meaning_is_refused_by_place(stored, change, said):
    with pytest.raises(Refusal, match=re.escape(said)) as caught:
        stored(change)
    assert "net.pt: state_dict." in str(caught.value) and len(str(caught.value)) < 2000


def test_saving_refuses_what_loading_refuses(checkpoint, tmp_path):
    checkpoint.state_dict["bn1.bias"] = torch.zeros(4, dtype=torch.complex64)
    checkpoint.metrics["accuracy"] = torch.tensor(0.5)
    with pytest.raises(Refusal, match=r"metrics.accuracy: a tensor.*bn1.bias: complex64 values"):
        save(checkpoint, tmp_path / "other.pt")
    assert not list(tmp_path.iterdir())
