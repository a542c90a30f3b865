"""Checkpoints of BNN-DL's own program: against its module rebuilt here, bit by bit."""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from hw.network.fold import fold
from hw.network.reference import Reference
from hw.plan.graph import layers
from model import convert
from model.checkpoint import load
from model.importers.bnn_dl import EPS, read
from model.importers.normalisation import Normalisation
from model.refusal import Refusal
from model.work.convert import convert as converted

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FINE = Normalisation(mean=MEAN, std=STD, scale_bits=8)
WIDTHS, POOLS = (4, 6, 8, 8, 10), (False, True, False, True, False)
ENDS = "VGG of BNN-DL"


class Signs(nn.Module):
    """Hardtanh and ``torch.sign``, as that program has them."""

    def forward(self, x):
        return x.clamp(-1, 1).sign()


def upstream(seed: int, classes: int = 10) -> nn.Module:
    """A narrow VGG whose modules are numbered as in the published program."""
    generator = torch.Generator().manual_seed(seed)
    network, channels = nn.Sequential(OrderedDict()), 3
    for number, (width, pool) in enumerate([*zip(WIDTHS, POOLS, strict=True), (classes, False)]):
        last = number == len(WIDTHS)
        parts = [] if number == 0 else [Signs()]
        parts.append(nn.Conv2d(channels, width, 3, padding=1))
        parts += [nn.MaxPool2d(2)] if pool else []
        parts.append(nn.BatchNorm2d(width, eps=EPS))
        network.add_module("classifier" if last else f"features{number}", nn.Sequential(*parts))
        channels = width
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            signs = torch.randint(0, 2, module.weight.shape, generator=generator)
            module.weight.data = 2.0 * signs - 1
            module.bias.data.normal_(0, 0.1, generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            spread = 9 * module.num_features**0.5
            module.weight.data.normal_(generator=generator)  # of both signs
            module.bias.data.normal_(generator=generator)
            module.running_mean.normal_(0, 2, generator=generator)
            module.running_var.uniform_(1, spread, generator=generator)
    return network.eval()


def saved(folder, network, *, prefix="", **changes):
    state = {prefix + key: value.float() for key, value in network.state_dict().items()}
    state |= changes.pop("tensors", {})
    for key in changes.pop("without", ()):
        del state[prefix + key]
    content = {"epoch": 3, "model": "vgg", "config": {}, "state_dict": state, "best_prec1": 9.0,
               "regime": {0: {"lr": 0.1}}, "parameters": [torch.zeros(2)], **changes}
    torch.save(content, folder / "model.pth.tar")
    return folder / "model.pth.tar"


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 3, 32, 32), np.uint8)


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_hidden_bit_and_class_is_that_of_the_published_module(tmp_path, seed, prefix):
    network = upstream(seed)
    checkpoint = read(saved(tmp_path, network, prefix=prefix), FINE)
    images = pictures(12)
    folded = fold(checkpoint)
    traced = Reference(folded).trace(images)
    table = np.array(checkpoint.arch["input"]["table"])
    # The same rounding in front of both: then nothing may differ.
    read_ = np.stack([table[c][images[:, c]] for c in range(3)], axis=1) / FINE.scale
    x, hidden = torch.from_numpy(read_).double(), layers(folded)[:-1]
    doubles = network.double()
    with torch.no_grad():
        for block, layer in zip(doubles, hidden, strict=False):
            x = block(x)
            bits = traced[layer.output].astype(bool)
            # A pool of sums comes before the norm there, and behind the bits here.
            assert ((x > 0).numpy() == bits).all(), layer.name
        scores = doubles[-1](x).mean(dim=(2, 3))
    assert (Reference(folded).run(images).classes == scores.argmax(1).numpy()).all()
    assert 0 < float(np.mean(bits)) < 1


def test_more_bits_of_the_scale_are_nearer_to_real_input(tmp_path):
    path, images = saved(tmp_path, upstream(1)), pictures(60)
    network = upstream(1)
    real = (torch.from_numpy(images) / 255 - torch.tensor(MEAN).view(3, 1, 1)
            ) / torch.tensor(STD).view(3, 1, 1)
    with torch.no_grad():
        first = network[0](real) > 0
        classes = network(real).mean(dim=(2, 3)).argmax(1)
    found = []
    for bits in (0, 4, 13):
        ways = Normalisation(mean=MEAN, std=STD, scale_bits=bits)
        checkpoint = read(path, ways)
        with torch.no_grad():
            stages = checkpoint.module().stages(torch.from_numpy(images))
        found.append(int(((stages["sign1"] > 0) != first).sum()))
        differing = int((stages["average"].flatten(1).argmax(1) != classes).sum())
        assert abs(ways.differing(checkpoint, images) - differing) <= 1  # float32 rounds as well
    assert found[0] > 10 * found[1] > 100 * found[2]


@pytest.mark.parametrize(("make", "told"), [
    (lambda folder: saved(folder, upstream(1), state_dict=3), "and no state_dict"),
    (lambda folder: saved(folder, upstream(1), state_dict={}), "it has no features and no class"),
    (lambda folder: saved(folder, upstream(1), tensors={"fc.weight": torch.zeros(2)}),
     "fc.weight is no tensor of features or classifier"),
    (lambda folder: saved(folder, upstream(1), without=["features1.1.bias"]),
     "features1 has no 1.bias"),
    (lambda folder: saved(folder, upstream(1), tensors={
        "features0.0.weight": torch.full((4, 3, 3, 3), 0.5)}),
     "features0.0.weight: 108 of 108 weights are neither +1 nor -1, it is real"),
    (lambda folder: saved(folder, upstream(1), tensors={
        "features0.0.weight": torch.ones(4, 3, 3, 3) * (torch.arange(3) > 0)}),
     "features0.0.weight: 36 of 108 weights are neither +1 nor -1, 36 are 0"),
    (lambda folder: saved(folder, upstream(1), tensors={
        "features0.0.weight": torch.ones(4, 3, 5, 5)}), "has the shape (4, 3, 5, 5)"),
    (lambda folder: saved(folder, upstream(1), tensors={
        "features2.2.running_mean": torch.zeros(9)}), "a batch norm of other sizes than the 8"),
])
def test_what_is_no_such_network_is_refused_by_name(tmp_path, make, told):
    with pytest.raises(Refusal) as refusal:
        read(make(tmp_path), FINE)
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_published_alexnet_is_refused_by_its_real_layers(references):
    path = references / "upstream-bnn-dl" / "alexnet_small_neurons64_infl0.125.pth.tar"
    with pytest.raises(Refusal) as refusal:
        read(path, FINE)
    told = str(refusal.value)
    assert "features0.0.weight: 4,356 of 4,356 weights are neither +1 nor -1, it is real" in told
    assert "has the shape (12, 3, 11, 11), and is not that of a 3x3 convolution" in told
    assert told.endswith("more") and "\n" not in told


def test_the_command_says_how_many_classes_differ(tmp_path, capsys):
    path, out = saved(tmp_path, upstream(2)), tmp_path / "net.pt"
    np.save(tmp_path / "X.npy", pictures(20))
    words = ["--from", "bnn-dl", str(path), str(out)]
    assert convert.main(words) == 2
    assert "does not tell how images were normalised; give --mean and --std" in (
        capsys.readouterr().err)
    real = ["--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225"]
    assert convert.main([*words, *real, "--images", str(tmp_path / "X.npy")]) == 0
    said = capsys.readouterr().out
    assert "6 binary layers" in said and "of 20 images have another class than with real" in said
    assert load(out).training["scale_bits"] == 8


@pytest.mark.parametrize(("words", "told"), [
    (["--mean", "0.5,0.5,0.5"], "--mean without --std; give both"),
    (["--mean", "0.5,x", "--std", "1"], "--mean '0.5,x': give a number for each channel"),
    (["--mean", "0.5", "--std", "0"], "--std '0': give a number above 0 for each channel"),
    (["--mean", "0.5", "--std", "1"], "--mean has 1 numbers and --std 1 for images of 3 channels"),
    (["--images", "X.npy"], "give --mean and --std with it"),
])
def test_options_of_the_input_are_refused_in_one_line(tmp_path, capsys, words, told):
    path = saved(tmp_path, upstream(1))
    out = tmp_path / "net.pt"
    assert convert.main(["--from", "bnn-dl", str(path), str(out), *words]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1 and not out.exists()


def test_other_formats_have_no_normalisation(tmp_path):
    with pytest.raises(Refusal, match=r"for .*bnn-dl.*; leave it out for bnn-pynq"):
        converted("bnn-pynq", tmp_path, normalisation=FINE)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(Refusal, match="no such file"):
        read(tmp_path / "none", FINE)
