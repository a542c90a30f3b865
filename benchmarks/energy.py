"""``python -m benchmarks.energy``: tables 2 and 3 of BNN-DL by the operator model that reports use.

The paper's figures are printed beside those of `hw.emit.energy` for the same layers; the columns
with the counter have no counterpart in the paper.
"""

import argparse
from collections.abc import Sequence

from hw.emit.energy import joules
from hw.emit.paper import binary_layer, vgg
from hw.network.nodes.operations import Operations

LAYER = {"outputs": 256, "positions": 56 * 56}
"""Table 2: 256 to 256 channels, 3x3, on a 56 x 56 map."""


def xnor_net_layer(*, taps: int, channels: int, outputs: int, positions: int) -> Operations:
    """A layer with XNOR-Net's real scales: 2 multiplies and ``taps`` adds for each output.

    Table 2 has no comparators for it, as a real-valued output is not compared.
    """
    products = taps * channels * outputs * positions
    out = outputs * positions
    return Operations(xnor=products, count=products, multiply=2 * out, add=taps * out)


def abc_net_layer(
    *, size: int, outputs: int, positions: int, weight_bases: int = 3, activation_bases: int = 3
) -> Operations:
    """A layer of ABC-Net: bases x bases binary layers, each scaled and added.

    The paper does not state the number of bases; 3 and 3 reproduce its table 2.
    """
    times = weight_bases * activation_bases
    products, out = size * outputs * positions * times, outputs * positions * times
    return Operations(xnor=products, count=products, multiply=out, add=out)


TABLES: dict[str, tuple[Operations, str]] = {
    "table 2, BNN": (binary_layer(size=9 * 256, **LAYER), "1.415"),
    "table 2, XNOR-Net": (xnor_net_layer(taps=9, channels=256, **LAYER), "4.32"),
    "table 2, ABC-Net": (abc_net_layer(size=9 * 256, **LAYER), "24.56"),
    "table 3, net 1": (vgg(128, groups=2), "0.295"),
    "table 3, net 2": (vgg(128), "0.469"),
    "table 3, net 3": (vgg(179), "0.912"),
    "table 3, net 4": (vgg(256), "1.856"),
    "table 3, net 5": (vgg(384), "4.161"),
    "table 3, net 6": (vgg(51), "0.077"),
    "table 3, net 7": (vgg(64), "0.120"),
    "table 3, net 8": (vgg(96), "0.266"),
    "table 3, net 9": (vgg(128), "0.469"),
}
"""Rows of the tables: operations, and the microjoules that the paper prints (arXiv 1904.02823)."""


def rounded(value: float, printed: str) -> str:
    """A value with as many decimals as the paper prints."""
    return f"{value:.{len(printed.partition('.')[2])}f}"


def main(argv: Sequence[str] | None = None) -> int:
    """Print both tables; 1 if a row differs from the paper's."""
    argparse.ArgumentParser(prog="python -m benchmarks.energy", description=__doc__).parse_args(
        argv
    )
    wrong = 0
    print("| | paper, uJ | here, uJ | with counter, uJ |\n|---|---|---|---|")
    for name, (operations, paper) in TABLES.items():
        found = rounded(1e6 * joules(operations, "count"), paper)
        wrong += found != paper
        print(f"| {name} | {paper} | {found} | {1e6 * joules(operations):.4g} |")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
