"""The steps that run the FPGA tools: synthesis, placement, bitstream."""

from collections.abc import Callable
from functools import partial

from hw.design import clocks
from hw.emit import bitstream, highest, place, synth
from hw.emit.highest import Clocks
from hw.emit.place import Placement
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
        asked = (job.plan.clock, self._bound(job) if job.request.search else None)
        return key(
            *files, job.project.device, *asked, job.keep, job.seeds, family.placer.versions
        )

    def run(self, job: Job, note: Note) -> None:
        job.placement = self._placing(job)(
            job.family,
            job.folder.bring(synth.NETLIST, job.family.constraints),
            job.project.device,
            job.keep,
            seeds=job.seeds,
            blocks=self._blocks(job),
            say=note.say,
        )

    def _placing(self, job: Job) -> Callable[..., Placement]:
        """The function that places for the clock that was asked for, or for the highest."""
        if not (adjustable := job.adjustable):
            return partial(place.place, clock=job.plan.clock)
        return partial(highest.search, clocks=Clocks(
            first=job.plan.clock,
            lowest=job.plan.clock if self._bound(job) else adjustable.lowest,
            highest=partial(clocks.highest, adjustable),
            settings=partial(clocks.settings, adjustable),
        ))  # fmt: skip

    @staticmethod
    def _bound(job: Job) -> bool:
        """True if the plan's clock is the least that will do: it gives the frame rate that was
        asked for, or keeps up with the serial line."""
        return job.request.fps is not None or not job.plan.slots.count

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
        if placed.searched and placed.met:
            return (
                f"{placed.asked / 1e6:g} MHz is the highest clock that was met ({clock:.1f} MHz "
                f"reached, seed {placed.seed}): {job.timed.frames_per_second:,.0f} frames/s"
            )
        return f"{clock:.1f} MHz of {placed.asked / 1e6:g} ({met}, seed {placed.seed})"

    def files(self, job: Job) -> tuple[str, ...]:
        assert job.placement is not None
        timing = place.timing(job.placement.seed)
        made = (job.family.configuration, place.RESULT, place.FLOOR, place.ENDPOINTS, timing,
                place.LOG)
        return (*made, highest.TUNED) if job.placement.searched else made

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
