"""``python -m benchmarks.boards``: a network on every known board, and the largest that fits each.

Each board of `boards.known` is built for to a bitstream, also those of one device; what is kept in
`KEPT` is not measured again unless its board is named. Of the networks of `FITTED` the largest one
that has a design on the board is planned as hw.build does. The table goes into docs/boards.md.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter
from rich.console import Console

from benchmarks.builds import ROOT, Killed, builds
from benchmarks.marks import between
from benchmarks.measurement import Design, commit, design, versions
from benchmarks.results import TOOLS
from boards.board import Board
from boards.catalogue import BOARDS, board, device
from hw.design.clocks import achieved
from hw.network.fold import fold
from hw.network.network import Network
from hw.plan.search import plan
from model import options, tables
from model.checkpoint import Checkpoint, export, load, save
from model.files import write_text
from model.networks import build
from model.options import Parser
from model.refusal import Refusal, refusing
from model.topologies import topology
from sim.random_networks import random_checkpoint

KEPT = ROOT / "benchmarks" / "boards"
PAGE = ROOT / "docs" / "boards.md"
WORK = ROOT / "build" / "boards"

SEED = 3
"""Seed of the small network's random weights."""

IMAGES = 16

Made = Callable[[], Checkpoint]


def _shipped(name: str) -> Made:
    return lambda: load(ROOT / "examples" / name / "net.pt")


def _untrained(name: str, shape: Sequence[int], table: list[int]) -> Made:
    """A topology with weights as its training begins with."""

    def made() -> Checkpoint:
        arch = topology(name, None, shape, [table] * shape[0])
        return Checkpoint(method="bnn", arch=arch, state_dict=export(build(arch)),
                          classes=[str(number) for number in range(10)], metrics={},
                          training={"importer": "untrained"})

    return made


BUILT: dict[str, Made] = {"small": lambda: random_checkpoint(SEED), "mnist": _shipped("mnist")}
"""Networks that are built, by name."""

OPTIONS: dict[str, tuple[str, ...]] = {"small": ("--fps", "1")}
"""Options of hw.build for them; none for the others."""

_DIGITS, _COLOUR = (1, 28, 28), (3, 32, 32)
FITTED: dict[str, Made] = {
    "mnist": _shipped("mnist"),
    "tfc": _untrained("tfc", _DIGITS, tables.threshold()),
    "sfc": _untrained("sfc", _DIGITS, tables.threshold()),
    "lfc": _untrained("lfc", _DIGITS, tables.threshold()),
    "cifar10": _shipped("cifar10"),
    "cnv": _untrained("cnv", _COLOUR, tables.pynq()),
}
"""Networks of which the largest that fits is looked for."""


@dataclass(frozen=True, kw_only=True)
class Largest:
    """The largest network that fits a board, its binary weights, and the planned frames/s."""

    network: str
    weights: int
    rate: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """A network on a board: the design, or the failure. ``commit`` is the program's version."""

    board: str
    variant: str
    network: str
    command: str
    commit: str | None
    tools: dict[str, str]
    design: Design | None
    failure: str | None
    largest: Largest | None

    def save(self, folder: Path) -> None:
        """Write the row to its file."""
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / f"{self.network}-{self.board}.json",
                   _FORMAT.dump_json(self, indent=1).decode() + "\n")


_FORMAT = TypeAdapter(Row)


def read(network: str, board: str, folder: Path) -> Row | None:
    """The row that was kept; None if there is none."""
    path = folder / f"{network}-{board}.json"
    return _FORMAT.validate_json(path.read_text()) if path.is_file() else None


@cache
def folded(name: str) -> Network:
    """A network of `FITTED`, in integers."""
    return fold(FITTED[name]())


def weights(network: Network) -> int:
    """Number of the weights of all its products."""
    return sum(product.weights.size for product in network.products)


def largest(on: Board, known: dict[Hashable, Largest | None]) -> Largest | None:
    """The network of `FITTED` with the most weights that has a design on a board; None if none.

    ``known`` keeps what was found for boards whose device, clock and line are the same.
    """
    key = (device(on), on.clock, on.baud)
    if key not in known:
        known[key] = _largest(on)
    return known[key]


def _largest(on: Board) -> Largest | None:
    for name in sorted(FITTED, key=lambda name: -weights(folded(name))):
        try:
            made = plan(folded(name), on, clock=achieved(on, on.clock))
        except Refusal:
            continue
        return Largest(network=name, weights=weights(folded(name)), rate=made.frames_per_second)
    return None


def measure(network: str, name: str, work: Path, most: Largest | None) -> Row:
    """Build a network for a board, of which ``most`` is the largest that fits.

    Raises
    ------
    benchmarks.builds.Killed
        A tool was killed from outside.
    """
    on = board(name)
    checkpoint = work / f"{network}.pt"
    if not checkpoint.is_file():
        work.mkdir(parents=True, exist_ok=True)
        save(BUILT[network](), checkpoint)
    words = ["--board", name, *OPTIONS.get(network, ())]
    found = builds(checkpoint, [*words, "--simulate", str(IMAGES)], work / f"{network}-{name}", 1)
    return Row(
        board=name, variant=on.default_variant, network=network, commit=commit(),
        command=f"python -m hw.build --checkpoint {network}.pt {' '.join(words)}",
        tools=versions(TOOLS), design=design(found), failure=found[0].failure,
        largest=most,
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| board | device | network | LUT4 | EBR | clock, Fmax | frames/s | images differ |"
             " largest that fits, frames/s planned |", "|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        fits = row.largest
        most = f"{fits.network}, {fits.rate:,.0f}" if fits else "none"
        lines.append(f"| {row.board} | {device(board(row.board), row.variant).name} |"
                     f" {row.network} | {' | '.join(_figures(row))} | {most} |")
    return "\n".join(lines) + "\n"


def _figures(row: Row) -> tuple[str, ...]:
    made = row.design
    if made is None or made.cells is None or made.achieved is None or made.rate is None:
        return (f"not built: {row.failure}", "", "", "", "")
    cells, there, seen = made.cells, made.available, made.simulation
    return (
        f"{cells.lut:,} ({cells.lut / there.lut:.0%})",
        f"{cells.ebr:,} ({cells.ebr / there.ebr:.0%})",
        f"{made.clock / 1e6:g}, {made.achieved / 1e6:.1f} MHz{'' if made.met else ' (NOT met)'}",
        f"{made.rate:,.0f}",
        f"{seen.differing} of {seen.images}" if seen else "not simulated",
    )


def section(rows: Sequence[Row], missing: Sequence[str]) -> str:
    """Text between the marks of docs/boards.md: the table, and the boards not measured."""
    shown = sorted({row.network for row in rows})
    commands = " and ".join(f"`python -m benchmarks.boards --network {name}`" for name in shown)
    left = f"\nNot measured yet: {', '.join(missing)}.\n" if missing else ""
    return f"Written by {commands or '`python -m benchmarks.boards`'}.\n\n{table(rows)}{left}"


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and write the table; 0 if done, 1 if an image differs, 2 if input is unusable."""
    given = _parser().parse_args(argv)
    names = [board(name).name for name in given.boards or BOARDS]
    say = Console(stderr=True).print
    known: dict[Hashable, Largest | None] = {}
    for name in names if not given.table else ():
        if not given.boards and read(given.network, name, KEPT):
            continue
        say(f"{name}: building", highlight=False)
        try:
            row = measure(given.network, name, WORK, largest(board(name), known))
        except Killed as reason:
            say(f"{name}: left out, {reason}", highlight=False)
            continue
        row.save(KEPT)
        say(f"{name}: {' | '.join(_figures(row))} | {row.largest}", highlight=False)
    found = [row for name in BOARDS for network in BUILT if (row := read(network, name, KEPT))]
    done = {row.board for row in found}
    text = section(found, [name for name in BOARDS if name not in done])
    PAGE.write_text(between("benchmarks.boards", text, PAGE.read_text()))
    print(text, end="")
    seen = [row.design.simulation for row in found if row.design]
    return 1 if any(each and each.differing for each in seen) else 0


def _parser() -> Parser:
    parser = Parser(prog="python -m benchmarks.boards", description=__doc__)
    add = parser.add_argument
    add("--boards", nargs="+", type=options.name("--boards"), metavar="NAME",
        help="only these, also if they are kept (default: those that are not)")
    add("--network", choices=[*BUILT], default="small", help="that is built (default: small, a"
        f" random one of seed {SEED}, of the smallest design)")
    add("--table", action="store_true", help="measure nothing: the table of what is kept")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
