"""Pictures of training runs: curves, and statistics of pre-activations and activations.

As in BNN-DL (1904.02823), figures 6, 7 and 8.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from model.activations import Statistics
from model.runs import Run

_COLOURS = ("#1f5fa8", "#d9822b", "#3d8b57", "#a83e3e", "#6b4fa0", "#5d6570")
_LINES = ("-", "--", ":")
_FAINT = "#8a919c"
_ASIDE = 0.04
"""Distance between the points of two layers, in epochs."""

Named = Mapping[str, Run]


def curves(runs: Named, path: Path) -> None:
    """Draw figure 6: cross-entropy of the training images, and both accuracies, over the epochs."""
    with _style():
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        loss, accuracy = figure.subplots(1, 2)
        for number, (given, run) in enumerate(runs.items()):
            name = given.replace("_", " _", 1) if given.startswith("_") else given  # else hidden
            epochs, colour = run.column("epoch"), _colour(number)
            mark = _mark(epochs)
            loss.plot(epochs, run.column("cross_entropy"), marker=mark, color=colour, label=name)
            accuracy.plot(epochs, run.column("test_accuracy"), marker=mark, color=colour,
                          label=f"{name}, test")
            accuracy.plot(epochs, run.column("train_accuracy"), marker=mark, color=colour,
                          linestyle="--", linewidth=1, fillstyle="none", label=f"{name}, training")
        _labelled(loss, "cross-entropy")
        _labelled(accuracy, "accuracy")
        accuracy.yaxis.set_major_formatter(PercentFormatter(1))
        _save(figure, path)


def histograms(layers: Mapping[str, np.ndarray], edges: np.ndarray, title: str,
               path: Path) -> None:
    """Draw figure 7: the input of each sign, a row for every channel, from the lowest mean up.

    Parameters
    ----------
    layers : counts (channels, bins) by layer; the first and the last bin are open.
    edges : edges of the bins.
    """
    with _style():
        figure = Figure(figsize=(3.1 * min(len(layers), 4), 3.2 * -(-len(layers) // 4) + 0.5),
                        layout="constrained")
        figure.suptitle(title)
        grid = figure.subplots(-(-len(layers) // 4), min(len(layers), 4), squeeze=False)
        for axes in grid.flat[len(layers):]:
            axes.set_axis_off()
        for axes, (name, counts) in zip(grid.flat, layers.items(), strict=False):
            shares = counts / counts.sum(1, keepdims=True)
            middles = (edges[:-1] + edges[1:]) / 2
            rows = shares[np.argsort(shares @ middles, kind="stable")]
            axes.imshow(rows, aspect="auto", origin="lower", cmap="viridis",
                        interpolation="nearest", vmin=0,
                        extent=(edges[0], edges[-1], 0, len(rows)))
            axes.axvline(0, color="white", linewidth=0.7)
            axes.set_title(name, fontsize=10)
            axes.set_xlabel("what enters the sign")
            axes.set_ylabel("channel")
        _save(figure, path)


def activations(runs: Named, path: Path) -> None:
    """Draw figure 8: standard deviation of the signs' inputs, positive share of their outputs.

    There is a column for each run and a line for each layer: the median over channels, with a band
    from the first to the ninth decile.
    """
    with _style():
        figure = Figure(figsize=(5 * len(runs), 7), layout="constrained")
        grid = figure.subplots(2, len(runs), squeeze=False, sharex="col", sharey="row")
        for column, (name, run) in zip(grid.T, runs.items(), strict=True):
            layers = run.column("activations")
            for axes, kind in zip(column, ("deviation", "positive"), strict=True):
                _bands(axes, run.column("epoch"), layers, kind)
            column[0].set_title(name)
            _labelled(column[0], "standard deviation")
            _labelled(column[1], "positive activations")
            column[1].yaxis.set_major_formatter(PercentFormatter(1))
        _save(figure, path)


def _bands(axes: Axes, epochs: Sequence[float], layers: Sequence[Statistics], kind: str) -> None:
    # A method may change its network in the course of a run: lines may begin or end.
    names = dict.fromkeys(name for line in layers for name in line)
    for number, name in enumerate(names):
        known = [(epoch, line[name][kind])
                 for epoch, line in zip(epochs, layers, strict=True) if name in line]
        when = [epoch for epoch, _ in known]
        if len(when) == 1:
            # Points of a single epoch are drawn side by side.
            when = [when[0] + _ASIDE * (number - (len(names) - 1) / 2)]
        low, middle, high = zip(*(found for _, found in known), strict=True)
        axes.plot(when, middle, marker=_mark(when), color=_colour(number), label=name,
                  linestyle=_LINES[number // len(_COLOURS) % len(_LINES)])
        if len(when) > 1:
            axes.fill_between(when, low, high, color=_colour(number), alpha=0.12, linewidth=0)
        else:
            axes.vlines(when, low, high, color=_colour(number), alpha=0.4)


def _mark(epochs: Sequence[float]) -> str:
    """The marker of a curve: a dot for a single epoch, of which there would be no line."""
    return "o" if len(epochs) == 1 else ""


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]


def _labelled(axes: Axes, what: str) -> None:
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    low, high = axes.get_xlim()
    if high - low < 1:
        # Whole epochs only.
        axes.set_xlim(round(low) - 0.5, round(high) + 0.5)
    axes.set_ylabel(what)
    axes.grid(True, color=_FAINT, alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)


def _style() -> AbstractContextManager[None]:
    return matplotlib.rc_context({"svg.hashsalt": "purelogic", "svg.fonttype": "none",
                                  "font.size": 10, "axes.edgecolor": _FAINT,
                                  # A file's name may have dollars, which are no formula.
                                  "text.parse_math": False})


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else None)
