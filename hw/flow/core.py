"""The steps of a build that makes a core for other people's designs, where they are others."""

# amaranth: UnusedElaboratable=no
from collections.abc import Mapping

from hw.design.core import Core
from hw.emit import core as parts
from hw.emit import delivery as delivered
from hw.emit import plain, project
from hw.emit.delivery import Delivery, Part
from hw.emit.tools import YOSYS as SYNTHESIS
from hw.emit.verilog import YOSYS, yosys
from hw.flow.front import PlanStep
from hw.flow.job import Job
from hw.flow.prints import fingerprint, key
from hw.flow.report import ReportStep
from hw.flow.request import BENCH_IMAGES, FAMILY, NETWORK, PLAN, Request, name_of
from hw.flow.screen import Note
from hw.flow.simulate import SimulateStep
from hw.flow.step import Step
from hw.flow.taken import CORE
from hw.network.reference import Reference
from hw.plan import cost
from hw.plan.plan import Plan
from model.files import write_text
from model.rooms import kinds
from sim.cells import cell_models
from sim.ported import ported

CELLS = "_cells.v"
"""What follows the core's name in that of the file with its modules of cells."""


def file(request: Request, suffix: str) -> str:
    """The name of a file of the core, in the build folder."""
    return f"{CORE}/{request.top}{suffix}"


def core(job: Job) -> Core:
    """The core that was asked for."""
    request = job.request
    return Core(job.plan, interface=request.interface, registers=request.registers)


class CorePlanStep(PlanStep):
    """Planning without a board: no clock or serial line of its own bounds the core."""

    def planned(self, job: Job, *, alone: bool = True) -> Plan:
        return cost.alone(super().planned(job, alone=alone))

    def require(self, job: Job) -> None:
        """Any clock will do."""


class CoreStep(Step):
    """Generation: plan -> the core's Verilog, and the files beside it."""

    name = "verilog"

    def inputs(self, job: Job) -> str:
        files = [fingerprint(job.folder / name) for name in (NETWORK, PLAN)]
        request = job.request
        asked = (request.top, request.interface, request.registers, request.cells, job.variant)
        title = name_of(request.checkpoint)
        return key(*files, *asked, repr(job.board), title, job.images_key, YOSYS.versions)

    def run(self, job: Job, note: Note) -> None:
        job.folder.new(CORE).mkdir()
        for name, text in self._texts(job, note).items():
            write_text(job.folder.new(name), text)

    def _texts(self, job: Job, note: Note) -> dict[str, str]:
        request, name = job.request, job.request.top
        note.say("core")
        if request.cells == FAMILY:
            job.project = delivered.inside(core(job), project.platform(job.board, job.variant))
            job.project.write(job.folder.new())
            whole, cells = delivered.cell_texts(job.project, name)
        else:
            whole, cells = delivered.plain_text(core(job), name), ""
        texts = {file(request, ".v"): whole}
        if cells:
            texts[file(request, CELLS)] = cells
        told = self._delivery(job, tuple(path.removeprefix(f"{CORE}/") for path in texts))
        return texts | {file(request, part.suffix): part.text(told)
                        for part in _parts().values()}

    @staticmethod
    def _delivery(job: Job, sources: tuple[str, ...]) -> Delivery:
        images = job.images.first(BENCH_IMAGES).images
        answers = Reference(job.network).run(images)
        family = job.family.name if job.request.cells == FAMILY else ""
        return Delivery(
            name=job.request.top, core=core(job), cells=family, sources=sources,
            title=name_of(job.request.checkpoint), images=images, scores=answers.scores,
            classes=answers.classes,
        )  # fmt: skip

    def result(self, job: Job) -> str:
        lines = (job.folder / file(job.request, ".v")).read_text().count("\n")
        return f"{file(job.request, '.v')}, {lines:,} lines"

    def files(self, job: Job) -> tuple[str, ...]:
        suffixes = [".v", *(part.suffix for part in _parts().values())]
        found = [file(job.request, suffix) for suffix in suffixes]
        if job.request.cells == FAMILY:
            found += [project.LIST, plain.FILE, *job.project.texts]
            found += [file(job.request, CELLS)] * (project.CELLS in job.project.texts)
        return tuple(found)

    def require(self, job: Job) -> None:
        yosys()
        _ = job.images


class CoreReportStep(ReportStep):
    """Reporting of a core: as of a board, with the core's files in README.md."""

    def title(self, job: Job) -> str:
        return f"{name_of(job.request.checkpoint)} as {job.request.top}, a core"

    def others(self, job: Job) -> Mapping[str, str]:
        told = {".v": "the core in Verilog", CELLS: "modules of cells that it names"}
        told |= {part.suffix: part.what for part in _parts().values()}
        return {file(job.request, suffix): what for suffix, what in told.items()}


def _parts() -> Mapping[str, Part]:
    return kinds(parts, "PART")


class CoreSimulateStep(SimulateStep):
    """Simulation of the core through its own ports on real images, every score compared."""

    probed = False

    def source(self, job: Job) -> str:
        return file(job.request, ".v")

    def verilog(self, job: Job) -> str:
        """The core, with models of the cells that it names."""
        texts = [super().verilog(job)]
        if job.request.cells == FAMILY:
            if job.folder.print_of(file(job.request, CELLS)):
                texts.append(job.folder.verified(file(job.request, CELLS)).read_text())
            texts += cell_models(job.family)
        return ported(core(job), job.request.top, "\n".join(texts))

    def inputs(self, job: Job) -> str:
        request = job.request
        cells = fingerprint(job.folder / file(request, CELLS))
        asked = (request.top, request.interface, request.registers, request.cells)
        return key(super().inputs(job), *asked, cells, YOSYS.versions, SYNTHESIS.versions)
