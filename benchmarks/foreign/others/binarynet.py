"""BinaryNet.pytorch: its networks for CIFAR-10 with weights of a seed, and their scores.

Where it is from: github.com/itayhubara/BinaryNet.pytorch at commit 80f6d46; its package ``models``
is imported as it is, with the two things in place that ``torch_programs.py`` says. Files are those
of its main_binary.py: real weights, which the forward pass binarizes.

    PYTHON binarynet.py make BinaryNet.pytorch vgg_cifar10_binary OUT.pth.tar [IMAGES.npz]
    PYTHON binarynet.py run BinaryNet.pytorch MODEL.pth.tar IMAGES.npy OUT.npz [BITS]

NAME is vgg_cifar10_binary or resnet_binary (ResNet-18 with 16, 32 and 64 channels, inflated by 5).
Scores are logarithms of probabilities. The network of main_mnist.py is not here: BinarizeLinear
does not set what it multiplies when it has 784 inputs, so it cannot run at this commit.
"""
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import nn
from torch_programs import harden, main, normalised, old_imports, pictures

NAMES = ("vgg_cifar10_binary", "resnet_binary")


def network(program: Path, name: str) -> nn.Module:
    old_imports(program)
    return getattr(import_module("models"), name)(dataset="cifar10")


def make(program: Path, name: str) -> nn.Module:
    net = network(program, name)
    for module in net.modules():
        if type(module).__name__.startswith("Binarize") and module.bias is not None:
            module.bias.data.normal_(0, 2)
        if type(module).__name__.startswith("Binarize"):  # of ten million drawn, one may be 0
            module.weight.data[module.weight == 0] = 1e-3
    harden(net, normalised((255 * pictures(24, (3, 32, 32))).byte().numpy()))
    return net


def content(name: str, net: nn.Module) -> dict[str, Any]:
    return {"epoch": 1, "model": name, "config": {"input_size": None, "dataset": "cifar10"},
            "state_dict": net.state_dict(), "best_prec1": 0.0, "regime": net.regime}


def load(program: Path, kept: dict[str, Any]) -> nn.Module:
    net = network(program, kept["model"])
    net.load_state_dict(kept["state_dict"])
    return net


if __name__ == "__main__":
    main(NAMES, make, content, load)
