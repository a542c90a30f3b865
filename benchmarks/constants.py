"""``python -m benchmarks.constants``: units with constant weights on ECP5, placed and routed."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata

from rich.progress import track

from benchmarks import lanes
from benchmarks.lanes import ASKED, OLD_ABC, ROOT, TOOLS, UNIT
from benchmarks.packing import readable
from benchmarks.synapses import FIRST, LARGE, PEER, SMALL, Matrix, Peer, Point, constants
from boards.resources import Resources
from hw.cores.mvu.adders import Adders
from hw.cores.mvu.sharing import Sharing
from hw.emit import place
from hw.emit.child import results
from hw.emit.known.ecp5 import FAMILY as ECP5
from hw.emit.known.ecp5 import count
from hw.emit.tools import NEXTPNR, run
from hw.network.fold import fold
from model import options
from model.checkpoint import load
from model.options import Parser
from model.refusal import refusing

TABLE = ROOT / "benchmarks" / "CONSTANTS.md"
PLACED = "placed.json"
LEVELS = range(1, 7)
"""Levels of adders between two pipeline registers that are measured."""

BLOCKS = (1, 2, 4, 8, 16, 64)
"""Numbers of outputs that share additions."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The cells of a point without its harness, and its clock in Hz."""

    point: Point
    cells: Resources
    clock: float


Rows = Mapping[Point, Placed]

WON = """## What won, and why

- Sharing between outputs, by far: a tree for each output takes more than twice the LUT4. The first
  adders take three bits at a time, later ones a bit more at their carry-in; rows most alike share
  longest. Eight outputs share nearly all that there is to share.
- A register every two adders is what the plan takes. After every adder it is faster, with about as
  many flip-flops as LUT4; from three on the clock falls and hardly a LUT4 is saved.
- Named cells: short sums are LUT4, longer ones carry chains whose ends stay open. Left to
  synthesis all are carry chains, with slots at both ends. How the rest is covered, by abc9 or by
  abc, changes little.
- da4ml adds two numbers at a time and knows no carry-in: of bits it takes more of everything, and
  minutes. Of integers it takes fewer LUT4 and more flip-flops: it makes a row of another one and
  twice their difference, of which trained weights have small ones. That is the first layer alone,
  a small part of a network that is unfolded, so it is a measure here and not a dependency.
"""


def units(first: Matrix) -> list[Point]:
    """The points of the first table: units with thresholds and control."""
    sweep = [Point(matrix=m, levels=levels) for m in (SMALL, first) for levels in LEVELS]
    return [
        Point(matrix=SMALL, home="lut", levels=3), *sweep,
        Point(matrix=SMALL, pixels=2), Point(matrix=LARGE),
    ]  # fmt: skip


def forms() -> list[Point]:
    """The points that compare forms of a unit: named cells, or synthesis with abc9 or abc."""
    plain = [Point(matrix=SMALL, plain=True, abc9=new) for new in (True, False)]
    return [Point(matrix=SMALL), *plain]


def alone(first: Matrix) -> list[Point]:
    """The points that compare sums without thresholds, ours and the peer's."""
    return [Point(matrix=m, form=form) for m in (first, LARGE) for form in ("sums", "peer")]


def measured(point: Point, peer: Peer | None, *, kept: bool) -> Placed:
    """A point placed with one seed, in minutes; with ``kept``, the result of the last run."""
    folder = point.folder
    if point.form == "peer" and peer:
        peer.make(point, kept=kept)
    if not point.routed:
        return estimated(point, kept=kept)
    if not (kept and (folder / place.RESULT).exists()):
        lanes.placed(point, folder, 1, ECP5 if point.abc9 else OLD_ABC)
    placement = place.read(folder)
    return Placed(point=point, cells=placement.modules[UNIT], clock=placement.achieved)


def estimated(point: Point, *, kept: bool) -> Placed:
    """A point that is placed but not routed, with nextpnr's estimate of the clock."""
    folder = point.folder
    if not (kept and (folder / PLACED).exists()):
        made = lanes.synthesised(point, folder, ECP5)
        run(
            NEXTPNR, *made.device, "--json", readable(folder), "--lpf", ECP5.constraints,
            "--no-route", "--write", PLACED, "--seed", "1", "--freq", f"{ASKED / 1e6:.0f}",
            "--timing-allow-fail", folder=folder, log=place.LOG,
        )  # fmt: skip
    netlist = json.loads((folder / PLACED).read_text())["modules"]["top"]["cells"]
    (*_, said) = re.findall(r"Max frequency for clock .*: ([0-9.]+) MHz",
                            (folder / place.LOG).read_text())
    return Placed(point=point, cells=count(netlist, [UNIT])[UNIT], clock=float(said) * 1e6)


def table(points: Sequence[Point], rows: Rows) -> str:
    """The figures of units as a Markdown table."""
    lines = [
        "| outputs on inputs, weights | P | form | LUT4 | FF | LUT4 per synapse | Fmax, MHz |",
        "|---|---|---|---|---|---|---|",
    ]
    for point in points:
        cells, clock = rows[point].cells, rows[point].clock / 1e6
        lines.append(
            f"| {point.matrix.text} | {point.pixels} | {_form(point)} | {cells.lut:,}"
            f" | {cells.ff:,} | {cells.lut / point.lanes:.2f} | {clock:.1f} |"
        )
    return "\n".join(lines) + "\n"


def _form(point: Point) -> str:
    cover = "" if point.abc9 else ", abc"
    if point.home != "logic":
        return f"a tree for each output, register every {point.levels} LUT4{cover}"
    made = "plain logic" if point.plain else "shared"
    return f"{made}, register every {point.levels} adders{cover}"


@cache
def sharing() -> str:
    """Named cells before placement by the number of outputs that share, as a Markdown table."""
    lines = ["| outputs on inputs |" + "".join(f" {block} |" for block in BLOCKS)]
    lines.append("|---|" + "---|" * len(BLOCKS))
    for matrix in (SMALL, Matrix(outputs=64, inputs=126), LARGE):
        outputs, inputs, rows = matrix.outputs, matrix.inputs, matrix.weights
        costs = [
            sum(_cells(rows[k : k + block], inputs) for k in range(0, outputs, block))
            for block in BLOCKS
        ]
        per = [f" {cost:,} ({cost / outputs / inputs:.2f}) |" for cost in costs]
        lines.append(f"| {outputs} on {inputs} |{''.join(per)}")
    return "\n".join(lines) + "\n"


def _cells(rows: Sequence[int], inputs: int) -> int:
    text = Adders(Sharing(rows, inputs=inputs), 2, inputs.bit_length() + 2).module()[1]
    return text.count("LUT4 #") + 2 * text.count("CCU2C #")


def compared(points: Sequence[Point], rows: Rows, peer: Peer) -> str:
    """Sums alone beside the peer's, as a Markdown table."""
    lines = [
        "| outputs on inputs, weights | sums by | to Verilog, s | adder bits counted | LUT4 | FF |"
        " Fmax, MHz |",
        "|---|---|---|---|---|---|---|",
    ]
    for point in points:
        cells, clock = rows[point].cells, rows[point].clock / 1e6
        made = peer.made[point.matrix.text] if point.form == "peer" else _made(point)
        whose = f"{PEER} {made['version']}" if point.form == "peer" else "Purelogic"
        reached = f"{clock:.1f}" if point.routed else f"{clock:.1f} (estimate)"
        lines.append(
            f"| {point.matrix.text} | {whose} | {made['seconds']:.1f} | {made['cost']:,.0f}"
            f" | {cells.lut:,} | {cells.ff:,} | {reached} |"
        )
    return "\n".join(lines) + "\n"


def _made(point: Point) -> dict[str, float | str]:
    """Seconds and counts of making a module's text from the weights."""
    matrix, start = point.matrix, time.monotonic()
    sums = Sharing(matrix.weights, inputs=matrix.inputs, element=matrix.element)
    Adders(sums, point.levels, 32).module()
    return {"seconds": time.monotonic() - start, "cost": sums.full_adders}


def document(rows: Rows, first: Matrix, peer: Peer | None, command: str) -> str:
    """The whole of benchmarks/CONSTANTS.md."""
    tools = ", ".join(f"{name} {metadata.version(name)}" for name in TOOLS)
    beside = (
        "Left out: no environment with it was given by `--da4ml`.\n" if peer is None else
        "Sums alone, no thresholds, before a register, in the same harness and by the same tools;"
        f" register every 2 adders, of {PEER} its `latency_cutoff`. Those of {LARGE.inputs} inputs"
        " are placed and not routed, as a router needs over ten minutes: their Fmax is nextpnr's"
        " estimate.\n\n"
        f"{compared(alone(first), rows, peer)}"
    )  # fmt: skip
    return (
        "# Units with constant weights on LFE5U-85F, speed grade 6\n\n"
        f"Written by `{command}`. A unit's own cells, after placement, with thresholds and control,"
        " between registers that are not counted; carry cells count as two LUT4. nextpnr aims at"
        f" {ASKED / 1e6:.0f} MHz with one seed.\n\n"
        f"{table(units(first), rows)}\n"
        "## Named cells or plain logic, abc9 or abc\n\n"
        f"{table(forms(), rows)}\n"
        "## How many outputs share\n\n"
        "Cells of the sums alone, before placement, of random bits, and per synapse, where so many"
        " outputs share.\n\n"
        f"{sharing()}\n"
        f"## Beside {PEER}\n\n{beside}\n{WON}\n"
        f"Tools: {tools}.\n"
    )


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and write the page."""
    parser = Parser(prog="python -m benchmarks.constants", description=__doc__)
    parser.add_argument("--checkpoint", type=options.path("--checkpoint"),
                        help="a network whose first layer is measured (default: random weights)")
    parser.add_argument("--da4ml", type=options.path("--da4ml"),
                        help="the Python of an environment in which da4ml is installed")
    parser.add_argument("--jobs", type=options.jobs, default=2, help="points at once (default 2)")
    parser.add_argument("--kept", action="store_true",
                        help="take points that were measured before from the build folder")
    given = parser.parse_args(argv)
    first = constants(fold(load(given.checkpoint)).products[0]) if given.checkpoint else FIRST
    peer = Peer(python=given.da4ml) if given.da4ml else None
    every = dict.fromkeys([*units(first), *forms(), *alone(first)])
    asked = [point for point in every if peer or point.form == "mvu"]
    # The largest first, so that the last ones to run are short.
    asked.sort(key=lambda point: point.lanes, reverse=True)
    calls = [partial(measured, point, peer, kept=given.kept) for point in asked]
    placed = list(track(results(calls, given.jobs), "placing", total=len(asked)))
    command = "python -m benchmarks.constants"
    command += f" --checkpoint {given.checkpoint.name}" if given.checkpoint else ""
    command += " --da4ml PYTHON" if peer else ""
    text = document({row.point: row for row in placed}, first, peer, command)
    TABLE.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
