"""A picture of the Pareto front: resources against frame rate, and the device's limits."""

import io
import math
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from boards.catalogue import board as find_board
from hw.emit.table import rate
from hw.plan.front import Front, Point

_LUT, _FF, _EBR = "#1f5fa8", "#d9822b", "#3d8b57"
INK, QUIET, FAINT = "#2b2f36", "#5d6570", "#8a919c"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "purelogic", "svg.fonttype": "none", "font.size": 10,
    "axes.edgecolor": FAINT, "axes.labelcolor": INK, "text.color": INK,
    "xtick.color": INK, "ytick.color": INK,
}
"""Of all pictures, which are the same every time."""
_VARIABLES = {_LUT: "bar", _FF: "mark", INK: "text", QUIET: "soft", FAINT: "soft"}
"""Colours of a drawing, each with the variable of the page's style that stands for it there."""
NEAR = 1.25
"""Room above the largest design of a drawing: a limit of the device is drawn if it is within."""

_LEAN, _LINE = 55, 13
"""Layout of the layers' names: their angle in degrees, and the least pixels between two."""


def draw(front: Front, title: str, path: Path) -> None:
    """Write the picture of a front, in the format of the suffix of ``path``, such as .svg or .png.

    The upper axes show LUT4 and flip-flops of every design, the lower ones its EBR, over frames/s
    in logarithmic scale. Dashed lines are what the device has. Names are of the layer that bounds
    the rate.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 7), layout="constrained")
        logic, blocks = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        _curve(logic, front, "lut", "LUT4", _LUT)
        _curve(logic, front, "ff", "flip-flops", _FF)
        _curve(blocks, front, "ebr", "EBR", _EBR)
        _limits(logic, front.available.lut, f"{front.available.lut:,} of each on {front.device}")
        _limits(blocks, front.available.ebr, f"{front.available.ebr} on {front.device}")
        figure.draw_without_rendering()
        _bounds(logic, front.points)
        logic.set_ylabel("LUT4, flip-flops")
        blocks.set_ylabel(f"EBR ({find_board(front.board).family.block_kbit:g} kbit)")
        blocks.set_xlabel("frames/s")
        logic.set_title(title, loc="left", fontsize=13, fontweight="bold", pad=26,
                        parse_math=False)
        logic.annotate(_subtitle(front), (0, 1), (0, 9), xycoords="axes fraction",
                       textcoords="offset points", fontsize=9.5, color=QUIET)
        # Above the axes: inside them there may be a curve anywhere.
        logic.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False,
                     borderaxespad=0)
        figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else None)


def inline(front: Front, build: tuple[float, int]) -> str:
    """The front as an SVG element for a page: LUT4 of every design against frames/s, with a
    ``build`` of so many frames/s and LUT4 marked; its colours are variables of the page's style."""
    with matplotlib.rc_context({
        "svg.hashsalt": "purelogic", "svg.fonttype": "none", "font.size": 9,
        "font.family": "sans-serif", "axes.edgecolor": FAINT, "axes.labelcolor": QUIET,
        "text.color": INK, "xtick.color": QUIET, "ytick.color": QUIET,
    }):
        figure = Figure(figsize=(4.4, 3), layout="constrained")
        axes = figure.subplots()
        rates = [point.frames_per_second for point in front.points]
        used = [point.estimate.lut for point in front.points]
        axes.step(rates, used, where="pre", color=_LUT, linewidth=1.2)
        axes.plot(rates, used, "o", color=_LUT, markersize=4)
        axes.plot(*build, "D", color=_FF, markersize=8)
        axes.annotate("this build", build, (-9, 5), textcoords="offset points", color=_FF,
                      ha="right", fontweight="bold")
        most = max(*used, build[1])
        if NEAR * most > front.available.lut:
            _limits(axes, front.available.lut, f"{front.available.lut:,} on {front.device}")
        _scale(axes, NEAR * most)
        axes.set_xlabel("frames/s")
        axes.set_ylabel("LUT4")
        text = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(text, format="svg", transparent=True, metadata=nothing)
    drawn = text.getvalue()
    for colour, variable in _VARIABLES.items():
        drawn = drawn.replace(colour, f"var(--{variable})")
    return drawn[drawn.index("<svg"):]


def _subtitle(front: Front) -> str:
    slow, fast = front.points[0], front.points[-1]
    rates = dict.fromkeys(rate(point.frames_per_second) for point in (slow, fast))
    return (
        f"{' to '.join(rates)} frames/s, "
        f"{front.clock / 1e6:g} MHz; by name the layer that bounds the rate"
    )


def _curve(axes: Axes, front: Front, field: str, name: str, colour: str) -> None:
    """Draw one resource of all designs; a rate between two designs takes the faster one."""
    rates = [point.frames_per_second for point in front.points]
    used = [getattr(point.estimate, field) for point in front.points]
    axes.step(rates, used, where="pre", color=colour, linewidth=1.2, alpha=0.5)
    axes.plot(rates, used, "o", color=colour, markersize=5, label=name)
    most = used[-1] == max(front.points[-1].estimate.figures)
    axes.annotate(f"{used[-1]:,}", (rates[-1], used[-1]), (8, 3 if most else -5),
                  textcoords="offset points", color=colour, va="center", fontsize=9,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})


def _limits(axes: Axes, limit: int, text: str) -> None:
    """Draw a dashed line at what the device has, on axes from 0 to a little above it."""
    axes.axhline(limit, color=INK, linestyle=(0, (5, 3)), linewidth=1, zorder=1)
    axes.annotate(text, (0, limit), (4, 4), xycoords=("axes fraction", "data"),
                  textcoords="offset points", fontsize=9)
    _scale(axes, 1.12 * limit)


def _scale(axes: Axes, most: float) -> None:
    """Set up axes with a logarithmic rate, from no resource to ``most``."""
    axes.set_ylim(0, most)
    axes.set_xscale("log")
    axes.margins(x=0.09)
    axes.grid(True, color=FAINT, alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.tick_params(length=3)


def _bounds(axes: Axes, points: tuple[Point, ...]) -> None:
    """Write the layer that bounds the rate over each design, unless two names would overlap.

    Curves rise to the right, so there is room above and to the left of them: names lean there.
    """
    angle, last = math.radians(_LEAN), -math.inf
    for point in points:
        place = point.frames_per_second, max(point.estimate.figures[:2])
        across, up = axes.transData.transform(place)
        row = across * math.sin(angle) + up * math.cos(angle)
        if row - last < _LINE:
            continue
        last = row
        name = point.layer if point.part == "product" else f"{point.layer} {point.part}"
        axes.annotate(name, place, (-3, 5), textcoords="offset points", rotation=-_LEAN,
                      rotation_mode="anchor", fontsize=8, color=INK, ha="right", va="bottom")
