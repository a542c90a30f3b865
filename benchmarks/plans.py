"""``python -m benchmarks.plans``: every row is planned anew and held against the plan that is kept.

A change of structure that must not change designs is checked here within minutes: folding, homes,
cycles, latency and estimate of every layer, without any FPGA tool.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.builds import ROOT
from benchmarks.networks import Inputs, Missing
from benchmarks.rows import ROWS, Row, chosen
from boards.catalogue import board
from hw.network.fold import fold
from hw.plan.archive import text
from hw.plan.latency import latencies
from hw.plan.search import plan
from model.checkpoint import load
from model.files import write_text
from model.refusal import Refusal, refusing

KEPT = ROOT / "benchmarks" / "plans.json"


def planned(row: Row, inputs: Inputs) -> dict[str, Any]:
    """All figures of a row's plan, by name. Raises `Missing` without its network."""
    network = fold(load(row.source.checkpoint(inputs)))
    ours = board(row.board)
    clock = ours.clock if row.clock is None else row.clock * 1e6
    try:
        made = plan(network, ours, row.variant, fps=row.fps, fill=row.fill, clock=clock)
    except Refusal as refusal:
        return {"refused": str(refusal)}
    figures = json.loads(text(made))
    del figures["sha256"], figures["network"]  # of the network, not of the plan
    return {
        **figures,
        "latencies": latencies(network, made.foldings, made.entry),
    }  # fmt: skip


def differing(was: Any, now: Any, where: str = "") -> list[str]:
    """The places of all figures that differ."""
    if isinstance(was, dict) and isinstance(now, dict):
        places = [*was, *(key for key in now if key not in was)]
        return [
            each for key in places
            for each in differing(was.get(key), now.get(key), f"{where}.{key}".strip("."))
        ]  # fmt: skip
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        pairs = enumerate(zip(was, now, strict=True))
        return [each for number, pair in pairs for each in differing(*pair, f"{where}[{number}]")]
    return [] if was == now else [f"{where}: {was} was kept, {now} is planned"]


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Compare all plans; 0 if they are the same, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plans", description=__doc__)
    parser.add_argument("--rows", metavar="A,B", help=f"only these of: {', '.join(ROWS)}")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="the data sets' folder")
    parser.add_argument("--references", type=Path, metavar="DIR",
                        help="the folder of what others published")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", default="build/checkpoints",
                        help="where checkpoints are, or are made (default %(default)s)")
    parser.add_argument("--keep", action="store_true", help="keep the plans of these rows as right")
    given = parser.parse_args(argv)
    inputs = Inputs(data=given.data_dir, references=given.references, made=given.checkpoints)
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    different = 0
    for row in chosen(given.rows, ROWS, ROWS):
        try:
            now = json.loads(json.dumps(planned(row, inputs)))
        except Missing as reason:
            print(f"{row.name}: left out, {reason}", flush=True)
            continue
        if given.keep:
            kept[row.name] = now
        found = differing(kept.get(row.name), now)
        different += bool(found)
        print(f"{row.name}: {'; '.join(found) or 'the same'}", flush=True)
    if given.keep:
        lines = [f"{json.dumps(name)}: {json.dumps(kept[name])}" for name in ROWS if name in kept]
        write_text(KEPT, "{\n" + ",\n".join(lines) + "\n}\n")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
