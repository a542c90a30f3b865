"""The steps that run the FPGA tools: synthesis, placement, bitstream."""

from hw.emit import bitstream, place, synth
from hw.emit.tools import YOSYS
from hw.flow.job import Job
from hw.flow.prints import fingerprint, key
from hw.flow.screen import Note
from hw.flow.step import Step


class SynthStep(Step):
    """Synthesis: the board's top -> cells of its device, in design.json."""

    name = "synth"

    def inputs(self, job: Job) -> str:
        sources = job.project.sources
        prints = [fingerprint(job.folder / source) for source in sources]
        return key(prints, synth.script(job.family, sources, job.keep), YOSYS.versions)

    def run(self, job: Job, note: Note) -> None:
        note.say("starting yosys (compiled on its first use, a minute)")
        job.synthesis = synth.synthesise(
            job.family, job.folder.bring(*job.project.sources), job.project.sources, job.keep,
            lambda line: note.say(synth.phase(line)),
        )

    def recall(self, job: Job) -> None:
        job.synthesis = synth.read(job.folder.tools)

    def result(self, job: Job) -> str:
        assert job.synthesis is not None
        total = job.synthesis.total
        return f"{total.lut:,} LUT4, {total.ff:,} flip-flops, {total.ebr} EBR"

    def files(self, job: Job) -> tuple[str, ...]:
        return (synth.NETLIST, synth.RESULT, synth.SCRIPT, synth.LOG)

    def require(self, job: Job) -> None:
        _ = YOSYS.path


class PlaceStep(Step):
    """Placement: cells -> a placed and routed configuration, at the plan's clock if possible."""

    name = "place"

    def inputs(self, job: Job) -> str:
        files = [fingerprint(job.folder / name) for name in (synth.NETLIST, job.family.constraints)]
        family = job.family
        return key(
            *files, job.project.device, job.plan.clock, job.keep, job.seeds, family.placer.versions
        )

    def run(self, job: Job, note: Note) -> None:
        job.placement = place.place(
            job.family,
            job.folder.bring(synth.NETLIST, job.family.constraints),
            job.project.device,
            job.keep,
            clock=job.plan.clock,
            seeds=job.seeds,
            blocks=self._blocks(job),
            say=note.say,
        )

    @staticmethod
    def _blocks(job: Job) -> int:
        """The device's block memories, where the design takes many of them."""
        assert job.synthesis is not None
        there = job.plan.device.ebr
        return there if job.synthesis.total.ebr > place.CROWDED * there else 0

    def recall(self, job: Job) -> None:
        job.placement = place.read(job.folder.tools)

    def result(self, job: Job) -> str:
        assert job.placement is not None
        placed = job.placement
        met, clock = "met" if placed.met else "NOT met", placed.achieved / 1e6
        return f"{clock:.1f} MHz of {placed.asked / 1e6:g} ({met}, seed {placed.seed})"

    def files(self, job: Job) -> tuple[str, ...]:
        assert job.placement is not None
        timing = place.timing(job.placement.seed)
        return (job.family.configuration, place.RESULT, place.FLOOR, place.ENDPOINTS, timing,
                place.LOG)

    def require(self, job: Job) -> None:
        _ = job.family.placer.path


class BitstreamStep(Step):
    """Packing: configuration -> the bitstream, as its family calls it."""

    name = "bitstream"

    def inputs(self, job: Job) -> str:
        configuration = fingerprint(job.folder / job.family.configuration)
        return key(configuration, job.project.packing, job.family.packer.versions)

    def run(self, job: Job, note: Note) -> None:
        folder = job.folder.bring(job.family.configuration)
        bitstream.pack(job.family, folder, job.project.packing)

    def result(self, job: Job) -> str:
        path = job.folder / job.family.bitstream
        return f"{path}, {path.stat().st_size / 1024:,.0f} KiB"

    def files(self, job: Job) -> tuple[str, ...]:
        return (job.family.bitstream, bitstream.LOG)

    def require(self, job: Job) -> None:
        _ = job.family.packer.path
