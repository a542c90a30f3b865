"""The work of hw.build: a request goes through the flow, and its report is shown."""

import argparse
import math
from typing import TYPE_CHECKING

from hw.emit.table import show
from hw.emit.tools import Failure
from hw.flow.again import recall
from hw.flow.request import PLAINLY, Request, default_out
from hw.flow.screen import Screen
from model.refusal import say

if TYPE_CHECKING:
    from hw.flow.job import Job


def build(request: Request, screen: Screen | None = None) -> "Job":
    """Run the flow of `hw.steps` for a request; returns the job, with all products.

    Raises
    ------
    Refusal
        The input cannot be used; nothing was written.
    hw.emit.tools.Failure
        A tool did not succeed.
    """
    # Only here: the steps import torch and more, longer than a build takes that makes nothing.
    from hw.flow.job import Job
    from hw.steps import run as run_steps

    return run_steps(Job(request=request), screen or Screen())


def run(given: argparse.Namespace) -> int:
    """Build as the arguments say; returns the exit status."""
    request = _request(given)
    screen = Screen()
    if (report := recall(request, screen)) is not None:
        show(report, screen.console)
        return 0
    try:
        job = build(request, screen)
    except Failure as failure:
        say(f"failed: {failure}")
        return 1
    except KeyboardInterrupt as end:
        end.add_note("the steps that were done are kept for the next time")
        raise
    if job.report:
        show(job.report, screen.console)
    for line in job.failures:
        say(f"failed: {line}")
    return 1 if job.failures else 0


def _request(given: argparse.Namespace) -> Request:
    return Request(
        checkpoint=given.checkpoint,
        board=given.board,
        out=given.out or default_out(given.checkpoint, given.top or given.board),
        variant=given.variant,
        fps=given.fps,
        fill=given.fill,
        clock=None if given.clock in (None, math.inf) else given.clock * 1e6,
        search=given.clock == math.inf,
        stop_after=given.stop_after,
        images=given.images,
        labels=given.labels,
        simulate=given.simulate,
        simulate_netlist=given.simulate_netlist,
        prove=float(given.prove),
        allow_differing=given.allow_differing,
        seed=given.seed,
        attempts=given.attempts,
        explore=given.explore,
        interface=given.interface or "",
        top=given.top or "",
        registers=given.registers or "",
        cells=given.cells or PLAINLY,
        command=given.command,
    )
