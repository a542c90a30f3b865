"""Named residual networks, in which all convolutions and the dense layer are binary."""

from typing import Any

Layers = list[dict[str, Any]]

FACTORS = (1, 1, 2, 2, 4, 4, 8, 8)
"""Width of each block as a multiple of the first; where it grows, the map is halved."""


def resnet20(width: int, classes: int = 10) -> Layers:
    """BNN-DL's xC-xB-xB-2xB-2xB-4xB-4xB-8xB-8xB-GP-dense: nets 10-12 (1904.02823, section 5).

    Full pre-activation, a batch norm on both branches before the add (the paper's BN3 and BN4).
    A 1x1 shortcut reads the signs that the block's first convolution reads. The paper does not tell
    the end: here a batch norm and a sign are before the pool, and a batch norm gives the scores.
    """
    return _network(width, classes, both=True)


def resnet18(width: int, classes: int = 10) -> Layers:
    """He's ResNet-18 for 32x32 images (1603.05027, pre-activation), as resnet20 but for BN4.

    A shortcut that keeps the width passes the sums on unchanged, as published; a batch norm after
    the first convolution brings its integers to the scale of the branches.
    """
    return _network(width, classes, both=False)


def _network(width: int, classes: int, *, both: bool) -> Layers:
    layers = [_conv("conv0", width, 3, 1)]
    if not both:
        layers.append(_norm("bn0"))
    for number, factor in enumerate(FACTORS, 1):
        grows = number > 1 and factor != FACTORS[number - 2]
        layers += _block(number, factor * width, str(layers[-1]["name"]), grows=grows, both=both)
    return [*layers, _norm("bn_last"), _sign("sign_last"),
            {"kind": "global_average_pool", "name": "average"},
            {"kind": "flatten", "name": "flatten"},
            {"kind": "dense", "name": "dense", "out": classes}, _norm("bn_out")]


def _block(number: int, out: int, reads: str, *, grows: bool, both: bool) -> Layers:
    """One block after the layer ``reads``; batch norms are numbered as in the paper."""
    stem = f"{number}_"
    layers = [_norm(f"bn{stem}1"), _sign(f"sign{stem}1"),
              _conv(f"conv{stem}1", out, 3, 2 if grows else 1),
              _norm(f"bn{stem}2"), _sign(f"sign{stem}2"), _conv(f"conv{stem}2", out, 3, 1),
              _norm(f"bn{stem}3")]
    shortcut = reads
    if grows:
        layers += [{**_conv(f"short{number}", out, 1, 2), "from": f"sign{stem}1"},
                   _norm(f"bn{stem}4")]
        shortcut = f"bn{stem}3"
    elif both:
        layers.append({**_norm(f"bn{stem}4"), "from": reads})
        shortcut = f"bn{stem}3"
    return [*layers, {"kind": "add", "name": f"add{number}", "from": shortcut}]


def _conv(name: str, out: int, kernel: int, stride: int) -> dict[str, Any]:
    record = {"kind": "conv", "name": name, "out": out, "kernel": [kernel, kernel],
              "stride": [stride, stride]}
    return record if kernel == 1 else {**record, "padding": [1, 1], "pad": "zero"}


def _norm(name: str) -> dict[str, Any]:
    return {"kind": "batch_norm", "name": name}


def _sign(name: str) -> dict[str, Any]:
    return {"kind": "sign", "name": name}
