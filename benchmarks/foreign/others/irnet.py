"""IR-Net: its networks for CIFAR-10 with weights of a seed, and their scores.

Where it is from: github.com/htqin/IR-Net at commit f63a590, folder ``CIFAR-10``; its modules are
imported as they are, with the two things in place that ``torch_programs.py`` says. Files are those
of its main.py and trainer.py: the state of a DataParallel network, real weights, which the forward
pass centres, binarizes and scales by a power of two. It has no program for ResNet-18.

    PYTHON irnet.py make IR-Net vgg_small_1w1a OUT.th [IMAGES.npz]
    PYTHON irnet.py run IR-Net MODEL.th IMAGES.npy OUT.npz [BITS]

NAME is vgg_small_1w1a, resnet20_1w1a or ResNet18. First and last layer are real, the residual
streams of the ResNets too. The scores of ResNet18 are logarithms of probabilities.
"""
from importlib import import_module
from pathlib import Path
from typing import Any

from refusal import refuse
from torch import nn
from torch_programs import harden, main, normalised, old_imports, pictures

NAMES = {
    "vgg_small_1w1a": ("VGG-Small", "vgg", "module.conv5.weight"),
    "resnet20_1w1a": ("ResNet20/1w1a", "resnet", "module.layer1.2.conv1.weight"),
    "ResNet18": (".", "ResNet18.resnet", "module.layer4.0.conv1.weight"),
}
"""A network's folder and module, and a tensor that no other has."""


def network(program: Path, name: str) -> nn.Module:
    folder, module, _ = NAMES[name]
    old_imports(program / "CIFAR-10" / folder)
    return nn.DataParallel(getattr(import_module(module), name)())


def make(program: Path, name: str) -> nn.Module:
    net = network(program, name)
    harden(net, normalised((255 * pictures(24, (3, 32, 32))).byte().numpy()))
    return net


def content(_: str, net: nn.Module) -> dict[str, Any]:
    return {"epoch": 1, "state_dict": net.state_dict(), "best_prec1": 0.0}


def load(program: Path, kept: dict[str, Any]) -> nn.Module:
    state = kept["state_dict"]
    for name, (_, _, tensor) in NAMES.items():
        if tensor in state:
            net = network(program, name)
            net.load_state_dict(state)
            return net
    refuse("the file is of none of " + ", ".join(NAMES))


if __name__ == "__main__":
    main(tuple(NAMES), make, content, load)
