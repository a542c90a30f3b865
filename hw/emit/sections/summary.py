"""Summary of a build: accuracy, exactness, speed, size and energy, as a person asks for them."""

from rich.table import Table
from rich.text import Text

from boards.catalogue import BOARDS
from hw.emit.families import family
from hw.emit.report import Proofs, Report, Simulation, Timing
from hw.emit.sections.section import BAD, Section, energy_text

Fact = tuple[str, str | Text]
"""A line: its name and its value."""


def table(report: Report) -> Table:
    title = Text(f"{report.board} {report.device}", style="bold")
    shown = Table(title=title, title_justify="left", show_header=False)
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column()
    for name, value in _facts(report):
        # A file and a class may be called anything: no text here is rich's markup.
        shown.add_row(name, Text(value) if isinstance(value, str) else value)
    return shown


def _facts(report: Report) -> list[Fact]:
    """The lines of the summary, the most asked-for first."""
    facts: list[Fact] = [("accuracy", accuracy(report))]
    simulation = report.simulation
    if simulation:
        facts += _simulated(simulation)
    if report.proofs:
        facts += _proved(report.proofs)
    if report.netlist:
        told = Text(str(report.netlist), style=BAD if report.netlist.failures else "")
        facts += [("netlist", told)]
    facts += [("latency", latency(report))]
    facts += [("frames/s", f"{report.frames_per_second:,.0f} "
               f"({report.interval:,} cycles at {report.clock / 1e6:g} MHz)")]
    if report.entry > 1:
        facts += [("input", f"{report.entry} pixels a beat")]
    facts += [("link", str(report.slots))]
    facts += [(name, used(report, field)) for name, field in
              (("LUT4", "lut"), ("flip-flops", "ff"), ("EBR", "ebr"))]
    if report.timing:
        timing = report.timing
        met = "met" if timing.met else ("NOT met", BAD)
        facts += [("Fmax", Text.assemble(
            f"{timing.achieved / 1e6:.1f} MHz; {timing.asked / 1e6:g} MHz {sought(timing)}, ", met,
            f" with seed {timing.seed}",
        ))]  # fmt: skip
        if timing.spare:
            facts += [("", spare(report, timing))]
    energy = report.energy
    paper, counter = energy_text(energy.paper), energy_text(energy.counter)
    facts += [("energy per frame", f"{paper} as the paper counts (XNOR, compare)"),
              ("", f"{counter} with counters")]
    if energy.activity is not None:
        facts += [("", f"{energy_text(energy.activity)} by the toggles of the simulation")]
    return facts


def accuracy(report: Report) -> str:
    """The accuracy noted in the checkpoint, which PyTorch measured when it was trained."""
    metrics = report.network["metrics"]
    if not isinstance(metrics.get("accuracy"), float):
        return "not recorded in the checkpoint"
    words = [f"{metrics['images']:,}" if isinstance(metrics.get("images"), int) else ""]
    words += [str(metrics.get(name, "")) for name in ("data", "split")]
    told = f"{metrics['accuracy']:.2%} ({' '.join(word for word in words if word)} images, PyTorch)"
    before = metrics.get("before_quantising")
    if isinstance(before, dict) and isinstance(before.get("accuracy"), float):
        told += f"; {before['accuracy']:.2%} before it was quantised"
    return told


def _simulated(simulation: Simulation) -> list[Fact]:
    correct = "" if simulation.correct is None else f", {simulation.correct} as labelled"
    differing = (str(simulation.differing), BAD if simulation.differing else "")
    lines: list[Fact] = [
        (f"{simulation.file} simulated", f"{simulation.images} from {simulation.source}{correct}"),
        ("of these differ", Text.assemble(
            differing, " in any score from the integer reference, ",
            _classes_differing(simulation), " in class from PyTorch",
        )),
    ]  # fmt: skip
    if simulation.cycles_per_frame is not None:
        lines.append(("cycles per frame", f"{simulation.cycles_per_frame:,.1f} simulated"))
    return lines


def _proved(proofs: Proofs) -> list[Fact]:
    """Lines on the proofs: their numbers, then every module that is not proved with its reason."""
    lines: list[Fact] = [("cells", str(proofs))]
    lines += [("", f"{name} only simulated: {why}") for name, why in proofs.simulated.items()]
    lines += [("", Text(f"{name}, {how}", style=BAD)) for name, how in proofs.refuted.items()]
    return lines


def _classes_differing(simulation: Simulation) -> tuple[str, str]:
    found, ties = simulation.differing_pytorch, simulation.rounded_pytorch
    said = f"{found} (of which {ties} are ties that float32 rounds)" if ties else str(found)
    return said, BAD if found > ties else ""


def latency(report: Report) -> str:
    """Time from the first pixel in to the class out: simulated, and planned where that differs."""
    simulation = report.simulation
    cycles = simulation.latency_cycles if simulation else report.latency
    how = "simulated" if simulation else "planned"
    if cycles != report.latency:
        how += f", {report.latency:,} planned"
    return f"{cycles / report.clock * 1e6:,.1f} us ({cycles:,} cycles, {how})"


def sought(timing: Timing) -> str:
    """Origin of the clock, in words: asked for, or found in so many placements."""
    count = len(timing.searched)
    if not count or not timing.met:
        return "asked"
    return f"the highest found in {count} placement{'s' if count > 1 else ''}"


def spare(report: Report, timing: Timing) -> str:
    """A sentence on a clock that could be higher."""
    rate, known = timing.achieved / report.interval, BOARDS.get(report.board)
    how = "--clock asks for a higher clock"
    if known and family(known).again:
        how = "--clock max builds for the highest clock that is met"
    return f"{timing.achieved / 1e6:.1f} MHz would be {rate:,.0f} frames/s; {how}"


def used(report: Report, field: str) -> str:
    """Used of available resources of one kind, by the latest step that counted them."""
    counts = report.counts
    for count, how in ((counts.placed, "placed"), (counts.synthesised, "synthesised"),
                       (counts.estimate, "estimated")):
        if count is not None:
            used, there = getattr(count, field), getattr(report.available, field)
            return f"{used:,} of {there:,} ({used / there:.1%}, {how})"
    raise AssertionError("every report has an estimate")


SECTION = Section(order=4, table=table)
