"""Files of XNOR-Net-PyTorch and IR-Net: against their modules rebuilt here, bit by bit."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from model import convert
from model.checkpoint import load
from model.importers import ir_net, xnor_net
from model.importers.normalisation import Normalisation
from model.refusal import Refusal

GREY = Normalisation(mean=(0.1307,), std=(0.3081,), scale_bits=8)
RGB = Normalisation(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), scale_bits=8)


def randomised(network, seed):
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            module.running_mean.normal_(0, 2, generator=generator)
            module.running_var.uniform_(1, 30, generator=generator)
            if module.affine:
                module.weight.data.normal_(0.3, 0.4, generator=generator)
                module.bias.data.normal_(generator=generator)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            module.weight.data.normal_(0.02, 0.3, generator=generator)
            if module.bias is not None:
                module.bias.data.normal_(0, 0.3, generator=generator)
    return network.eval()


class Block(nn.Module):
    """Batch norm, sign and a layer, whose weights are binarised from outside; then ReLU."""

    def __init__(self, channels, name, layer):
        super().__init__()
        self.bn, self.name = nn.BatchNorm2d(channels, eps=1e-4), name
        self.add_module(name, layer)

    def forward(self, x):
        self.bits = self.bn(x).sign()
        layer = getattr(self, self.name)
        return layer(self.bits.flatten(1) if self.name == "linear" else self.bits).relu()


def lenet(seed):
    network = nn.ModuleDict({
        "conv1": nn.Conv2d(1, 4, 5), "bn_conv1": nn.BatchNorm2d(4, eps=1e-4, affine=False),
        "bin_conv2": Block(4, "conv", nn.Conv2d(4, 6, 5)),
        "bin_ip1": Block(6, "linear", nn.Linear(96, 20)), "ip2": nn.Linear(20, 10)})
    return randomised(network, seed)


@torch.no_grad()
def lenet_run(network, x):
    """Scores and bits, by float64, with that program's binarisation before a test."""
    for name, module in network.named_modules():
        if name.startswith("bin") and isinstance(module, nn.Conv2d | nn.Linear):
            w = (module.weight - module.weight.mean(1, keepdim=True)).clamp(-1, 1)
            size = w.abs().flatten(1).mean(1).view(-1, *[1] * (w.ndim - 1))
            module.weight.data = w.sign() * size
        elif isinstance(module, nn.BatchNorm2d) and module.affine:
            module.weight.data.clamp_(min=0.01)
    network = network.double()
    x = functional.max_pool2d(network["bn_conv1"](network["conv1"](x)).relu(), 2)
    x = functional.max_pool2d(network["bin_conv2"](x), 2)
    x = network["ip2"](network["bin_ip1"](x))
    return x, [network["bin_conv2"].bits, network["bin_ip1"].bits]


class Ir(nn.Conv2d):
    """A convolution with the weights of IR-Net, of signs."""

    def forward(self, x):
        self.bits = x.sign()
        w = self.weight.float()  # as published
        w = w - w.flatten(1).mean(-1).view(-1, 1, 1, 1)
        w = w / w.flatten(1).std(-1).view(-1, 1, 1, 1)
        size = 2.0 ** (torch.log(w.abs().flatten(1).mean(-1)) / math.log(2)).round()
        return functional.conv2d(self.bits, (w.sign() * size.view(-1, 1, 1, 1)).to(x), None,
                                 padding=1)


def vgg_small(seed):
    widths = [3, 4, 5, 6, 6, 8, 7]
    network = nn.ModuleDict({"conv0": nn.Conv2d(3, 4, 3, padding=1, bias=False)})
    for number in range(1, 6):
        network[f"conv{number}"] = Ir(widths[number], widths[number + 1], 3, padding=1, bias=False)
    for number in range(6):
        network[f"bn{number}"] = nn.BatchNorm2d(widths[number + 1])
    network["fc"] = nn.Linear(7 * 16, 10)
    randomised(network, seed)
    network["conv2"].weight.data *= 40  # the scale does not depend on it
    return network


@torch.no_grad()
def vgg_small_run(network, x):
    network = network.double()
    x = functional.hardtanh(network["bn0"](network["conv0"](x)))
    for number in range(1, 6):
        x = network[f"conv{number}"](x)
        x = functional.max_pool2d(x, 2) if number % 2 else x
        x = functional.hardtanh(network[f"bn{number}"](x))
    bits = [network[f"conv{number}"].bits for number in range(1, 6)] + [x.sign()]
    return network["fc"](x.sign().flatten(1)), bits


def saved(folder, network, *, prefix="", tensors=None, without=()):
    state = {prefix + key: value.clone() for key, value in network.state_dict().items()}
    state |= tensors or {}
    for key in without:
        del state[prefix + key]
    torch.save({"best_acc": 86.0, "state_dict": state}, folder / "x.pth.tar")
    return folder / "x.pth.tar"


def compared(checkpoint, run, network, way):
    """Compare bits and classes by PyTorch: the published module's and the checkpoint's."""
    shape = checkpoint.arch["input"]["shape"]
    images = np.random.default_rng(1).integers(0, 256, (20, *shape), np.uint8)
    table = np.array(checkpoint.arch["input"]["table"])
    read = np.stack([table[c][images[:, c]] for c in range(shape[0])], axis=1) / way.scale
    scores, bits = run(network, torch.from_numpy(read))
    ours = checkpoint.module().double()
    with torch.no_grad():
        stages = ours.stages(torch.from_numpy(images))
    signs = [value for name, value in stages.items() if name.startswith("sign")]
    assert len(bits) == len(signs)
    for wanted, found in zip(bits, signs, strict=True):
        assert torch.equal(wanted, pooled(found, wanted)) and 0 < float((wanted > 0).double().mean()
                                                                       ) < 1
    assert torch.allclose(ours.scores(stages), scores, rtol=1e-4, atol=1e-4)


def pooled(found, like):
    return functional.max_pool2d(found, 2) if found.shape != like.shape else found


@pytest.mark.parametrize("seed", [1, 2])
def test_lenet_has_the_bits_and_scores_of_the_published_module(tmp_path, seed):
    network = lenet(seed)
    checkpoint = xnor_net.read(saved(tmp_path, network), GREY)
    kinds = [record["kind"] for record in checkpoint.arch["layers"]]
    assert kinds == ["conv", "max_pool", "batch_norm", "sign", "conv", "max_pool", "batch_norm",
                     "sign", "flatten", "dense", "relu", "dense"]
    compared(checkpoint, lenet_run, network, GREY)


@pytest.mark.parametrize(("seed", "prefix"), [(1, ""), (2, "module.")])
def test_vgg_small_with_a_last_sign_has_the_bits_and_scores_of_the_module(tmp_path, seed, prefix):
    network = vgg_small(seed)
    checkpoint = ir_net.read(saved(tmp_path, network, prefix=prefix), RGB, sign_before_last=True)
    compared(checkpoint, vgg_small_run, network, RGB)


def test_vgg_small_as_published_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(Refusal, match="fc reads the real numbers of a Hardtanh, for which there"):
        ir_net.read(saved(tmp_path, vgg_small(1)), RGB)


@pytest.mark.parametrize(("read", "make", "changes", "told"), [
    (xnor_net.read, lenet, {"without": ["bin_conv2.bn.weight", "ip2.bias"]},
     "bin_conv2.bn.weight is missing; ip2.bias is missing"),
    (xnor_net.read, lenet, {"without": ["bin_conv2.conv.weight"]}, "bin_conv2.conv.weight is miss"),
    (xnor_net.read, lenet, {"tensors": {"bin_ip1.linear.weight": torch.ones(20, 96)}},
     "1,920 of 1,920 weights are exactly 0, once their mean is subtracted"),
    (xnor_net.read, lenet, {"tensors": {"bin_ip1.linear.weight": torch.ones(20, 95)}},
     "bin_ip1.linear.weight is 20 x 95, and not 20 x 96"),
    (xnor_net.read, lenet, {"tensors": {"bn_conv1.weight": torch.ones(4)}},
     "bn_conv1.weight is no tensor of it"),
    (xnor_net.read, lenet, {"tensors": {"xnor.0.weight": torch.ones(4)}},
     "the network in network for CIFAR-10 has an average pool inside and a padded max-pool"),
    (xnor_net.read, lenet, {"tensors": {"features.4.conv.weight": torch.ones(4)}},
     "AlexNet has a batch norm behind its flatten"),
    (ir_net.read, vgg_small, {"without": ["conv3.weight"]}, "conv3.weight is missing"),
    (ir_net.read, vgg_small, {"tensors": {"conv3.weight": torch.zeros(6, 6, 3, 3)}},
     "324 of 324 weights are exactly 0, once their mean is subtracted"),
    (ir_net.read, vgg_small, {"tensors": {"bn2.running_var": torch.full((6,), np.inf)}},
     "6 of 6 values of bn2.running_var are not finite"),
    (ir_net.read, vgg_small, {"tensors": {"bn2.running_var": torch.ones(9)}},
     "bn2.running_var is 9, and not 6"),
])
def test_what_is_no_such_network_is_refused_by_name(tmp_path, read, make, changes, told):
    with pytest.raises(Refusal) as refusal:
        read(saved(tmp_path, make(1), **changes), GREY if read is xnor_net.read else RGB)
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_the_command_says_what_hardware_lacks(tmp_path, capsys):
    path, out = saved(tmp_path, lenet(2)), tmp_path / "net.pt"
    words = ["--from", "xnor-net", str(path), str(out), "--mean", "0.1307", "--std", "0.3081"]
    assert convert.main(words) == 0
    assert ("2 binary layers with 2,520 weights, 10 classes; weights of conv1, dense4 are real, of"
            " which python -m model.quantise makes integers for hardware; hardware has no relu"
            " (relu3)") in capsys.readouterr().out
    assert load(out).method == "xnor-net"
    assert convert.main([*words, "--overwrite", "--sign-before-last"]) == 2
    assert "--sign-before-last: for ir-net; leave it out for xnor-net" in capsys.readouterr().err
    path = saved(tmp_path, vgg_small(2))
    words = ["--from", "ir-net", str(path), str(out), "--overwrite", "--sign-before-last"]
    assert convert.main(words) == 2
    assert "give --mean and --std" in capsys.readouterr().err
    assert convert.main([*words, "--mean", "0.5,0.5,0.5", "--std", "1,1,1"]) == 0
    assert "weights of conv0, fc are real" in capsys.readouterr().out
