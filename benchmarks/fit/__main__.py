"""``python -m benchmarks.fit``: the coefficients of the cost model, fitted to synthesised cores.

Every core whose cost has coefficients is synthesised and packed alone in drawn sizes; what it takes
goes to ``benchmarks/results/costs.json``, and what that says of the coefficients, beside those in
use, to ``benchmarks/COSTS.md``. Nothing in use is changed.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from rich.progress import track

from benchmarks.builds import ROOT
from benchmarks.fit.bench import Sample, benches, measure
from benchmarks.fit.least import Fit, fits
from benchmarks.fit.page import PAGE, coefficients, formulas, page, sizes
from benchmarks.packing import TOOLS
from boards.resources import Resources
from hw.emit.child import results
from model import options
from model.files import write_text
from model.options import Parser
from model.refusal import Refusal, refusing

FILE = ROOT / "benchmarks" / "results" / "costs.json"
SAMPLES = 24
"""Number of samples of a core by default: ten minutes of one processor for all cores."""

Samples = Mapping[str, Sequence[Sample]]
"""Samples by the name of their core."""


def read() -> tuple[Samples, list[str]]:
    """The samples that are kept, and the tools that they were made by."""
    kept = json.loads(FILE.read_text())
    samples = {
        name: [Sample(sizes=one["sizes"], found=Resources(**one["found"])) for one in made]
        for name, made in kept["cores"].items()
    }
    return samples, kept["tools"]


def fitted(samples: Samples) -> list[Fit]:
    """Every formula of every core."""
    return [fit for name, made in samples.items() for fit in fits(benches()[name], made)]


def text(samples: Samples, tools: Sequence[str]) -> str:
    """The whole of benchmarks/COSTS.md."""
    return page(samples, fitted(samples), tools)


def _measured(names: Sequence[str], count: int, jobs: int) -> Samples:
    calls = [partial(measure, name, number) for name in names for number in range(count)]
    made = list(track(results(calls, jobs), "synthesising cores", len(calls)))
    return {name: made[count * k : count * (k + 1)] for k, name in enumerate(names)}


def _content(samples: Samples, tools: Sequence[str]) -> str:
    """The file's text, a sample a line."""
    content: dict[str, Any] = {"tools": list(tools), "cores": {
        name: [f"{name} {number}" for number in range(len(made))] for name, made in samples.items()
    }}  # fmt: skip
    written = json.dumps(content, indent=1)
    for name, made in samples.items():
        for number, sample in enumerate(made):
            written = written.replace(f'"{name} {number}"', json.dumps(asdict(sample)), 1)
    return written + "\n"


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, fit, show and, unless it is of one core, write."""
    known = tuple(benches())
    parser = Parser(prog="python -m benchmarks.fit", description=__doc__)
    parser.add_argument("--core", metavar="NAME",
                        help=f"only this one, shown and not kept: {', '.join(known)}")
    parser.add_argument("--samples", type=options.whole("--samples", 1, 10_000), default=SAMPLES,
                        help=f"sizes to draw of every core ({SAMPLES})")
    parser.add_argument("--kept", action="store_true",
                        help="synthesise nothing; fit to the samples that are kept")
    parser.add_argument("--jobs", type=options.jobs, default=os.cpu_count() or 1,
                        help="at once (all cores)")
    given = parser.parse_args(argv)
    if given.core not in (None, *known):
        raise Refusal(f"--core {given.core}: there are {', '.join(known)}")
    names = known if given.core is None else (given.core,)
    if given.kept:
        samples, tools = read()
        samples = {name: samples[name] for name in names}
    else:
        samples = _measured(names, given.samples, given.jobs)
        tools = [tool.version for tool in TOOLS]
    made = fitted(samples)
    print("\n".join([formulas(made), coefficients(made), sizes(samples)]))
    if given.core is None:
        if not given.kept:
            write_text(FILE, _content(samples, tools))
        write_text(PAGE, text(samples, tools))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
