"""``python -m hw.build``: a checkpoint becomes a verified bitstream, with a plan and a report."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from hw.emit.table import show
from hw.emit.tools import Failure
from hw.flow.job import ATTEMPTS, PROVE, Job, Request, name_of
from hw.flow.netlist import IMAGES, LARGE
from hw.flow.screen import Screen
from hw.plan.budget import QUICK, USUAL
from hw.steps import STOPS, failures, run
from model import options
from model.options import Parser
from model.refusal import Refusal, refusing, say

SIMULATED = 100_000
"""Most images that one build can simulate."""

SECONDS = 1_000_000
"""Most seconds for the proofs of one build."""


def build(request: Request, screen: Screen | None = None) -> Job:
    """Run the flow of `hw.steps` for a request; returns the job, with all products.

    Raises
    ------
    Refusal
        The input cannot be used; nothing was written.
    hw.emit.tools.Failure
        A tool did not succeed.
    """
    return run(Job(request=request), screen or Screen())


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Build as the arguments say; 0 if it is done, 1 if a check failed, 2 if input is unusable."""
    request = _request(_parser().parse_args(argv), argv)
    screen = Screen()
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
    for line in failures(job):
        say(f"failed: {line}")
    return 1 if failures(job) else 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m hw.build", description=__doc__,
        epilog="Compiled simulations are kept in the user's cache folder, or in "
        "the one that the variable PURELOGIC_CACHE names; docs/files.md tells of all files.",
    )
    add = parser.add_argument
    add("--checkpoint", required=True, type=options.path("--checkpoint"),
        metavar="net.pt")
    add("--board", required=True, type=options.name("--board"), metavar="NAME",
        help="such as ulx3s")
    add("--variant", type=options.name("--variant"), metavar="SIZE",
        help="of the board's device, such as 85F")
    speed = parser.add_mutually_exclusive_group()
    speed.add_argument("--fps", type=options.fps, metavar="N",
                       help="the smallest design that reaches N frames/s")
    speed.add_argument("--fill", type=options.fill, metavar="SHARE",
                       help="the fastest design in this share of the device's logic, LUT4 and "
                       f"flip-flops (default {USUAL:g} or {QUICK:,} LUT4, whichever is more, which "
                       "takes minutes, and what fits where that is too little; 0.8 can take an "
                       "hour)")
    speed.add_argument("--explore", action="store_true",
                       help="print what every frame rate costs on the whole device, write it as "
                       "explore.json and explore.svg, and build nothing")
    add("--clock", type=options.clock, metavar="MHZ",
        help="of the accelerator (default: the board's)")
    add("--stop-after", choices=STOPS)
    add("--out", type=options.out, metavar="DIR", help="default build/<checkpoint>-<board>")
    add("--images", type=options.path("--images"), metavar="X.npy",
        help="uint8 (N, C, H, W) to simulate; default "
        "images.npy beside the checkpoint, else random")
    add("--labels", type=options.path("--labels"), metavar="Y.npy",
        help="their classes, integers (N,)")
    add("--simulate", type=options.whole("--simulate", 0, SIMULATED), default=32, metavar="N",
        help="images to simulate at most (default 32; 0: none)")
    add("--prove", type=options.whole("--prove", 0, SECONDS), default=int(PROVE), metavar="S",
        help="seconds at most to prove named cells equal to what is simulated, where an earlier "
        f"build has not (default {PROVE:g})")
    add("--simulate-netlist", type=options.whole("--simulate-netlist", 0, SIMULATED), default=None,
        metavar="N", help="images to simulate the synthesised netlist on, and the whole board at "
        f"its pins (default {IMAGES}, none above {LARGE:,} LUT4 or with --simulate 0; 0: none)")
    add("--allow-differing", type=options.whole("--allow-differing", 0, SIMULATED), default=0,
        metavar="N", help="simulated images that may have another class than PyTorch's, ties that "
        "float32 rounds apart (default 0)")
    add("--seed", type=options.seed, default=1, help="of the first placement and of random images")
    add("--attempts", type=options.whole("--attempts", 1, 1000), default=ATTEMPTS, metavar="N",
        help=f"placements at most, until one meets the clock (default {ATTEMPTS})")
    return parser


def _request(given: argparse.Namespace, argv: Sequence[str] | None) -> Request:
    if given.explore and given.stop_after:
        raise Refusal("--explore builds nothing; leave out --stop-after")
    words = sys.argv[1:] if argv is None else argv
    return Request(
        checkpoint=given.checkpoint,
        board=given.board,
        out=given.out or default_out(given.checkpoint, given.board),
        variant=given.variant,
        fps=given.fps,
        fill=given.fill,
        clock=None if given.clock is None else given.clock * 1e6,
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
        command=" ".join(["python -m hw.build", *words]),
    )


def default_out(checkpoint: Path, board: str) -> Path:
    """The default build folder ``build/<name>-<board>``, with the name of `hw.flow.job.name_of`."""
    return Path("build") / f"{name_of(checkpoint)}-{board}"


if __name__ == "__main__":
    raise SystemExit(main())
