"""The steps before the FPGA tools: checkpoint, network, plan, Verilog."""

from hw.cores.link.uart import divisor
from hw.design.accelerator import Accelerator
from hw.design.tops import top
from hw.emit import plain, project, verilog
from hw.emit.tools import distributions
from hw.flow.job import Job
from hw.flow.prints import fingerprint, key
from hw.flow.request import NETWORK, PLAN
from hw.flow.screen import Note
from hw.flow.step import Step
from hw.network import archive
from hw.network.fold import fold
from hw.plan import archive as plans
from hw.plan.plan import Plan
from hw.plan.search import plan
from model.files import write_text
from model.refusal import Refusal

VERILOG = "design.v"


class LoadStep(Step):
    """Loading: reads the checkpoint and checks it."""

    name = "load"

    def inputs(self, job: Job) -> str:
        return key(job.print_of(job.request.checkpoint))

    def run(self, job: Job, note: Note) -> None:
        _ = job.checkpoint

    def result(self, job: Job) -> str:
        checkpoint = job.checkpoint
        return f"{checkpoint.method}, {len(checkpoint.classes)} classes"


class FoldStep(Step):
    """Folding of batch norms: checkpoint -> network of integers, in network.npz."""

    name = "fold"

    def inputs(self, job: Job) -> str:
        return key(job.print_of(job.request.checkpoint))

    def run(self, job: Job, note: Note) -> None:
        job.network = fold(job.checkpoint)
        archive.save(job.network, job.folder.new(NETWORK))

    def result(self, job: Job) -> str:
        network = job.network
        macs = sum(product.macs for product in network.products)
        return f"{len(network.products)} layers, {macs:,} multiply-accumulates a frame"

    def files(self, job: Job) -> tuple[str, ...]:
        return (NETWORK,)


class PlanStep(Step):
    """Planning: network -> the folding of every layer on the device, in plan.json."""

    name = "plan"

    def inputs(self, job: Job) -> str:
        asked = (job.request.fps, job.request.fill, job.clock, job.variant, repr(job.board))
        return key(fingerprint(job.folder / NETWORK), *asked)

    def run(self, job: Job, note: Note) -> None:
        job.plan = self.planned(job)
        write_text(job.folder.new(PLAN), plans.text(job.plan))

    def planned(self, job: Job, *, alone: bool = False) -> Plan:
        """The plan; where it is ``alone``, no serial line bounds it."""
        request = job.request
        return plan(
            job.network, job.board, job.variant, fps=request.fps, fill=request.fill,
            clock=job.clock, alone=alone,
        )  # fmt: skip

    def result(self, job: Job) -> str:
        planned = job.plan
        share = planned.estimate.lut / planned.device.lut
        return (
            f"{planned.interval:,} cycles a frame, {planned.frames_per_second:,.0f} frames/s at "
            f"{planned.clock / 1e6:g} MHz, in {share:.0%} of the LUT4"
        )

    def files(self, job: Job) -> tuple[str, ...]:
        return (PLAN,)

    def require(self, job: Job) -> None:
        try:
            divisor(job.clock, job.board.baud)
        except ValueError as error:
            raise Refusal(f"--clock {job.clock / 1e6:g}: {error}; choose another clock") from None


class VerilogStep(Step):
    """Generation: plan -> design.v of the accelerator, and the files of the board's whole top."""

    name = "verilog"

    def inputs(self, job: Job) -> str:
        files = [fingerprint(job.folder / name) for name in (NETWORK, PLAN)]
        boards = distributions(job.board.platform.partition(".")[0])
        asked = (job.variant, repr(job.board), job.request.search)
        return key(*files, *asked, boards, verilog.YOSYS.versions)

    def run(self, job: Job, note: Note) -> None:
        note.say("accelerator")
        verilog.emit(Accelerator(job.plan), job.folder.new(VERILOG))
        note.say("board top")
        whole = top(job.plan, Accelerator(job.plan), job.adjustable)
        job.project = project.project(whole, project.platform(job.board, job.variant))
        job.project.write(job.folder.new())

    def result(self, job: Job) -> str:
        lines = (job.folder / VERILOG).read_text().count("\n")
        return f"{VERILOG}, {lines:,} lines"

    def files(self, job: Job) -> tuple[str, ...]:
        return (VERILOG, project.LIST, plain.FILE, *job.project.texts)

    def require(self, job: Job) -> None:
        verilog.yosys()
