"""``python -m benchmarks.proofs``: every cell module of the measured designs, proved."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.networks import Inputs, Missing, folder
from benchmarks.rows import ROWS, Row, chosen
from hw.emit.report import Proofs
from hw.emit.tools import Failure
from hw.flow.job import Request
from hw.flow.screen import Screen
from hw.work.build import build
from model import options
from model.options import Parser
from model.refusal import refusing

USUAL = ("mnist-85f-tenth", "mnist-85f", "mnist-12f", "mnist-up5k", "cifar10-85f", "cnv-85f")
"""Default rows: the shipped networks, and CNV, for which its parameters are needed."""

SECONDS = 3600.0
"""Most seconds for the proofs of one design."""


def prove(row: Row, checkpoint: Path, out: Path) -> Proofs:
    """Build a row up to its proofs.

    Raises
    ------
    Refusal, Failure
        As `hw.build.build` does.
    """
    job = build(Request(
        checkpoint=checkpoint, board=row.board, variant=row.variant, fps=row.fps, fill=row.fill,
        clock=None if row.clock is None else row.clock * 1e6, out=out, simulate=0,
        prove=SECONDS, stop_after="prove", command=row.command,
    ), Screen(Console(quiet=True)))  # fmt: skip
    assert job.proofs is not None
    return job.proofs


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Prove the modules of all rows, and print their numbers; 1 if one differs from its plain form.
    """
    parser = Parser(prog="python -m benchmarks.proofs", description=__doc__)
    parser.add_argument("--rows", metavar="A,B", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--data-dir", type=options.path("--data-dir"), metavar="DIR")
    parser.add_argument("--references", type=options.path("--references"), metavar="DIR")
    given = parser.parse_args(argv)
    rows = chosen(given.rows, ROWS, USUAL)
    failed = False
    with tempfile.TemporaryDirectory() as work:
        inputs = Inputs(
            data=folder(given.data_dir), references=folder(given.references), made=Path(work)
        )
        for row in rows:
            begun = time.monotonic()
            try:
                proofs = prove(row, row.source.checkpoint(inputs), Path(work) / row.name)
            except Missing as missing:
                print(f"{row.name}: left out, {missing}", flush=True)
                continue
            except Failure as failure:
                print(f"{row.name}: {failure}", flush=True)
                failed = True
                continue
            print(f"{row.name}: {proofs} ({time.monotonic() - begun:.0f} s)", flush=True)
            for line in (*(f"{name} only simulated: {why}"
                           for name, why in proofs.simulated.items()), *proofs.failures):
                print(f"  {line}", flush=True)
            failed = failed or bool(proofs.failures)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
