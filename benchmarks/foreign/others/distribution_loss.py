"""DistributionLoss, the program of BNN-DL: networks with weights of a seed, and their scores.

Where it is from: github.com/ruizhoud/DistributionLoss at commit 9b6eafc; its package ``models`` is
imported as it is, with the two things in place that ``torch_programs.py`` says. Files are those of
its custom_main_binary_imagenet.py: the weights of a pass before, +1 and -1, with their latents
under ``parameters``.

    PYTHON distribution_loss.py make DistributionLoss vgg128 OUT.pth.tar [IMAGES.npz]
    PYTHON distribution_loss.py run DistributionLoss MODEL.pth.tar IMAGES.npy OUT.npz [BITS]

NAME is alexnet_binary_vs_xnor (images 3x224x224), the only network it publishes, or one of the
paper's VGGs for 3x32x32 (table 3), whose class is not published: vgg and its width, with _shallow
for net 1. Such a one is put together here from the published BinarizeConv2d and HardTanh_bin, its
blocks numbered as the AlexNet's. AlexNet's scores are logarithms of probabilities.
"""
from collections import OrderedDict
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch_programs import harden, main, normalised, old_imports, pictures

WIDTHS = (51, 64, 96, 128, 179, 256, 384)
NAMES = ("alexnet_binary_vs_xnor", *(f"vgg{width}" for width in WIDTHS), "vgg128_shallow")


class Vgg(nn.Sequential):
    """xC-xC-MP-2xC-2xC-MP-4xC-4xC-10C, and the mean over the map (1904.02823, section 5)."""

    def __init__(self, modules: Any, width: int, *, shallow: bool) -> None:
        super().__init__(OrderedDict())
        pooled = [(1, False), (1, True), (2, False), (2, True), (4, False), (4, False)]
        widths = [(factor * width, pool) for factor, pool in pooled[:4 if shallow else 6]]
        channels = 3
        for number, (out, pool) in enumerate([*widths, (10, False)]):
            self.add_module("classifier" if number == len(widths) else f"features{number}",
                            nn.Sequential(
                *([modules.HardTanh_bin()] if number else []),
                modules.BinarizeConv2d(channels, out, kernel_size=3, padding=1),
                *([nn.MaxPool2d(kernel_size=2, stride=2)] if pool else []),
                nn.BatchNorm2d(out, momentum=None)))
            channels = out

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).mean((2, 3))


def network(program: Path, name: str) -> nn.Module:
    old_imports(program)
    if name.startswith("vgg"):
        modules = import_module("models.binarized_modules")
        return Vgg(modules, int(name[3:].split("_")[0]), shallow=name.endswith("_shallow"))
    return getattr(import_module("models"), name)()


def make(program: Path, name: str) -> nn.Module:
    net, side = network(program, name), 32 if name.startswith("vgg") else 224
    for module in net.modules():
        if type(module).__name__.startswith("Binarize"):
            module.bias.data.normal_(0, 2)
    images = normalised((255 * pictures(24, (3, side, side))).byte().numpy())
    harden(net, images)
    if isinstance(net, Vgg):  # the mean over a map leaves the norm's own bias to decide
        net.classifier[-1].bias.data -= net(images).data.mean(0)
    return net


def content(name: str, net: nn.Module) -> dict[str, Any]:
    return {"epoch": 1, "model": name, "config": {}, "state_dict": net.state_dict(),
            "best_prec1": 0.0, "regime": {}, "parameters": list(net.parameters())}


def load(program: Path, kept: dict[str, Any]) -> nn.Module:
    net = network(program, kept["model"])
    net.load_state_dict(kept["state_dict"])
    return net


if __name__ == "__main__":
    main(NAMES, make, content, load)
