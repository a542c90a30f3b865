"""The flow: from a checkpoint to a bitstream and its report, as one list of named steps."""

from collections.abc import Sequence

from hw.emit.table import front_table, plan_table
from hw.emit.tools import Failure
from hw.flow.again import whole_key
from hw.flow.back import BitstreamStep, PlaceStep, SynthStep
from hw.flow.core import CorePlanStep, CoreReportStep, CoreSimulateStep, CoreStep
from hw.flow.explore import ExploreStep
from hw.flow.front import FoldStep, LoadStep, PlanStep, VerilogStep
from hw.flow.job import Job
from hw.flow.netlist import NetlistStep
from hw.flow.prove import ProveStep
from hw.flow.report import ReportStep
from hw.flow.request import FAMILY
from hw.flow.screen import Screen
from hw.flow.simulate import SimulateStep
from hw.flow.step import Step
from model.refusal import Refusal

_TO_SYNTHESIS: tuple[Step, ...] = (
    LoadStep(), FoldStep(), PlanStep(), VerilogStep(), SimulateStep(), ProveStep(), SynthStep(),
)  # fmt: skip
_FROM_BITSTREAM: tuple[Step, ...] = (BitstreamStep(), ReportStep())

STEPS = (*_TO_SYNTHESIS, NetlistStep(), PlaceStep(), *_FROM_BITSTREAM)
"""The steps to a board's bitstream."""

SEARCH = (*_TO_SYNTHESIS, PlaceStep(), NetlistStep(), *_FROM_BITSTREAM)
"""The same where the clock is searched: the netlist is simulated at the one that was found."""

CORE: tuple[Step, ...] = (
    LoadStep(), FoldStep(), CorePlanStep(), CoreStep(), CoreSimulateStep(), ProveStep(),
    CoreReportStep(),
)  # fmt: skip
"""The steps of a core for other people's designs, in place of those of the same names."""

EXPLORE = ExploreStep()
"""The only step of an exploration, which builds nothing."""

SIMULATIONS = ("simulate", "netlist")
"""The steps that ``--simulate 0`` leaves out."""

PLANNING = ("load", "fold", "plan", "explore")
"""The steps that may refuse a request; nothing is written before they are done."""

LARGE = 30_000
"""LUT4 above which placement is so slow that there is a warning: 31.6 k took 20 minutes."""


def run(job: Job, screen: Screen, steps: Sequence[Step] | None = None) -> Job:
    """Run every step whose key has changed, and recall the others.

    A simulation that differs, cells that do not equal their plain form or a clock that is not met
    end the flow: no bitstream is packed, but the report is still made. Afterwards the folder has no
    file of an earlier build with other inputs.

    Raises
    ------
    Refusal
        Before anything is written: bad input, a network that does not fit, a missing tool, another
        build in the folder. Later: a disk that is full.
    hw.emit.tools.Failure
        A tool did not succeed.
    """
    chosen = chosen_steps(job) if steps is None else steps
    whole, results = whole_key(job.request), dict[str, str]()
    with job.folder.locked(job.request.command or str(job.request.checkpoint)):
        if job.request.images or job.request.labels:
            _ = job.images  # refused if they are wrong, even if nothing is simulated
        for step in chosen:
            step.require(job)
        try:
            for step in chosen:
                if step.name == "report" or not job.failures:
                    results[step.name] = _run_or_recall(step, job, screen)
            job.folder.release()
        finally:
            _tidy(job)
        if not job.request.explore and not job.failures:
            job.folder.finish(whole, results)
    return job


def chosen_steps(job: Job) -> list[Step]:
    """The steps that were asked for."""
    if job.request.explore:
        return [EXPLORE]
    stop, steps = job.request.stop_after, list(_flow(job))
    names = [step.name for step in steps]
    last = names.index(stop) if stop else len(names)
    images, netlists = job.request.simulate, job.request.simulate_netlist
    counts = dict(zip(SIMULATIONS, (images, images if netlists is None else netlists), strict=True))
    counts["prove"] = not job.request.interface or job.request.cells == FAMILY
    chosen = [step for step in steps[: last + 1] if counts.get(step.name, True)]
    if stop and stop != "fold":
        chosen.append(steps[-1])
    return chosen


def _flow(job: Job) -> tuple[Step, ...]:
    """The steps that make what was asked for, a board's bitstream or a core."""
    if job.request.interface:
        return CORE
    return SEARCH if job.request.search else STEPS


def _run_or_recall(step: Step, job: Job, screen: Screen) -> str:
    """Run a step, or recall what it made; returns its result in words."""
    if step.name not in PLANNING:
        job.folder.release()
    inputs = step.key(job)
    if job.folder.current(step.name, inputs):
        step.recall(job)
        result = step.result(job)
        screen.unchanged(step.name, result)
    else:
        with screen.step(step.name) as note, job.folder.work():
            step.run(job, note)
            job.folder.done(step.name, inputs, step.files(job), note.seconds)
            note.result = result = step.result(job)
    job.through.append(step.name)
    if step.name == "plan":
        _tell_plan(job, screen)
    if job.front:
        screen.console.print(front_table(job.front))
    return result


def _tell_plan(job: Job, screen: Screen) -> None:
    screen.console.print(plan_table(job.plan))
    if job.plan.estimate.lut > LARGE and job.request.stop_after in (None, "place", "bitstream"):
        screen.warn(
            f"{job.plan.estimate.lut:,} LUT4 are many: synthesis and placement can take an hour; "
            "a smaller --fill or --fps takes minutes"
        )


def _tidy(job: Job) -> None:
    """Forget the steps of an earlier build whose inputs are no longer in the folder."""
    if not job.folder.released or job.request.explore:
        return
    if "explore" in job.folder.steps and not _belongs(EXPLORE, job):
        job.folder.forget("explore")
    stale, own = False, {step.name: step for step in _flow(job)}
    for step in (own.get(step.name, step) for step in (SEARCH if job.request.search else STEPS)):
        if step.name in job.folder.steps and step.name not in job.through:
            stale = stale or not _belongs(step, job)
            if stale:
                job.folder.forget(step.name)


def _belongs(step: Step, job: Job) -> bool:
    if step.name == "report":
        return True  # it depends on the steps before, all of which still belong
    try:
        return job.folder.current(step.name, step.key(job))
    except (OSError, Refusal, Failure):
        return False  # it reads a file that no step has made
