"""Files of BinaryNet.pytorch: against that program's modules rebuilt here, bit by bit."""

import numpy as np
import pytest
import torch
from torch import nn

from hw.network.fold import fold
from hw.network.reference import Reference
from hw.plan.graph import layers
from model import convert
from model.checkpoint import load
from model.importers.binarynet import TOPOLOGIES, read
from model.importers.normalisation import Normalisation
from model.refusal import Refusal

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FINE = Normalisation(mean=MEAN, std=STD, scale_bits=8)
VGG, ALEXNET = TOPOLOGIES


class Binary(nn.Module):
    """A layer as that program has it: signs of its latents, and of its input unless an image."""

    def __init__(self, layer, *, image=False):
        super().__init__()
        self.layer, self.image = layer, image
        self.weight, self.bias = layer.weight, layer.bias

    def forward(self, x):
        x = x if self.image else x.clamp(-1, 1).sign()
        self.layer.weight.data = self.weight.sign()
        return self.layer(x)


def upstream(topology, seed, classes=5):
    """A narrow network with the modules and their numbers of the published one."""
    generator = torch.Generator().manual_seed(seed)
    features, channels, side = nn.Sequential(), 3, topology.side
    widths = [4, 6, 8, 7, 5, 4]
    for conv, width in zip(topology.convs, widths, strict=False):
        made = nn.Conv2d(channels, width, conv.kernel, stride=conv.stride, padding=conv.padding)
        features.add_module(str(conv.number), Binary(made, image=conv.number == 0))
        side = (side + 2 * conv.padding - conv.kernel) // conv.stride + 1
        if conv.pool:
            features.add_module(str(conv.number + 1), nn.MaxPool2d(conv.pool, 2))
            side = (side - conv.pool) // 2 + 1
        features.add_module(str(conv.norm), nn.BatchNorm2d(width))
        channels = width
    classifier, inputs = nn.Sequential(), channels * side * side
    for number, outputs in ((0, 24), (3, 16), (6, classes)):
        classifier.add_module(str(number), Binary(nn.Linear(inputs, outputs)))
        affine = topology.affine or number < 6
        classifier.add_module(str(number + 1), nn.BatchNorm1d(outputs, affine=affine))
        inputs = outputs
    network = nn.ModuleDict({"features": features, "classifier": classifier})
    for module in network.modules():
        if isinstance(module, Binary):
            module.weight.data.normal_(generator=generator)
            module.bias.data.normal_(0, 0.3, generator=generator)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_(0, 2, generator=generator)
            module.running_var.uniform_(1, 30, generator=generator)
            if module.affine:
                module.weight.data.normal_(generator=generator)  # of both signs
                module.bias.data.normal_(generator=generator)
    return network.eval()


def state(network):
    return {key: value for key, value in network.state_dict().items() if ".layer." not in key}


def saved(folder, network, *, prefix="", alone=False, tensors=None, without=()):
    content = {prefix + key: value.clone() for key, value in state(network).items()} | (
        tensors or {})
    for key in without:
        del content[prefix + key]
    if not alone:
        content = {"epoch": 3, "model": "vgg_cifar10_binary", "config": "", "best_prec1": 9.0,
                   "state_dict": content, "regime": {0: {"betas": (0.9, 0.999), "lr": 0.1}}}
    torch.save(content, folder / "model_best.pth.tar")
    return folder / "model_best.pth.tar"


def pictures(count, side):
    return np.random.default_rng(count).integers(0, 256, (count, 3, side, side), np.uint8)


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda each: each.name)
@pytest.mark.parametrize(("seed", "prefix", "alone"), [(1, "", False), (2, "module.", True)])
def test_every_hidden_bit_and_class_is_that_of_the_published_module(
    tmp_path, topology, seed, prefix, alone
):
    network = upstream(topology, seed)
    checkpoint = read(saved(tmp_path, network, prefix=prefix, alone=alone), FINE)
    images = pictures(12 if topology is VGG else 3, topology.side)
    folded = fold(checkpoint)
    traced = Reference(folded).trace(images)
    table = np.array(checkpoint.arch["input"]["table"])
    # The same rounding in front of both: then nothing may differ.
    rounded = np.stack([table[c][images[:, c]] for c in range(3)], axis=1) / FINE.scale
    hidden, found = layers(folded)[:-1], []
    with torch.no_grad():
        x = torch.from_numpy(rounded).double()
        for module in network.double()["features"]:
            x = module(x)
            found += [x] if isinstance(module, nn.BatchNorm2d) else []
        x = x.flatten(1)
        for module in network["classifier"]:
            x = module(x)
            found += [x] if isinstance(module, nn.BatchNorm1d) else []
    for wanted, layer in zip(found[:-1], hidden, strict=True):
        bits = traced[layer.output].astype(bool)
        assert not (wanted == 0).any()
        assert ((wanted > 0).numpy().reshape(bits.shape) == bits).all(), layer.name
        assert 0 < float(np.mean(bits)) < 1
    assert (Reference(folded).run(images).classes == x.argmax(1).numpy()).all()


def test_older_files_with_signs_in_place_of_latents_are_the_same_network(tmp_path):
    network = upstream(VGG, 3)
    latents = read(saved(tmp_path, network), FINE)
    for module in network.modules():
        if isinstance(module, Binary):
            module.weight.data.sign_()
    older = read(saved(tmp_path, network), FINE)
    assert latents.digest == older.digest


def test_a_last_batch_norm_with_gammas_is_read_with_them(tmp_path):
    given = {"classifier.7.weight": torch.tensor([2.0, 1, 1, 1, -1]),
             "classifier.7.bias": torch.arange(5.0)}
    checkpoint = read(saved(tmp_path, upstream(VGG, 1), tensors=given), FINE)
    assert checkpoint.state_dict["bn9.weight"].tolist() == [2.0, 1, 1, 1, -1]
    assert checkpoint.state_dict["bn9.bias"].tolist() == [0.0, 1, 2, 3, 4]


def filled(network, key, value):
    return {key: torch.full_like(state(network)[key], value)}


@pytest.mark.parametrize(("changes", "told"), [
    ({"without": ["features.3.bias"]}, "features.3.bias is missing"),
    ({"without": ["features.5.running_var", "classifier.0.weight"]},
     "features.5.running_var is missing; classifier.0.weight is missing"),
    ({"tensors": {"head.weight": torch.ones(2)}}, "head.weight is no tensor of it"),
    ({"tensors": filled(upstream(VGG, 1), "features.7.weight", 0)},
     "features.7.weight: 432 of 432 weights are exactly 0, of which torch.sign makes 0"),
    ({"tensors": filled(upstream(VGG, 1), "features.0.weight", np.nan)},
     "108 of 108 values of features.0.weight are not finite"),
    ({"tensors": filled(upstream(VGG, 1), "features.8.running_var", -1)},
     "features.8.running_var has a negative variance"),
    ({"tensors": {"features.3.weight": torch.ones(6, 4, 5, 5)}},
     "features.3.weight is 6 x 4 x 5 x 5, and not any x 4 x 3 x 3"),
    ({"tensors": {"features.3.weight": torch.ones(6, 2, 3, 3)}}, "and not any x 4 x 3 x 3"),
    ({"tensors": {"classifier.3.weight": torch.ones(16, 24).double()}},
     "classifier.3.weight has float64 values; write tensor.float()"),
    ({"tensors": {"classifier.3.weight": torch.tensor(1.0)}}, "is one number, and not any x 24"),
    ({"tensors": {"features.20.weight": torch.ones(4, 4, 3, 3)}},
     "its features are those of none of the networks that are read, which are vgg_cifar10_binary"),
    ({"tensors": {"fc4.weight": torch.ones(4, 4)}}, "main_mnist.py has a last layer fc4 of real"),
])
def test_what_is_no_such_network_is_refused_by_name(tmp_path, changes, told):
    with pytest.raises(Refusal) as refusal:
        read(saved(tmp_path, upstream(VGG, 1), **changes), FINE)
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_all_faults_are_said_at_once(tmp_path):
    with pytest.raises(Refusal) as refusal:
        read(saved(tmp_path, upstream(VGG, 1), without=["features.5.bias", "classifier.4.weight"],
                   tensors={"x": torch.ones(1)}), FINE)
    told = str(refusal.value)
    assert told.endswith("not vgg_cifar10_binary: features.5.bias is missing; classifier.4.weight"
                         " is missing; x is no tensor of it")


@pytest.mark.parametrize("content", [
    {}, {"state_dict": {}}, {"state_dict": {"a": 3}}, {"epoch": 1}, {1: torch.ones(1)},
    {"a": torch.ones(2, device="meta")}, {"a": torch.ones(2).to_sparse()}])
def test_a_file_without_a_state_dict_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "x.pth")
    with pytest.raises(Refusal, match="has no state dict of tensors"):
        read(tmp_path / "x.pth", FINE)


def test_files_of_other_programs_are_refused_with_what_to_save(tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"state_dict": {}, "regime": {0: torch.optim.Adam}}, path)
    with pytest.raises(Refusal, match="nothing in it was run; give torch"):
        read(path, FINE)
    torch.save({"a": torch.ones(1)}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(Refusal, match="save it again as today"):
        read(path, FINE)
    path.write_bytes(b"no archive")
    with pytest.raises(Refusal, match="not a state dict, and nothing in it was run; give torch"):
        read(path, FINE)


def test_hidden_layers_that_the_program_would_not_binarise_are_refused(tmp_path):
    network = upstream(VGG, 1)
    narrow = {"features.0.weight": torch.ones(3, 3, 3, 3), "features.3.weight": torch.ones(
        6, 3, 3, 3), **{f"features.{key}": torch.ones(3) for key in (
            "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var")}}
    with pytest.raises(Refusal, match="3 reads 3 channels, which that program takes for"):
        read(saved(tmp_path, network, tensors=narrow), FINE)
    dense = {"classifier.0.weight": torch.ones(784, 64), "classifier.3.weight": torch.ones(16, 784),
             **{f"classifier.{key}": torch.ones(784) for key in (
                 "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var")}}
    with pytest.raises(Refusal, match="3 reads 784 values, which that program takes"):
        read(saved(tmp_path, network, tensors=dense), FINE)


def test_the_command_converts_and_says_what_is_missing(tmp_path, capsys):
    path, out = saved(tmp_path, upstream(VGG, 2)), tmp_path / "net.pt"
    words = ["--from", "binarynet", str(path), str(out)]
    assert convert.main(words) == 2
    assert "give --mean and --std" in capsys.readouterr().err
    real = ["--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225"]
    assert convert.main([*words, *real]) == 0
    assert "9 binary layers" in capsys.readouterr().out
    assert load(out).method == "binarynet"
