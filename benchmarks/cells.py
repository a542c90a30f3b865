"""``python -m benchmarks.cells``: the cost model of families but ECP5 against synthesised stages.

Of the stages that `benchmarks.stages` draws, the first ones that take at most half the family's
smallest device by the plan's estimate are synthesised for it; their logic cells and blocks are
written to ``benchmarks/cells.json``, and the factors that fit them best are printed beside those of
`boards.families`. A test compares the estimates of `hw.plan.cost` with that table.
"""

import json
import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import count, islice
from pathlib import Path

import numpy as np
from amaranth.back import rtlil
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.stages import Drawn, draw
from boards.board import Board, Family
from boards.catalogue import BOARDS, device
from boards.families import ECP5
from boards.resources import Resources
from hw.emit import synth
from hw.emit.child import results
from hw.emit.families import family
from hw.emit.project import platform
from hw.emit.tools import YOSYS, run
from hw.plan import cost
from hw.plan.plan import Folding
from model import options
from model.options import Parser
from model.refusal import refusing

FILE = Path(__file__).with_name("cells.json")
SMALLEST = {
    name: min((each for each in BOARDS.values() if each.family.name == name),
              key=lambda each: device(each).lut)
    for name in sorted({each.family.name for each in BOARDS.values()} - {ECP5.name})
}
"""The board with the smallest device, by family; `benchmarks.stages` is of ECP5."""

SHARE = 0.5
"""Share of the device that a stage may take by the plan's estimate."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One random stage and the resources that it takes."""

    seed: int
    family: Family
    folding: Folding
    found: Resources

    @property
    def estimate(self) -> Resources:
        return _estimate(replace(draw(self.seed), folding=self.folding), self.family)


def drawn_for(family: Family, seed: int) -> Drawn:
    """A stage with registers as a family has them."""
    drawn = draw(seed)
    folding = replace(drawn.folding, few_registers=family.few_registers)
    return replace(drawn, folding=folding)


def small(board: Board) -> Iterator[int]:
    """Seeds of the stages that are small enough for a board."""
    there = device(board)
    for seed in count():
        said = _estimate(drawn_for(there.family, seed), there.family)
        if said.lut <= SHARE * there.lut and said.ebr <= there.ebr:
            yield seed


def measure(board: Board, seed: int) -> Measured:
    """Synthesise one stage for a board; takes seconds."""
    drawn, tools = drawn_for(board.family, seed), family(board)
    with tempfile.TemporaryDirectory() as made:
        folder, target = Path(made), platform(board, board.default_variant)
        (folder / "top.il").write_text(rtlil.convert(drawn.component, platform=target, name="top"))
        for name, text in target.extra_files.items():
            (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        sources = [*target.extra_files, "top.il"]
        (folder / synth.SCRIPT).write_text(synth.script(tools, sources, []))
        run(YOSYS, synth.SCRIPT, folder=folder, log="synth.log")
        netlist = json.loads((folder / synth.NETLIST).read_text())["modules"]["top"]["cells"]
    return Measured(
        seed=seed, family=board.family, folding=drawn.folding, found=tools.mapped(netlist)
    )


def read(name: str) -> Iterator[Measured]:
    """The rows of a family's table as it was last measured."""
    for row in json.loads(FILE.read_text())[name]["stages"]:
        folding, found = Folding(**row["folding"]), Resources(**row["found"])
        yield Measured(
            seed=row["seed"], family=SMALLEST[name].family, folding=folding, found=found
        )


def errors(rows: Sequence[Measured]) -> list[float]:
    """Errors of the model in logic cells, relative to the measured ones."""
    return [abs(row.estimate.lut / row.found.lut - 1) for row in rows]


def fitted(rows: Sequence[Measured]) -> tuple[float, float]:
    """The factors of a `boards.board.Family` with the least squares of relative errors."""
    plain = [replace(row, family=replace(row.family, cells=(1.0, 0.0))).estimate for row in rows]
    taken = np.array([row.found.lut for row in rows], float)
    parts = np.array([[each.lut, each.ff] for each in plain]) / taken[:, None]
    lut, ff = np.linalg.lstsq(parts, np.ones(len(rows)), rcond=None)[0]
    return float(lut), float(ff)


def _estimate(drawn: Drawn, family: Family) -> Resources:
    return cost.stage(drawn.layer, drawn.folding, drawn.formats, drawn.arriving, family=family)


def _table(name: str, rows: Sequence[Measured]) -> Table:
    shown = Table(
        "seed", "P x PE x SIMD", "weights", "cells", "plan", "EBR", "plan", title=name
    )
    for row in rows:
        said, found = row.estimate, row.found
        shown.add_row(
            str(row.seed), row.folding.size, row.folding.weights,
            f"{found.lut:,}", f"{said.lut:,}", str(found.ebr), str(said.ebr),
        )
    off = errors(rows)
    lut, ff = fitted(rows)
    shown.caption = (
        f"cells off by {statistics.mean(off):.1%} on average, {max(off):.1%} at most; the best"
        f" factors are {lut:.2f} and {ff:.2f}"
    )
    return shown


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure again, and print the results beside the model's."""
    parser = Parser(prog="python -m benchmarks.cells", description=__doc__)
    parser.add_argument("--stages", type=options.whole("--stages", 1, 10_000), default=24,
                        help="how many to draw (24)")
    parser.add_argument("--family", choices=SMALLEST, help="of this one only")
    parser.add_argument("--jobs", type=options.jobs, default=os.cpu_count(),
                        help="at once (all cores)")
    given = parser.parse_args(argv)
    for name in [given.family] if given.family else SMALLEST:
        seeds = islice(small(SMALLEST[name]), given.stages)
        made = results([partial(measure, SMALLEST[name], seed) for seed in seeds], given.jobs)
        rows = list(track(made, f"synthesising stages for {name}", given.stages))
        listed = [{"seed": row.seed, "folding": asdict(row.folding), "found": asdict(row.found)}
                  for row in rows]
        known = json.loads(FILE.read_text())
        known[name] = {"tools": [YOSYS.version], "stages": listed}
        FILE.write_text(json.dumps(known, indent=1) + "\n")
        Console(width=100).print(_table(name, rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
