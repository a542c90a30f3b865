"""The report as tables in a terminal."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from hw.emit.report import Counts, LayerReport, Report, Simulation
from hw.plan.plan import Plan, Resources


def plan_table(plan: Plan) -> Table:
    """The folding of every layer before anything is built."""
    table = Table(title="plan", title_justify="left")
    for name in ("layer", "PE x SIMD", "weights", "cycles", "busy", "LUT4", "EBR"):
        table.add_column(name, justify="left" if name in ("layer", "weights") else "right")
    for stage in plan.stages:
        folding, cost = stage.folding, stage.estimate
        table.add_row(
            stage.name, f"{folding.pe} x {folding.simd}", folding.weights, f"{stage.cycles:,}",
            f"{stage.cycles / plan.interval:.0%}", f"{cost.lut:,}", str(cost.ebr),
        )
    layers = sum((stage.estimate for stage in plan.stages), Resources())
    total = plan.estimate
    table.add_row(
        "rest", "", "", "", "", f"{total.lut - layers.lut:,}", str(total.ebr - layers.ebr)
    )
    table.add_section()
    table.add_row(
        "all", "", "", f"{plan.interval:,}", "", f"{total.lut:,}", str(total.ebr), style="bold"
    )
    return table


def tables(report: Report) -> RenderableType:
    """The whole report: a summary a person understands, then every layer."""
    parts: list[RenderableType] = [_summary(report), _layers(report), _energy(report)]
    if report.gates is not None:
        parts.append(_gates(report))
    return Group(*parts, Text(report.energy_note, style="dim"))


def show(report: Report, console: Console) -> None:
    console.print(tables(report))


def _summary(report: Report) -> Table:
    table = Table(title=f"{report.board} {report.device}", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in _facts(report):
        table.add_row(name, value)
    return table


def _facts(report: Report) -> list[tuple[str, str]]:
    """Name and value of every line of the summary, in the order of a person's questions."""
    facts = [("accuracy", _accuracy(report))]
    simulation = report.simulation
    if simulation:
        facts += _simulated(simulation, report.clock)
    facts += [("frames/s", f"{report.frames_per_second:,.0f} "
               f"({report.interval:,} cycles at {report.clock / 1e6:g} MHz)")]
    facts += [(name, _used(report, field)) for name, field in
              (("LUT4", "lut"), ("flip-flops", "ff"), ("EBR", "ebr"))]
    if report.timing:
        timing = report.timing
        met = "met" if timing.met else "[bold red]NOT met[/]"
        facts += [("Fmax", f"{timing.achieved / 1e6:.1f} MHz; {timing.asked / 1e6:g} MHz asked, "
                   f"{met} with seed {timing.seed}")]
    energy = report.energy
    accounts = f"{_joules(energy.paper)} as in the paper, {_joules(energy.counter)} with counter"
    if energy.activity is not None:
        accounts += f", {_joules(energy.activity)} by activity"
    return [*facts, ("energy per frame", accounts)]


def _accuracy(report: Report) -> str:
    """What the checkpoint says of itself: measured when it was trained, by PyTorch."""
    metrics = report.network["metrics"]
    if not isinstance(metrics.get("accuracy"), float):
        return "not recorded in the checkpoint"
    words = [f"{metrics['images']:,}" if isinstance(metrics.get("images"), int) else ""]
    words += [str(metrics.get(name, "")) for name in ("data", "split")]
    return f"{metrics['accuracy']:.2%} ({' '.join(word for word in words if word)} images, PyTorch)"


def _simulated(simulation: Simulation, clock: float) -> list[tuple[str, str]]:
    correct = "" if simulation.correct is None else f", {simulation.correct} classified correctly"
    differing = f"{simulation.differing} differ"
    if simulation.differing:
        differing = f"[bold red]{differing}[/]"
    lines = [
        ("images compared", f"{simulation.images} from {simulation.source}{correct}"),
        ("", f"{differing} from the integer reference, "
         f"{simulation.differing_pytorch} from PyTorch's class"),
        ("latency", f"{simulation.latency_cycles / clock * 1e6:,.1f} us "
         f"({simulation.latency_cycles:,} cycles, simulated)"),
    ]
    if simulation.cycles_per_frame is not None:
        lines.append(("cycles per frame", f"{simulation.cycles_per_frame:,.1f} simulated"))
    return lines


def _used(report: Report, field: str) -> str:
    """Used of available, by the latest count there is."""
    counts = report.counts
    for found, how in ((counts.placed, "placed"), (counts.synthesised, "synthesised"),
                       (counts.estimate, "estimated")):
        if found is not None:
            used, there = getattr(found, field), getattr(report.available, field)
            return f"{used:,} of {there:,} ({used / there:.1%}, {how})"
    raise AssertionError("every report has an estimate")


def _layers(report: Report) -> Table:
    table = Table(title="layers: estimated / synthesised / placed", title_justify="left")
    for name in ("layer", "PE x SIMD", "weights", "cycles", "busy", "LUT4", "FF", "EBR"):
        table.add_column(name, justify="left" if name in ("layer", "weights") else "right")
    for layer in report.layers:
        table.add_row(
            layer.name, f"{layer.folding.pe} x {layer.folding.simd}", layer.folding.weights,
            f"{layer.cycles:,}", f"{layer.utilisation:.0%}", *_three(layer.counts),
        )
    table.add_row("rest", "", "", "", "", *_three(report.rest))
    table.add_section()
    table.add_row("all", "", "", f"{report.interval:,}", "", *_three(report.counts), style="bold")
    return table


def _three(counts: Counts) -> list[str]:
    found = (counts.estimate, counts.synthesised, counts.placed)
    return [
        " / ".join(f"{getattr(one, field):,}" for one in found if one is not None)
        for field in ("lut", "ff", "ebr")
    ]


def _energy(report: Report) -> Table:
    table = Table(title="energy of a frame, 65 nm operator model", title_justify="left")
    for name in ("layer", "XNOR", "compare", "paper", "with counter", "activity", "share"):
        table.add_column(name, justify="left" if name == "layer" else "right")
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
    table = Table(title="gates of the netlist, before LUTs", title_justify="left")
    table.add_column("layer")
    for kind in kinds:
        table.add_column(kind, justify="right")
    for layer in report.layers:
        table.add_row(layer.name, *(f"{(layer.gates or {}).get(kind, 0):,}" for kind in kinds))
    table.add_section()
    table.add_row("all", *(f"{count:,}" for count in (report.gates or {}).values()), style="bold")
    return table


def _joules(energy: float) -> str:
    """Joules in the paper's unit, or in nJ where that would begin with zeros."""
    return f"{energy * 1e6:.4g} uJ" if energy >= 1e-7 else f"{energy * 1e9:.4g} nJ"
