"""The step that simulates design.v on images, and compares it with the integers and PyTorch."""

from dataclasses import replace

import numpy as np
from pydantic import TypeAdapter

from hw.emit.report import Simulation
from hw.emit.tools import Failure
from hw.flow.front import VERILOG
from hw.flow.job import Job
from hw.flow.prints import fingerprint, key
from hw.flow.request import NETWORK
from hw.flow.screen import Note
from hw.flow.step import Step
from hw.network.agreement import parting
from hw.network.nodes.operations import Operations
from model.evaluation import evaluate
from model.files import write_text
from sim.chunks import processors
from sim.cosimulate import cosimulate
from sim.player import Failure as Stuck
from sim.tools import tools

FILE = "simulation.json"
ANSWERS = "answers.npy"
"""The scores that design.v gave, int64 (N, classes)."""


class SimulateStep(Step):
    """Simulation of the accelerator's Verilog on real images, every score compared:
    simulation.json, answers.npy."""

    name = "simulate"
    probed = True
    """The layers are looked at, by the names that the accelerator alone has."""

    def source(self, job: Job) -> str:
        """The file that is simulated."""
        return VERILOG

    def verilog(self, job: Job) -> str:
        """The Verilog of a module ``top`` with the streams of an accelerator."""
        return job.folder.verified(self.source(job)).read_text()

    def inputs(self, job: Job) -> str:
        prints = [fingerprint(job.folder / name) for name in (self.source(job), NETWORK)]
        return key(prints, job.images_key, job.request.simulate, tools().versions)

    def run(self, job: Job, note: Note) -> None:
        chosen = job.images.first(job.request.simulate)
        source = self.source(job)
        note.say(f"compiling {source} with Verilator")
        try:
            result = cosimulate(
                self.verilog(job),
                job.network,
                chosen.images,
                probed=self.probed,
                jobs=processors(),
                cycles=len(chosen.images) * job.plan.interval,
                progress=lambda done: note.say(
                    f"simulating {len(chosen.images)} images", f"({done} done)"
                ),
            )
        except Stuck as stuck:
            raise Failure(f"simulation of {source}: {stuck}") from None
        pytorch = evaluate(job.checkpoint, chosen.images, device="cpu").classes
        parted = parting(job.checkpoint, job.network, chosen.images, result.classes, pytorch)
        correct = None
        if chosen.labels is not None:
            correct = int((result.classes == chosen.labels).sum())
        job.toggles, job.answers = result.activity, result.scores
        job.simulation = Simulation(
            file=source,
            source=chosen.source,
            images=len(chosen.images),
            differing=len(result.differing),
            differing_pytorch=len(parted.images),
            rounded_pytorch=int(parted.rounded.sum()),
            allowed=job.request.allow_differing,
            correct=correct,
            latency_cycles=result.latency_cycles,
            cycles_per_frame=result.cycles_per_frame,
            first_difference=None if result.mismatch is None else str(result.mismatch),
        )
        both = (job.simulation, job.toggles)
        write_text(job.folder.new(FILE), _FORMAT.dump_json(both, indent=1).decode() + "\n")
        np.save(job.folder.new(ANSWERS), result.scores, allow_pickle=False)

    def recall(self, job: Job) -> None:
        both = _FORMAT.validate_json((job.folder / FILE).read_text())
        job.simulation, job.toggles = both
        job.answers = np.load(job.folder / ANSWERS, allow_pickle=False)
        job.simulation = replace(job.simulation, allowed=job.request.allow_differing)

    def result(self, job: Job) -> str:
        assert job.simulation is not None
        return (
            f"{job.simulation.images} images, {job.simulation.differing} differ, "
            f"{job.simulation.latency_cycles:,} cycles latency"
        )

    def files(self, job: Job) -> tuple[str, ...]:
        return FILE, ANSWERS

    def require(self, job: Job) -> None:
        tools()
        _ = job.images


_FORMAT = TypeAdapter(tuple[Simulation, dict[str, Operations] | None])
