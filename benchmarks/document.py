"""The page RESULTS.md: measurements of every row, as Markdown."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks import costs, simulator
from benchmarks.builds import LARGE
from benchmarks.measurement import Accuracy, Design, Measurement
from benchmarks.networks import SOURCES, Source
from benchmarks.rows import Row

Found = Mapping[str, Measurement]

HEAD = f"""# Networks on devices

Written by `make bench DATA=DIR REFERENCES=REFERENCES`. A single row is measured again by
`python -m benchmarks.results --rows NAME --data-dir DIR --references REFERENCES`, and this page is
written from the measurements in `benchmarks/results/` by `python -m benchmarks.results --table`.
DIR holds the data sets, REFERENCES the published parameters. The command beside a design builds it
with seed 1.

CNV is the CIFAR-10 network of the FINN paper (arXiv 1612.07119); TFC, SFC and LFC are its fully
connected networks for MNIST, of 64, 256 and 1,024 neurons a layer. BNN-PYNQ is FINN's collection of
trained networks. The vgg networks are those of the BNN-DL paper (arXiv 1904.02823), x channels wide
in the first layers.

- **Frames/s** is the clock that was asked for, or Fmax where that is lower, divided by the cycles
  between two answers in simulation of the emitted Verilog. A design that differs from the integer
  reference in any score, or was not routed, claims none.
- **Fmax** is that of the routed design: the median of three placements with different seeds, whose
  clocks stand in brackets; designs above {LARGE:,} LUT4 are placed once. It may exceed the clock
  that was asked for, at which nextpnr aims.
- **LUT4** counts two for a carry cell and includes the board's link; LUT4, flip-flops and EBR are
  of the seed with the median Fmax.
- **P x PE x SIMD** are the pixels, output channels and inputs in a cycle. 2*5 pixels: every word of
  weights is used in two cycles, for five pixels in each.
- **Energy** is the operator model of the BNN-DL paper, of a 65 nm standard-cell process: figures
  to compare networks by, not the board's supply power.
"""

ELSEWHERE = (
    ("LANES.md", "folded matrix-vector units: LUT4 per lane, Fmax", "lanes"),
    ("CONSTANTS.md", "constant weights: LUT4 per synapse, beside da4ml", "constants"),
    ("STEPS.md", "weights as functions of a step: LUT4 a lane by the number of steps", "steps"),
    ("COSTS.md", "coefficients of the cost model, in use and as fitted", "fit"),
    ("MNIST.md", "the MNIST example on every test image", "mnist --data-dir DIR"),
)
"""Tables that other benchmarks write: file, content, command."""


def document(rows: Sequence[Row], found: Found) -> str:
    """The whole page, with rows in their order; those without a measurement are listed as such."""
    sections = [HEAD, targets(rows, found)]
    for source in SOURCES.values():
        if mine := [row for row in rows if row.source is source]:
            sections.append(_section(source, mine, found))
    return "\n".join([*sections, costs.section(), simulator.section(), _elsewhere()])


def targets(rows: Sequence[Row], found: Found) -> str:
    """The table of targets: the target of every row beside its result."""
    lines = ["## Targets", "",
             "| row | network and device | target | reached |", "|---|---|---|---|"]  # fmt: skip
    for row in rows:
        place = f"{row.network} on {row.board} {row.variant or ''}".strip()
        made = found.get(row.name)
        reached = outcome(made) if made else "not measured yet"
        lines.append(f"| {row.name} | {place} | {row.target} | {reached}{_verdict(row, made)} |")
    return "\n".join(lines) + "\n"


def outcome(measured: Measurement) -> str:
    """The result of a measurement in one phrase."""
    made = measured.design
    if made is None or made.achieved is None:
        return f"no design: {measured.failure or 'not placed'}"
    if not made.right:
        return f"wrong: {measured.failure or 'not simulated'}"
    said = f"{made.rate:,.0f} frames/s at {min(made.clock, made.achieved) / 1e6:.4g} MHz"
    return said if made.met else f"{said}, as {made.clock / 1e6:g} MHz was missed"


def _elsewhere() -> str:
    lines = ["## In tables of their own", "", "| what | table | command |", "|---|---|---|"]
    lines += [f"| {what} | [{file}]({file}) | `python -m benchmarks.{words}` |"
              for file, what, words in ELSEWHERE]  # fmt: skip
    return "\n".join(lines) + "\n"


def _verdict(row: Row, measured: Measurement | None) -> str:
    made = measured.design if measured else None
    if row.rate is None or made is None or made.rate is None:
        return ""
    right, said = made.met and made.right, ""
    for name, rate in (("", row.rate), ("the goal, ", row.goal)):
        if rate is not None:
            met = right and made.rate >= rate
            said += f"; {name}{rate:,.0f} {'**reached**' if met else '**not reached**'}"
    return said


def _section(source: Source, rows: Sequence[Row], found: Found) -> str:
    measured = [found[row.name] for row in rows if row.name in found]
    lines = [f"## {source.title}", ""]
    if source.command:
        lines += [f"The checkpoint: `{source.command}`.", ""]
    if first := next(iter(measured), None):
        lines += [_origin(first), ""]
    if built := [each for each in measured if each.design]:
        lines += [_table(built), ""]
    lines += [line for row in rows for line in _remarks(row, found.get(row.name))]
    return "\n".join(lines) + "\n"


def _origin(measured: Measurement) -> str:
    said = measured.training[0].upper() + measured.training[1:]
    return f"{said}. {_exactness(measured.accuracy)}"


def _exactness(accuracy: Accuracy | None) -> str:
    if accuracy is None:
        return "Not evaluated: the test images were not at hand."
    said = (f"Integer reference: {accuracy.correct / accuracy.images:.2%} of {accuracy.images:,}"
            f" test images; {accuracy.differing:,} differ from PyTorch in the class")  # fmt: skip
    if accuracy.published is not None:
        said += f"; every score equals the published one on {accuracy.published:,}"
    return said + "."


def _table(measured: Sequence[Measurement]) -> str:
    designs = [each.design for each in measured if each.design]
    lines = ["| | " + " | ".join(each.row for each in measured) + " |",
             "|---" * (len(measured) + 1) + "|"]  # fmt: skip
    for name, show in FIGURES:
        lines.append(f"| {name} | " + " | ".join(show(each) for each in designs) + " |")
    for name, text in (("tools", _tools), ("commit", lambda each: each.commit or "?"),
                       ("command", lambda each: f"`{each.command}`")):  # fmt: skip
        lines.append(f"| {name} | " + " | ".join(text(each) for each in measured) + " |")
    return "\n".join(lines)


def _tools(measured: Measurement) -> str:
    return ", ".join(f"{name} {version}" for name, version in measured.tools.items())


def _remarks(row: Row, measured: Measurement | None) -> list[str]:
    """Remarks below a table: the plan, its limit, and failures."""
    if measured is None:
        command = f"python -m benchmarks.results --rows {row.name}"
        return [f"- **{row.name}**: not measured yet: `{command}`."]
    lines = []
    if made := measured.design:
        plan = "; ".join(f"{each.name} {each.size} {each.weights}, {each.cycles:,}"
                         for each in made.layers)  # fmt: skip
        lines.append(f"- **{row.name}**, P x PE x SIMD, weights and cycles of every layer: {plan}.")
    if measured.limit:
        lines.append(f"- **{row.name}**, what limits it: {measured.limit}.")
    if measured.failure:
        lines.append(f"- **{row.name}**, `{measured.command}` failed: {measured.failure}.")
    return lines


def _of(field: str) -> Callable[[Design], str]:
    def show(design: Design) -> str:
        has = getattr(design.available, field)
        if design.cells is None:
            return f"planned {getattr(design.estimate, field):,} of {has:,}"
        used = getattr(design.cells, field)
        planned = getattr(design.estimate, field)
        return f"{used:,} of {has:,} ({used / has:.0%}); planned {planned:,}"

    return show


def _fmax(design: Design) -> str:
    if design.achieved is None:
        return "not placed"
    seeds = ", ".join(f"{each.achieved / 1e6:.1f}" for each in design.seeds)
    return f"{design.achieved / 1e6:.1f} MHz ({seeds}){'' if design.met else ', missed'}"


def _rate(design: Design) -> str:
    return f"**{design.rate:,.0f}**" if design.rate is not None and design.right else "none"


def _cycles(design: Design) -> str:
    if design.simulation is None or design.simulation.cycles_per_frame is None:
        return f"{design.interval:,} planned"
    return f"{design.simulation.cycles_per_frame:,.1f} simulated, {design.interval:,} planned"


def _latency(design: Design) -> str:
    clock = design.clock if design.achieved is None else min(design.clock, design.achieved)
    if design.simulation is None:
        return f"{design.latency:,} cycles planned"
    counted = design.simulation.latency_cycles
    return f"{counted:,} cycles, {counted / clock * 1e6:.1f} us; {design.latency:,} planned"


def _images(design: Design) -> str:
    simulation = design.simulation
    if simulation is None:
        return "none"
    said = f"{simulation.images:,}, {simulation.differing:,} differ in any score"
    if simulation.correct is None:
        return said
    return f"{said}; {simulation.correct / simulation.images:.2%} right"


def _energy(design: Design) -> str:
    said = f"{design.energy.paper * 1e9:,.3g} / {design.energy.counter * 1e9:,.3g}"
    activity = design.energy.activity
    return f"{said} / {'-' if activity is None else f'{activity * 1e9:,.3g}'} nJ"


def _seconds(design: Design) -> str:
    placing = ", ".join(f"{each.seconds:,.0f}" for each in design.seeds) or "-"
    return f"{'-' if design.synthesis is None else f'{design.synthesis:,.0f}'} s; {placing} s"


FIGURES: tuple[tuple[str, Callable[[Design], str]], ...] = (
    ("device", lambda made: made.device),
    ("frames/s", _rate),
    ("cycles of a frame", _cycles),
    ("latency", _latency),
    ("clock asked", lambda made: f"{made.clock / 1e6:g} MHz"),
    ("Fmax", _fmax),
    ("LUT4", _of("lut")),
    ("flip-flops", _of("ff")),
    ("EBR", _of("ebr")),
    ("images simulated", _images),
    ("energy: paper / with counter / activity", _energy),
    ("wall time: yosys; nextpnr per seed", _seconds),
)
"""Lines of a network's table: a name, and the function from a design to its text."""
