"""``python -m benchmarks.figures``: the figures of docs/folding.md, of what the code computes.

Every bit, threshold, border class and word of weights that is drawn is asked of the module that
the builds use; nothing is drawn by hand.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hw.cores.mvu.sizes import MvuSizes
from hw.cores.mvu.weights import weight_words
from hw.network.folding import float32
from hw.network.geometry import Geometry
from hw.network.thresholds import Decision

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
INPUTS = 9
"""Inputs of the sum whose threshold is drawn: a 3x3 kernel on one channel."""

MATRIX = MvuSizes(outputs=6, inputs=12, pe=2, simd=4, home="block")
"""The folded matrix of the page: 6 outputs of 12 inputs, two outputs and four inputs at once."""

_ONE, _ZERO, _MARK = "#1f5fa8", "#dfe7f2", "#d9822b"
_INK, _FAINT = "#2b2f36", "#8a919c"


def decision(gamma: float, beta: float, mean: float, variance: float) -> Decision:
    """Batch norm and sign of one channel without a bias, ready to be folded."""
    given = {"gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
    arrays = {name: np.array([value], np.float32) for name, value in given.items()}
    return Decision(**arrays, bias=np.zeros(1, np.float32), eps=1e-5)


def threshold(figure: Figure) -> None:
    """Batch norm over the sums that occur, their signs by PyTorch, and the folded threshold."""
    sums = np.arange(-INPUTS, INPUTS + 1, 2)
    several = [0.5, -0.5]
    for axes, gamma in zip(figure.subplots(1, 2, sharey=True), several, strict=True):
        here = decision(gamma=gamma, beta=0.3, mean=1.0, variance=4.0)
        (sign,), (limit,) = here.signs, here.exact(INPUTS)
        values = gamma * (sums - 1.0) / np.sqrt(4.0 + here.eps) + 0.3
        bits = np.array([float32.bits(here, sign * np.array([each]))[0] for each in sums])
        assert (bits == (sign * sums >= limit)).all()
        axes.axhline(0, color=_FAINT, linewidth=0.8)
        axes.plot(sums, values, color=_FAINT, linewidth=1, zorder=1)
        for bit, colour, face in ((True, _ONE, _ONE), (False, _ONE, "white")):
            axes.plot(sums[bits == bit], values[bits == bit], "o", color=colour,
                      markerfacecolor=face, label=f"sign is {'+1' if bit else '-1'}")
        axes.axvline(sign * (limit - 0.5), color=_MARK, linestyle=(0, (4, 3)))
        said = "sum" if sign > 0 else "-sum"
        axes.set_title(f"gamma {gamma:+g}: the bit is {said} >= {limit}", fontsize=10)
        axes.set_xticks(sums)
        axes.set_xlabel("sum of nine products of +1 and -1")
    figure.axes[0].set_ylabel("batch norm of the sum")
    figure.axes[0].legend(loc="upper left", frameon=False, fontsize=9)


def padding(figure: Figure) -> None:
    """Border classes of a 3x3 kernel padded with taps that do not count, and their taps."""
    geometry = Geometry(channels=1, height=5, width=5, kernel=(3, 3), padding=(1, 1), pad="zero")
    taps = geometry.inside.sum(axis=(1, 2))[geometry.border]
    axes = figure.subplots()
    axes.imshow(taps, cmap="Blues", vmin=0, vmax=16)
    for (row, column), count in np.ndenumerate(taps):
        axes.text(column, row, f"class {geometry.border[row, column]}\n{count} taps",
                  ha="center", va="center", fontsize=8)
    _bare(axes)


def pool(figure: Figure) -> None:
    """A 2x2 max-pool of sums, then the threshold; and the threshold, then the OR of the bits."""
    sums, limit = np.array([[-3, 1, -5, -1], [5, -1, 1, 3], [3, 3, 1, -7], [-1, 7, -3, 1]]), 3
    bits = sums >= limit
    windows = sums.reshape(2, 2, 2, 2).swapaxes(1, 2)
    highest, any_of = windows.max(axis=(2, 3)), (windows >= limit).any(axis=(2, 3))
    assert ((highest >= limit) == any_of).all()
    shown = ((sums, "sums", bits), (highest, "their maximum", highest >= limit),
             (bits.astype(int), f"bits: sum >= {limit}", bits), (any_of.astype(int), "their OR",
                                                                 any_of))  # fmt: skip
    for axes, (numbers, title, filled) in zip(figure.subplots(1, 4), shown, strict=True):
        _table(axes, numbers, filled)
        axes.set_title(title, fontsize=10)


def folding(figure: Figure) -> None:
    """The matrix of a layer, each weight with the cycle in which its word is read."""
    sizes = MATRIX
    cycles = np.zeros((sizes.outputs, sizes.inputs), int)
    for row, column in np.ndindex(*cycles.shape):
        only = np.full(cycles.shape, -1)
        only[row, column] = 1
        (cycles[row, column],) = np.flatnonzero(weight_words(sizes, only))
    axes = figure.subplots()
    axes.imshow(cycles % 2 + 2 * (cycles // sizes.beats % 2), cmap="Blues", vmin=-1, vmax=9)
    for (row, column), cycle in np.ndenumerate(cycles):
        axes.text(column, row, str(cycle), ha="center", va="center", fontsize=9)
    for edge in range(0, sizes.outputs + 1, sizes.pe):
        axes.axhline(edge - 0.5, color=_INK, linewidth=1.5 if edge % sizes.outputs else 1)
    for edge in range(0, sizes.inputs + 1, sizes.simd):
        axes.axvline(edge - 0.5, color=_INK, linewidth=1.5 if edge % sizes.inputs else 1)
    axes.set_xticks(range(sizes.inputs))
    axes.set_yticks(range(sizes.outputs))
    axes.set_xlabel(f"inputs, SIMD = {sizes.simd} at once")
    axes.set_ylabel(f"outputs, PE = {sizes.pe} at once")
    axes.tick_params(length=0)


FIGURES: dict[str, tuple[Callable[[Figure], None], tuple[float, float]]] = {
    "threshold": (threshold, (8, 3)), "padding": (padding, (3.6, 3.6)), "pool": (pool, (8, 2.4)),
    "folding": (folding, (6, 3.4)),
}
"""Drawing function of each file, with its width and height in inches."""


def draw(folder: Path) -> None:
    """Write every figure as an SVG file."""
    for name, (drawing, size) in FIGURES.items():
        with matplotlib.rc_context({
            "svg.hashsalt": "purelogic", "svg.fonttype": "none", "font.size": 10,
            "axes.edgecolor": _FAINT, "axes.labelcolor": _INK, "text.color": _INK,
            "xtick.color": _INK, "ytick.color": _INK,
        }):
            figure = Figure(figsize=size, layout="constrained")
            drawing(figure)
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


def _table(axes: Axes, numbers: np.ndarray, filled: np.ndarray) -> None:
    axes.imshow(filled, cmap=matplotlib.colors.ListedColormap([_ZERO, _ONE]), vmin=0, vmax=1)
    for (row, column), number in np.ndenumerate(numbers):
        axes.text(column, row, str(number), ha="center", va="center",
                  color="white" if filled[row, column] else _INK)
    for edge in range(1, len(numbers)):
        axes.axhline(edge - 0.5, color="white", linewidth=1)
        axes.axvline(edge - 0.5, color="white", linewidth=1)
    _bare(axes)


def _bare(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw as the arguments say; returns the exit status."""
    argparse.ArgumentParser(prog="python -m benchmarks.figures", description=__doc__).parse_args(
        argv)
    FOLDER.mkdir(exist_ok=True)
    draw(FOLDER)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
