"""Named networks: functions from a width and an image shape to an ``arch`` dict."""

from collections.abc import Callable, Sequence
from typing import Any

from model.refusal import Refusal
from model.residual import Layers, resnet18, resnet20

Table = Sequence[Sequence[int]]

_PADDED: dict[str, Any] = {"kernel": [3, 3], "padding": [1, 1], "pad": "zero"}
_BARE: dict[str, Any] = {"kernel": [3, 3]}


def vgg(width: int, classes: int = 10, *, shallow: bool = False) -> Layers:
    """BNN-DL's xC-xC-MP-2xC-2xC-MP-4xC-4xC-10C-GP (1904.02823, section 5); every conv 3x3, pad 1.

    ``shallow`` leaves out the two 4xC layers: net 1 of table 3.
    """
    blocks = [(1, False), (1, True), (2, False), (2, True)]
    if not shallow:
        blocks += [(4, False), (4, False)]
    layers: Layers = []
    for number, (factor, pool) in enumerate(blocks, 1):
        layers += _hidden(number, factor * width, pool=pool, bias=True)
    return [*layers, {"kind": "conv", "name": "head", "out": classes, **_PADDED, "bias": True},
            {"kind": "global_average_pool", "name": "average"}]


def vgg_small(width: int, classes: int = 10) -> Layers:
    """The VGG-small of IR-Net (1909.10788): 128C-128C-MP-256C-256C-MP-512C-512C-MP-dense-BN.

    Every conv 3x3, pad 1, pool before norm. First and last layer are real in the paper; here they
    are binary like the others, so that the trained network can become hardware.
    """
    blocks = [(1, False), (1, True), (2, False), (2, True), (4, False), (4, True)]
    layers: Layers = []
    for number, (factor, pool) in enumerate(blocks, 1):
        layers += _hidden(number, factor * width, pool=pool)
    return [*layers, *_dense_head(classes)]


def vgg_shallow(width: int, classes: int = 10) -> Layers:
    """`vgg` without its two 4xC layers: net 1 of table 3."""
    return vgg(width, classes, shallow=True)


def mnist(width: int, classes: int = 10) -> Layers:
    """xC-MP-2xC-MP-2xC-dense-BN: small enough for a tenth of an ECP5-85F at width 16."""
    return [*_hidden(1, width, pool=True), *_hidden(2, 2 * width, pool=True),
            *_hidden(3, 2 * width), *_dense_head(classes)]


def small(width: int, classes: int = 10) -> Layers:
    """xC-MP-xC-MP-dense-BN: seconds to train, for tests and first steps."""
    return [*_hidden(1, width, pool=True), *_hidden(2, width, pool=True), *_dense_head(classes)]


def cnv(width: int, classes: int = 10) -> Layers:
    """FINN's CNV (1612.07119, section 5): xC-xC-MP-2xC-2xC-MP-4xC-4xC, two dense of 8x, dense-BN.

    Every conv 3x3 without padding, max-pool before the batch norm; CNV-max is width 64.
    """
    blocks = [(1, False), (1, True), (2, False), (2, True), (4, False), (4, False)]
    layers: Layers = []
    for number, (factor, pool) in enumerate(blocks, 1):
        layers += _hidden(number, factor * width, pool=pool, place=_BARE)
    return [*layers, {"kind": "flatten", "name": "flatten"}, *_neurons(1, 8 * width),
            *_neurons(2, 8 * width), *_scores(classes)]


def mlp(width: int, classes: int = 10) -> Layers:
    """Three hidden dense layers of as many neurons, then dense-BN: TFC, SFC, LFC of FINN."""
    hidden = [layer for number in (1, 2, 3) for layer in _neurons(number, width)]
    return [{"kind": "flatten", "name": "flatten"}, *hidden, *_scores(classes)]


TOPOLOGIES: dict[str, Callable[[int, int], Layers]] = {
    "vgg": vgg,
    "vgg-shallow": vgg_shallow,
    "vgg-small": vgg_small,
    "resnet20": resnet20,
    "resnet18": resnet18,
    "mnist": mnist,
    "small": small,
    "cnv": cnv,
    "tfc": mlp,
    "sfc": mlp,
    "lfc": mlp,
}

WIDTHS = {"cnv": 64, "tfc": 64, "sfc": 256, "lfc": 1024, "vgg-small": 128, "resnet20": 128,
          "resnet18": 64}
"""Default widths of networks that are named by their authors."""

WIDTH = 16
"""Default width of the other networks."""


def topology(
    name: str, width: int | None, shape: Sequence[int], table: Table, classes: int = 10
) -> dict[str, Any]:
    """The arch dict of a named network on images of ``shape`` (C, H, W).

    ``width`` is that of the first layer; None takes the one of `WIDTHS`, or `WIDTH`.

    Raises
    ------
    Refusal
        For an unknown name, with all known ones.
    """
    check_name(name)
    plain = [[int(entry) for entry in channel] for channel in table]
    chosen = WIDTHS.get(name, WIDTH) if width is None else width
    return {"input": {"shape": list(shape), "table": plain},
            "layers": TOPOLOGIES[name](chosen, classes)}


def check_name(name: str) -> None:
    """Raise `Refusal` if there is no topology called ``name``."""
    if name not in TOPOLOGIES:
        raise Refusal(f"no architecture is called {name!r}; choose from {', '.join(TOPOLOGIES)}")


def _hidden(
    number: int, out: int, *, pool: bool = False, bias: bool = False,
    place: dict[str, Any] = _PADDED,
) -> Layers:
    layers: Layers = [{"kind": "conv", "name": f"conv{number}", "out": out, **place}]
    if bias:
        layers[0]["bias"] = True
    if pool:
        layers.append({"kind": "max_pool", "name": f"pool{number}", "kernel": [2, 2]})
    return [*layers, {"kind": "batch_norm", "name": f"bn{number}"},
            {"kind": "sign", "name": f"sign{number}"}]


def _neurons(number: int, out: int) -> Layers:
    return [{"kind": "dense", "name": f"dense{number}", "out": out},
            {"kind": "batch_norm", "name": f"bn_dense{number}"},
            {"kind": "sign", "name": f"sign_dense{number}"}]


def _scores(classes: int) -> Layers:
    return [{"kind": "dense", "name": "dense", "out": classes},
            {"kind": "batch_norm", "name": "bn_out"}]


def _dense_head(classes: int) -> Layers:
    return [{"kind": "flatten", "name": "flatten"}, *_scores(classes)]
