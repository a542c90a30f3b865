"""Residual networks of BinaryNet.pytorch and IR-Net: against their modules rebuilt here, narrow, by
every sign and score; and in integers."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from hw.network.fold import fold
from hw.network.reference import Reference
from model import convert
from model.checkpoint import load
from model.importers import binarynet, ir_net
from model.importers.normalisation import Normalisation
from model.quantisation import quantise
from model.refusal import Refusal

FINE = Normalisation(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), scale_bits=8)
WIDTHS = (4, 8, 16, 32)


class Binary(nn.Conv2d):
    """A convolution of signs by signs, or of an image, without a bias."""

    def __init__(self, inputs, outputs, kernel=3, stride=1):
        super().__init__(inputs, outputs, kernel, stride, kernel // 2, bias=False)

    def forward(self, x):
        self.read = x if x.shape[1] == 3 else x.sign()
        return functional.conv2d(self.read, self.signs().to(x), None, self.stride, self.padding)

    def signs(self):
        return self.weight.sign()


class Ir(Binary):
    """The same with the weights of IR-Net."""

    def signs(self):
        w = self.weight.float()
        w = w - w.flatten(1).mean(-1).view(-1, 1, 1, 1)
        w = w / w.flatten(1).std(-1).view(-1, 1, 1, 1)
        size = 2.0 ** (torch.log(w.abs().flatten(1).mean(-1)) / math.log(2)).round()
        return w.sign() * size.view(-1, 1, 1, 1)


def shortcut(conv, inputs, outputs, stride):
    return nn.Sequential(conv(inputs, outputs, 1, stride=stride), nn.BatchNorm2d(outputs))


class BinaryBlock(nn.Module):
    """BinaryNet.pytorch's; the last of all has a second batch norm that nothing reads."""

    def __init__(self, inputs, outputs, stride, last):
        super().__init__()
        self.conv1, self.conv2 = Binary(inputs, outputs, 3, stride), Binary(outputs, outputs)
        self.bn1, self.bn2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.last = last
        if inputs != outputs:
            self.downsample = shortcut(Binary, inputs, outputs, stride)

    def forward(self, x):
        short = self.downsample(x) if hasattr(self, "downsample") else x
        x = self.conv2(functional.hardtanh(self.bn1(self.conv1(x)))) + short
        return x if self.last else functional.hardtanh(self.bn2(x))


class Twice(nn.Module):
    """IR-Net's of ResNet-20."""

    def __init__(self, inputs, outputs, stride, last):
        super().__init__()
        self.conv1, self.conv2 = Ir(inputs, outputs, 3, stride), Ir(outputs, outputs)
        self.bn1, self.bn2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.more = (outputs - inputs) // 2

    def forward(self, x):
        short = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more, self.more)) if (
            self.more) else x
        x = functional.hardtanh(self.bn1(self.conv1(x)) + short)
        return functional.hardtanh(self.bn2(self.conv2(x)) + x)


class Once(nn.Module):
    """IR-Net's of ResNet-18."""

    def __init__(self, inputs, outputs, stride, last):
        super().__init__()
        self.conv1, self.conv2 = Ir(inputs, outputs, 3, stride), Ir(outputs, outputs)
        self.bn1, self.bn2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential() if inputs == outputs else shortcut(
            partial(nn.Conv2d, bias=False), inputs, outputs, stride)

    def forward(self, x):
        y = self.bn2(self.conv2(functional.hardtanh(self.bn1(self.conv1(x)))))
        return functional.hardtanh(y + self.shortcut(x))


class Resnet(nn.Module):
    """A first convolution, two blocks a stage, an average and a dense layer."""

    def __init__(self, block, stages, first, clamped):
        super().__init__()
        self.conv1, self.bn1, self.clamped = first, nn.BatchNorm2d(WIDTHS[0]), clamped
        inputs = WIDTHS[0]
        for number, width in enumerate(WIDTHS[:stages], 1):
            layers = [block(inputs if not place else width, width, 1 + (number > 1 > place),
                            last=place == 1 and number == stages) for place in range(2)]
            self.add_module(f"layer{number}", nn.Sequential(*layers))
            inputs = width
        self.stages, self.bn2 = stages, nn.BatchNorm1d(inputs)

    def body(self, x):
        x = self.bn1(self.conv1(x))
        x = functional.hardtanh(x) if self.clamped else x
        for number in range(self.stages):
            x = getattr(self, f"layer{number + 1}")(x)
        return self.bn2(x.mean((2, 3)))


class BinaryNet(Resnet):
    def __init__(self):
        super().__init__(BinaryBlock, 3, Binary(3, WIDTHS[0]), True)
        self.fc, self.bn3 = nn.Linear(WIDTHS[2], 5), nn.BatchNorm1d(5)

    def forward(self, x):
        x = functional.linear(self.body(x).sign(), self.fc.weight.sign(), self.fc.bias)
        return self.bn3(x)


class IrNet(Resnet):
    def __init__(self, block, stages, clamped):
        super().__init__(block, stages, nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False), clamped)
        self.linear = nn.Linear(WIDTHS[stages - 1], 5)

    def forward(self, x):
        return self.linear(self.body(x))


NETWORKS = {
    "resnet_binary": (BinaryNet, binarynet.read),
    "resnet20_1w1a": (partial(IrNet, Twice, 3, True), ir_net.read),
    "ResNet18": (partial(IrNet, Once, 4, False), ir_net.read),
}


@torch.no_grad()
def drawn(make, seed):
    """A network with batch norms of both signs around what they see."""
    torch.manual_seed(seed)
    network = make()

    def around(norm, inputs):
        seen = inputs[0].transpose(0, 1).flatten(1)
        variance, mean = torch.var_mean(seen, 1)
        norm.running_mean.copy_(mean + 0.3 * variance.sqrt() * torch.randn(len(mean)))
        norm.running_var.copy_(variance * (0.5 + torch.rand(len(mean))) + 1e-3)
        norm.weight.normal_(0.3, 0.6)
        norm.bias.normal_(0, 0.3)

    norms = [each for each in network.modules() if isinstance(each, nn.BatchNorm1d
                                                             | nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(around) for norm in norms]
    network.eval()(FINE.real(pictures(8)).float())
    for hook in hooks:
        hook.remove()
    return network


def pictures(count):
    return torch.from_numpy(np.random.default_rng(count).integers(
        0, 256, (count, 3, 32, 32), np.uint8))


def saved(folder, network, *, tensors=None, without=(), prefix=""):
    state = {prefix + key: value.clone() for key, value in network.state_dict().items()}
    state |= tensors or {}
    for key in without:
        del state[key]
    torch.save({"epoch": 1, "state_dict": state}, folder / "x.pth.tar")
    return folder / "x.pth.tar"


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_sign_and_score_is_that_of_the_published_module(tmp_path, name, prefix):
    make, read = NETWORKS[name]
    network = drawn(make, len(prefix) + 1)
    checkpoint, images = read(saved(tmp_path, network, prefix=prefix), FINE), pictures(10)
    table = np.array(checkpoint.arch["input"]["table"])
    rounded = np.stack([table[c][images[:, c].numpy()] for c in range(3)], axis=1) / FINE.scale
    ours = checkpoint.module().double()
    with torch.no_grad():
        wanted = network.double()(torch.from_numpy(rounded))
        stages = ours.stages(images)
    for place, conv in network.named_modules():
        if isinstance(conv, Binary) and place != "conv1":
            short = place.replace(".downsample.0", ".short").replace(".", "_")
            found = stages[str(ours.arch.reads[short])]
            assert torch.equal(conv.read, found), place
            assert 0 < float((found > 0).double().mean()) < 1
    torch.testing.assert_close(ours.scores(stages), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_in_integers_it_is_the_quantised_network(tmp_path, name):
    make, read = NETWORKS[name]
    checkpoint, images = quantise(read(saved(tmp_path, drawn(make, 3)), FINE)), pictures(20)
    with torch.no_grad():
        expected = checkpoint.module()(images).argmax(1).numpy()
    network = fold(checkpoint)
    assert np.array_equal(Reference(network).run(images.numpy()).classes, expected)
    assert len({*expected}) > 1
    fraction = checkpoint.training["quantised"]["fraction_bits"]
    held = [network.values[node.name] for node in network.nodes if node.kind == "clamp"]
    assert held and {*held} == {range(-1 << fraction, (1 << fraction) + 1)}


@pytest.mark.parametrize(("name", "changes", "told"), [
    ("resnet_binary", {"without": ["layer2.0.conv2.weight", "fc.bias"]},
     "layer2.0.conv2.weight is missing; fc.bias is missing"),
    ("resnet_binary", {"without": ["layer3.1.bn2.running_var"]},
     "not resnet_binary: layer3.1.bn2.running_var is missing"),
    ("resnet_binary", {"tensors": {"layer1.0.conv1.weight": torch.ones(4, 5, 3, 3)}},
     "layer1.0.conv1.weight is 4 x 5 x 3 x 3, and not any x 4 x 3 x 3"),
    ("resnet_binary", {"tensors": {"layer1.0.conv3.weight": torch.ones(4)}},
     "for ImageNet has a padded max-pool"),
    ("resnet20_1w1a", {"without": ["bn2.running_mean"]}, "bn2.running_mean is missing"),
    ("resnet20_1w1a", {"tensors": {"layer4.weight": torch.ones(4)}},
     "not ResNet-20 or ResNet-18 of IR-Net: layer4.weight is no tensor of it"),
    ("resnet20_1w1a", {"tensors": {"layer2.0.conv1.weight": torch.randn(9, 4, 3, 3)}},
     "a shortcut of 4 channels to 9 has not as many zeros on both sides"),
    ("ResNet18", {"without": ["layer3.0.shortcut.1.weight"]},
     "layer3.0.shortcut.1.weight is missing"),
    ("ResNet18", {"tensors": {"fc.weight": torch.ones(4)}}, "for ImageNet have a padded max-pool"),
])
def test_what_is_no_such_network_is_refused_by_name(tmp_path, name, changes, told):
    make, read = NETWORKS[name]
    with pytest.raises(Refusal) as refusal:
        read(saved(tmp_path, drawn(make, 1), **changes), FINE)
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_the_command_says_what_is_left_for_hardware(tmp_path, capsys):
    path, out = saved(tmp_path, drawn(NETWORKS["resnet20_1w1a"][0], 1)), tmp_path / "net.pt"
    words = ["--from", "ir-net", str(path), str(out), "--scale-bits", "8",
             "--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225"]
    assert convert.main(words) == 0
    assert "weights of conv1, linear are real" in capsys.readouterr().out
    assert [each["kind"] for each in load(out).arch["layers"]].count("subsample") == 2
