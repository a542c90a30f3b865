"""A picture of a sweep: frames/s over LUT4 of every design, and the front of the best of them."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from hw.emit.plot import FAINT, INK, QUIET, STYLE
from hw.emit.sweep import Figures, Row

COLOURS = ("#1f5fa8", "#d9822b", "#3d8b57", "#8a4fa0", "#b03a48", "#4a8f99", "#7a6a3a", "#5d6570")


def front(made: Sequence[Figures]) -> list[Figures]:
    """The designs that no other one is smaller than at their rate, by LUT4."""
    best: list[Figures] = []
    for each in sorted(made, key=lambda each: (each.lut, -each.rate)):
        if not best or each.rate > best[-1].rate:
            best.append(each)
    return best


def draw(rows: Sequence[Row], title: str, path: Path) -> None:
    """Write the picture of rows, in the format of the suffix of ``path``, such as .svg or .png.

    Only designs that are done have a place. The line is the front of all together.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 6), layout="constrained")
        axes = figure.subplots()
        done = [(row, row.figures) for row in rows if row.state == "done" and row.figures]
        names = list(dict.fromkeys(f"{row.board} {row.variant}" for row, _ in done))
        for number, name in enumerate(names):
            mine = [made for row, made in done if f"{row.board} {row.variant}" == name]
            axes.plot([made.lut for made in mine], [made.rate for made in mine], "o", label=name,
                      color=COLOURS[number % len(COLOURS)], markersize=6)
        best = front([made for _, made in done])
        axes.step([made.lut for made in best], [made.rate for made in best], where="post",
                  color=INK, linewidth=1, alpha=0.5, zorder=1, label="front")
        axes.set_xlabel("LUT4")
        axes.set_ylabel("frames/s")
        axes.set_yscale("log")
        axes.grid(True, color=FAINT, alpha=0.25, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.set_title(title, loc="left", fontsize=13, fontweight="bold", parse_math=False)
        missing = len(rows) - len(done)
        if missing:
            axes.annotate(f"{missing} of {len(rows)} rows refused or failed", (1, 1), (0, 6),
                          xycoords="axes fraction", textcoords="offset points", ha="right",
                          fontsize=9.5, color=QUIET)
        if done:
            axes.legend(loc="lower right", frameon=False)
        figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else None)
