"""Tables for a terminal: of a plan, of the Pareto front and of a report."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from boards.resources import Resources
from hw.emit.report import Counts, LayerReport, Proofs, Report, Simulation
from hw.plan import entry
from hw.plan.front import Front
from hw.plan.latency import latencies
from hw.plan.plan import Plan

Fact = tuple[str, str | Text]
"""A line of the summary: a name and a value."""

BAD = "bold red"


def plan_table(plan: Plan) -> Table:
    """The table of a plan: for every layer its folding, cycles, latency and estimated resources.

    The first row is the input, where several pixels enter at once; the row of the rest also has the
    images that the link buffers.
    """
    table = _table("plan", "layer", "P x PE x SIMD", "weights", "cycles", "busy", "through at",
                   "LUT4", "FF", "EBR")
    through = latencies(plan.network, plan.foldings, plan.entry)
    if plan.entry > 1:
        beats = entry.beats(plan.network, plan.entry)
        pixels, busy = f"{plan.entry} pixels", f"{beats / plan.interval:.0%}"
        table.add_row("entry", pixels, "", f"{beats:,}", busy)
    for stage, cycle in zip(plan.stages, through, strict=True):
        table.add_row(
            stage.name, stage.folding.size, stage.folding.weights, f"{stage.cycles:,}",
            f"{stage.cycles / plan.interval:.0%}", f"{cycle:,}", *_figures(stage.estimate),
        )
    if any(folding.reuse > 1 for folding in plan.foldings):
        table.caption = "2*5: a word of weights serves 2 times 5 pixels, one after the other"
    total = plan.estimate
    rest = total - sum((stage.estimate for stage in plan.stages), Resources())
    table.add_row("rest", str(plan.slots), "", "", "", "", *_figures(rest))
    table.add_section()
    table.add_row(
        "all", "", "", f"{plan.interval:,}", "", f"{through[-1]:,}", *_figures(total), style="bold"
    )
    return table


def _figures(resources: Resources) -> list[str]:
    return [f"{figure:,}" for figure in resources.figures]


def front_table(front: Front) -> Table:
    """The table of a Pareto front: rate and resources from the smallest design to the fastest."""
    title = f"{front.board} {front.device} at {front.clock / 1e6:g} MHz"
    units = ("cycles", "frames/s", "latency", "LUT4", "FF", "EBR", "bound by")
    table = _table(f"designs for {title}", *units)
    table.columns[0].justify = "right"
    table.columns[-1].justify = "left"
    for point in front.points:
        table.add_row(
            f"{point.interval:,}", rate(point.frames_per_second), f"{point.latency * 1e6:,.1f} us",
            *_figures(point.estimate), f"{point.layer} {point.part}",
        )
    table.add_section()
    table.add_row("", "", "there are", *_figures(front.available))
    return table


def rate(frames_per_second: float) -> str:
    """Frames/s as a text, with a decimal below 100."""
    return f"{frames_per_second:,.{0 if frames_per_second >= 100 else 1}f}"


def show(report: Report, console: Console) -> None:
    """Print a report: tables of its layers first, the summary last."""
    tables: list[Table] = [_layers(report)]
    if report.gates is not None:
        tables.append(_gates(report))
    for table in (*tables, _energy(report), _summary(report)):
        console.print(table)
    console.print(Text(report.energy_note, style="dim"))


def _table(title: str, *columns: str) -> Table:
    """An empty table for figures, with a name in the first column."""
    table = Table(
        title=Text(title, style="bold"), title_justify="left", box=SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
    )  # fmt: skip
    for index, name in enumerate(columns):
        table.add_column(name, justify="right" if index else "left", no_wrap=True)
    return table


def _summary(report: Report) -> Table:
    title = Text(f"{report.board} {report.device}", style="bold")
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, value in _facts(report):
        # A file and a class may be called anything: no text here is rich's markup.
        table.add_row(name, Text(value) if isinstance(value, str) else value)
    return table


def _facts(report: Report) -> list[Fact]:
    """The lines of the summary, the most asked-for first."""
    facts: list[Fact] = [("accuracy", _accuracy(report))]
    simulation = report.simulation
    if simulation:
        facts += _simulated(simulation)
    if report.proofs:
        facts += _proved(report.proofs)
    if report.netlist:
        told = Text(str(report.netlist), style=BAD if report.netlist.failures else "")
        facts += [("netlist", told)]
    facts += [("latency", _latency(report))]
    facts += [("frames/s", f"{report.frames_per_second:,.0f} "
               f"({report.interval:,} cycles at {report.clock / 1e6:g} MHz)")]
    if report.entry > 1:
        facts += [("input", f"{report.entry} pixels a beat")]
    facts += [("link", str(report.slots))]
    facts += [(name, _used(report, field)) for name, field in
              (("LUT4", "lut"), ("flip-flops", "ff"), ("EBR", "ebr"))]
    if report.timing:
        timing = report.timing
        met = "met" if timing.met else ("NOT met", BAD)
        facts += [("Fmax", Text.assemble(
            f"{timing.achieved / 1e6:.1f} MHz; {timing.asked / 1e6:g} MHz asked, ", met,
            f" with seed {timing.seed}",
        ))]  # fmt: skip
    energy = report.energy
    facts += [("energy per frame", f"{_joules(energy.paper)} as the paper counts (XNOR, compare)"),
              ("", f"{_joules(energy.counter)} with counters")]
    if energy.activity is not None:
        facts += [("", f"{_joules(energy.activity)} by the toggles of the simulation")]
    return facts


def _accuracy(report: Report) -> str:
    """The accuracy noted in the checkpoint, which PyTorch measured when it was trained."""
    metrics = report.network["metrics"]
    if not isinstance(metrics.get("accuracy"), float):
        return "not recorded in the checkpoint"
    words = [f"{metrics['images']:,}" if isinstance(metrics.get("images"), int) else ""]
    words += [str(metrics.get(name, "")) for name in ("data", "split")]
    return f"{metrics['accuracy']:.2%} ({' '.join(word for word in words if word)} images, PyTorch)"


def _simulated(simulation: Simulation) -> list[Fact]:
    correct = "" if simulation.correct is None else f", {simulation.correct} as labelled"
    differing = (str(simulation.differing), BAD if simulation.differing else "")
    lines: list[Fact] = [
        ("design.v simulated", f"{simulation.images} from {simulation.source}{correct}"),
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


def _latency(report: Report) -> str:
    """Time from the first pixel in to the class out: simulated, and planned where that differs."""
    simulation = report.simulation
    cycles = simulation.latency_cycles if simulation else report.latency
    how = "simulated" if simulation else "planned"
    if cycles != report.latency:
        how += f", {report.latency:,} planned"
    return f"{cycles / report.clock * 1e6:,.1f} us ({cycles:,} cycles, {how})"


def _used(report: Report, field: str) -> str:
    """Used of available resources of one kind, by the latest step that counted them."""
    counts = report.counts
    for count, how in ((counts.placed, "placed"), (counts.synthesised, "synthesised"),
                       (counts.estimate, "estimated")):
        if count is not None:
            used, there = getattr(count, field), getattr(report.available, field)
            return f"{used:,} of {there:,} ({used / there:.1%}, {how})"
    raise AssertionError("every report has an estimate")


def _layers(report: Report) -> Table:
    """LUT4, flip-flops and EBR of every layer: planned, synthesised and placed."""
    counts = report.counts
    later = zip(_STAGES, (counts.synthesised, counts.placed), strict=True)
    stages = ["plan", *(stage for stage, count in later if count is not None)]
    columns = [f"{unit}\n{stage}" for unit in ("LUT4", "FF", "EBR") for stage in stages]
    table = _table("fabric", "layer", *columns)
    for layer in report.layers:
        table.add_row(layer.name, *_cells(layer.counts))
    table.add_row("rest", *_cells(report.rest))
    table.add_section()
    table.add_row("all", *_cells(counts), style="bold")
    return table


_STAGES = ("synth", "placed")


def _cells(counts: Counts) -> list[str]:
    found = [one for one in (counts.estimate, counts.synthesised, counts.placed) if one is not None]
    return [f"{getattr(one, field):,}" for field in ("lut", "ff", "ebr") for one in found]


def _energy(report: Report) -> Table:
    columns = ("layer", "XNORs", "compares", "paper", "with counter", "activity", "share")
    table = _table("energy of a frame, by the operators of a 65 nm process", *columns)
    for layer in report.layers:
        table.add_row(*_accounts(layer))
    return table


def _accounts(layer: LayerReport) -> list[str]:
    energy, done = layer.energy, layer.operations
    activity = "" if energy.activity is None else _joules(energy.activity)
    return [
        layer.name, f"{done.xnor:,}", f"{done.compare:,}", _joules(energy.paper),
        _joules(energy.counter), activity, f"{layer.share:.1%}",
    ]


def _gates(report: Report) -> Table:
    kinds = list(report.gates or {})
    table = _table("gates of the netlist", "layer", *(kind.replace(" ", "\n") for kind in kinds))
    for layer in report.layers:
        table.add_row(layer.name, *(f"{(layer.gates or {}).get(kind, 0):,}" for kind in kinds))
    table.add_section()
    table.add_row("all", *(f"{count:,}" for count in (report.gates or {}).values()), style="bold")
    return table


def _joules(energy: float) -> str:
    """An energy as a text, in uJ as in the paper, or in nJ below 0.1 uJ."""
    return f"{energy * 1e6:.4g} uJ" if energy >= 1e-7 else f"{energy * 1e9:.4g} nJ"
