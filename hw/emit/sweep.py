"""The rows of a sweep: what each of many builds of a network came to, as JSON, CSV and a table."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from rich.table import Table

from hw.emit.report import Report
from hw.emit.sections.section import energy_text, figures_table

State = Literal["asked", "done", "failed", "refused"]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures of a design: cells as of the last step that counted them, Hz, frames/s and joules.

    ``fmax`` is None without placement, ``differing`` without simulation: images of which any score
    is not the reference's. ``rate`` is at the clock, or at ``fmax`` where that is lower; ``energy``
    that of a frame, with counters.
    """

    device: str
    lut: int
    ff: int
    ebr: int
    clock: float
    fmax: float | None
    rate: float
    energy: float
    differing: int | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One build of a sweep: what was asked, its state, and why, where it is not done.

    ``folder`` is that of its build, within the sweep's; ``seconds`` is the time that it took now.
    """

    folder: str
    board: str
    variant: str
    fill: float | None
    fps: float | None
    clock: float | None
    seed: int | None
    state: State
    reason: str = ""
    seconds: float = 0.0
    figures: Figures | None = field(default=None)


def figures(report: Report) -> Figures:
    """The figures of a build's report."""
    cells, simulation, timing = report.counts.latest, report.simulation, report.timing
    simulated = simulation.cycles_per_frame if simulation else None
    cycles = report.interval if simulated is None else simulated
    fmax = timing.achieved if timing else None
    return Figures(
        device=report.device, lut=cells.lut, ff=cells.ff, ebr=cells.ebr, clock=report.clock,
        fmax=fmax, rate=min(report.clock, fmax or report.clock) / cycles,
        energy=report.energy.counter,
        differing=simulation.differing if simulation else None,
    )


def text(rows: Sequence[Row]) -> str:
    """The rows as JSON."""
    return json.dumps({"rows": [asdict(row) for row in rows]}, indent=1) + "\n"


def comma_separated(rows: Sequence[Row]) -> str:
    """The rows as CSV with a line of names, the figures beside the rest."""
    names = [each.name for each in fields(Row) if each.name != "figures"]
    # A row's clock is the one that was asked for, in MHz; that of the figures is in Hz.
    of_figures = [each.name for each in fields(Figures)]
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow([*names, *(f"made_{name}" if name in names else name for name in of_figures)])
    for row in rows:
        made = [getattr(row.figures, name) for name in of_figures] if row.figures else ()
        table.writerow([*(getattr(row, name) for name in names), *made])
    return written.getvalue()


def table(rows: Sequence[Row]) -> Table:
    """The rows for a terminal, without reasons, which are long."""
    columns = ("asked", "LUT4", "FF", "EBR", "Fmax", "frames/s", "energy", "differing", "state")
    shown = figures_table("sweep", "board", *columns)
    for name in ("asked", "state"):
        shown.columns[1 + columns.index(name)].justify = "left"
    for row in rows:
        shown.add_row(f"{row.board} {row.variant}", asked(row), *_shown(row.figures), row.state)
    return shown


def asked(row: Row) -> str:
    """What a row was asked for, in words; empty if for nothing but the board."""
    words = [f"fill {row.fill:g}" if row.fill is not None else "",
             f"{row.fps:,.10g} frames/s" if row.fps is not None else "",
             f"{row.clock:g} MHz" if row.clock is not None else "",
             f"seed {row.seed}" if row.seed is not None else ""]
    return ", ".join(word for word in words if word)


def _shown(made: Figures | None) -> tuple[str, ...]:
    if made is None:
        return ("",) * 7
    fmax = "" if made.fmax is None else f"{made.fmax / 1e6:.1f} MHz"
    differing = "" if made.differing is None else f"{made.differing:,}"
    return (f"{made.lut:,}", f"{made.ff:,}", f"{made.ebr:,}", fmax, f"{made.rate:,.0f}",
            energy_text(made.energy), differing)
