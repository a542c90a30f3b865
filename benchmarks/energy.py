"""``python -m benchmarks.energy``: tables 2 and 3 of BNN-DL by the operator model that reports use.

The paper's figures are printed beside those of `hw.emit.energy` for the same layers; the columns
with the counter have no counterpart in the paper.
"""

import argparse
from collections.abc import Sequence

from hw.emit.energy import joules
from hw.emit.paper import NETS, binary_layer, vgg
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
    "table 2, BNN": (binary_layer(size=9 * 256, **LAYER), "1.42"),
    "table 2, XNOR-Net": (xnor_net_layer(taps=9, channels=256, **LAYER), "4.34"),
    "table 2, ABC-Net": (abc_net_layer(size=9 * 256, **LAYER), "24.6"),
} | {
    f"table 3, net {net.number}": (vgg(net.width, net.groups), net.printed) for net in NETS
}
"""Rows of the tables: operations, and the microjoules that the paper prints (arXiv 1904.02823)."""

LARGEST = 0.016
"""Most that a row here differs from what rounds to the paper's figure: net 3 does by 1.4 %, net 4
and 5 by 1.5 %, and the paper does not say why."""


def differs(found: float, printed: str) -> float:
    """By how much a figure differs from all those that round to the printed one, relative to it."""
    half = 0.5 * 10.0 ** -len(printed.partition(".")[2])
    return max(0.0, abs(found - float(printed)) - half) / float(printed)


def main(argv: Sequence[str] | None = None) -> int:
    """Print both tables; 1 if a row differs from the paper's by more than `LARGEST`."""
    argparse.ArgumentParser(prog="python -m benchmarks.energy", description=__doc__).parse_args(
        argv
    )
    wrong = 0
    print("| | paper, uJ | here, uJ | with counter, uJ |\n|---|---|---|---|")
    for name, (operations, paper) in TABLES.items():
        found = 1e6 * joules(operations, "count")
        wrong += differs(found, paper) > LARGEST
        print(f"| {name} | {paper} | {found:.4g} | {1e6 * joules(operations):.4g} |")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
