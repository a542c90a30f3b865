"""``python -m benchmarks.cells``: the cost model of iCE40 against synthesised stages.

Of the stages that `benchmarks.stages` draws, the first ones that take at most half an iCE40UP5K by
the plan's estimate are synthesised for it; their logic cells and blocks are written to
``benchmarks/cells.json``. A test compares the estimates of `hw.plan.cost` with that table.
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

from amaranth.back import rtlil
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.stages import Drawn, draw
from boards.catalogue import board, device
from boards.resources import Resources
from hw.emit import synth
from hw.emit.child import results
from hw.emit.known.ice40 import FAMILY as ICE40
from hw.emit.project import platform
from hw.emit.tools import YOSYS, run
from hw.plan import cost
from hw.plan.plan import Folding
from model import options
from model.options import Parser
from model.refusal import refusing

FILE = Path(__file__).with_name("cells.json")
BOARD = board("icebreaker")
UP5K = device(BOARD)
SHARE = 0.5
"""Share of the device that a stage may take by the plan's estimate."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One random stage and the resources that it takes."""

    seed: int
    folding: Folding
    found: Resources

    @property
    def estimate(self) -> Resources:
        return _estimate(replace(draw(self.seed), folding=self.folding))


def small() -> Iterator[int]:
    """Seeds of the stages that are small enough."""
    for seed in count():
        said = _estimate(draw(seed))
        if said.lut <= SHARE * UP5K.lut and said.ebr <= UP5K.ebr:
            yield seed


def measure(seed: int) -> Measured:
    """Synthesise one stage; takes seconds."""
    drawn = draw(seed)
    with tempfile.TemporaryDirectory() as made:
        folder, target = Path(made), platform(BOARD, BOARD.default_variant)
        (folder / "top.il").write_text(rtlil.convert(drawn.component, platform=target, name="top"))
        for name, text in target.extra_files.items():
            (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        sources = [*target.extra_files, "top.il"]
        (folder / synth.SCRIPT).write_text(synth.script(ICE40, sources, []))
        run(YOSYS, synth.SCRIPT, folder=folder, log="synth.log")
        netlist = json.loads((folder / synth.NETLIST).read_text())["modules"]["top"]["cells"]
    return Measured(seed=seed, folding=drawn.folding, found=ICE40.mapped(netlist))


def read() -> Iterator[Measured]:
    """The rows of the table as it was last measured."""
    for row in json.loads(FILE.read_text())["stages"]:
        folding, found = Folding(**row["folding"]), Resources(**row["found"])
        yield Measured(seed=row["seed"], folding=folding, found=found)


def errors(rows: Sequence[Measured]) -> list[float]:
    """Errors of the model in logic cells, relative to the measured ones."""
    return [abs(row.estimate.lut / row.found.lut - 1) for row in rows]


def _estimate(drawn: Drawn) -> Resources:
    return cost.stage(drawn.layer, drawn.folding, drawn.formats, drawn.arriving, family=UP5K.family)


def _table(rows: Sequence[Measured]) -> Table:
    shown = Table("seed", "P x PE x SIMD", "weights", "cells", "plan", "EBR", "plan")
    for row in rows:
        said, found = row.estimate, row.found
        shown.add_row(
            str(row.seed), row.folding.size, row.folding.weights,
            f"{found.lut:,}", f"{said.lut:,}", str(found.ebr), str(said.ebr),
        )
    off = errors(rows)
    shown.caption = f"cells off by {statistics.mean(off):.1%} on average, {max(off):.1%} at most"
    return shown


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure again, and print the results beside the model's."""
    parser = Parser(prog="python -m benchmarks.cells", description=__doc__)
    parser.add_argument("--stages", type=options.whole("--stages", 1, 10_000), default=24,
                        help="how many to draw (24)")
    parser.add_argument("--jobs", type=options.jobs, default=os.cpu_count(),
                        help="at once (all cores)")
    given = parser.parse_args(argv)
    made = results([partial(measure, one) for one in islice(small(), given.stages)], given.jobs)
    rows = list(track(made, "synthesising stages", given.stages))
    content = {"tools": [YOSYS.version], "stages": [asdict(row) for row in rows]}
    FILE.write_text(json.dumps(content, indent=1) + "\n")
    Console(width=100).print(_table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
