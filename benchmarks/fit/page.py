"""COSTS.md: every coefficient of the cost model, in use and as fitted, and the samples."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.builds import ROOT
from benchmarks.fit.bench import Sample
from benchmarks.fit.least import Coefficient, Fit

PAGE = ROOT / "benchmarks" / "COSTS.md"
UNITS = {"lut": "LUT4", "ff": "flip-flops"}
EXACT = 1e-9
"""A standard error below it is of the arithmetic."""

MOST = 6
"""Words, or numbers of a list, that are named one by one."""

HEAD = """# Coefficients of the cost model

Written by `python -m benchmarks.fit` from the samples in `benchmarks/results/costs.json`, which has
every size and figure; `--kept` writes it anew from them. Each core is synthesised and packed alone
for the 85F, in sizes drawn from its name and the sample's number.

- **In use** is what the plan counts with. These were fitted to whole stages as they are packed, in
  which synthesis may merge a core's logic with its neighbours', but for sums with constant weights:
  to the cells that those are written as. A fit to cores alone does not replace them; it says how
  far apart the two are. What the model is off by in whole stages is in [RESULTS.md](RESULTS.md), by
  `python -m benchmarks.stages`.
- **Fitted** is by least squares of the relative error, with its standard error. A dash is a
  coefficient that the samples leave open. Where terms of a formula move together, as those of a
  window do, their coefficients are known only together: one alone may then be anything, also
  negative.
- **Errors** are shares of what was found, those of the fit over the very samples it was made of.
- A formula is the function of that name in its core's file within `hw/cores/`, which says what each
  coefficient is multiplied with. All are linear in their coefficients. Of what is not: the sums of
  integers with constant weights take the lesser of two formulas, each fitted to the samples in
  which it is that; `mvu.constantcost.WIDER` stands inside a term and is not fitted. What counts of
  bits and of pairs take is not fitted: it is counted in the cells that they are written as.
"""


def page(
    samples: Mapping[str, Sequence[Sample]], made: Sequence[Fit], tools: Sequence[str]
) -> str:
    """The whole text."""
    return "\n".join([
        HEAD, "## Formulas\n", formulas(made), "## Coefficients\n", coefficients(made),
        "## Samples\n", sizes(samples), f"Tools: {', '.join(tools)}.\n",
    ])  # fmt: skip


def formulas(made: Sequence[Fit]) -> str:
    """Errors of every formula, as a Markdown table."""
    lines = [
        "| formula | of | samples | in use: mean error | largest | fitted: mean error | largest |",
        "|---|---|---|---|---|---|---|",
    ]
    for fit in made:
        shares = [f"{kind(errors):.1%}" for errors in (fit.errors_used, fit.errors_fitted)
                  for kind in (statistics.mean, max)]  # fmt: skip
        lines.append(f"| `{fit.formula}` | {UNITS[fit.cells]} | {len(fit.errors_used)} | "
                     f"{' | '.join(shares)} |")  # fmt: skip
    return "\n".join(lines) + "\n"


def coefficients(made: Sequence[Fit]) -> str:
    """Values of every coefficient, as a Markdown table."""
    lines = ["| formula | coefficient | in use | fitted |", "|---|---|---|---|"]
    lines += [
        f"| `{fit.formula}` | {each.name} | {each.used:g} | {_fitted(each)} |"
        for fit in made for each in fit.coefficients
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def sizes(samples: Mapping[str, Sequence[Sample]]) -> str:
    """The range of every size, as a Markdown table."""
    lines = ["| core | samples | sizes |", "|---|---|---|"]
    for name, drawn in samples.items():
        said = "; ".join(
            f"{size} {_range([sample.sizes[size] for sample in drawn])}" for size in drawn[0].sizes
        )
        lines.append(f"| {name} | {len(drawn)} | {said} |")
    return "\n".join(lines) + "\n"


def _fitted(each: Coefficient) -> str:
    if each.fitted is None:
        return "-"
    said = f"{each.fitted:.3g}"
    if each.error is None:
        return said
    return f"{said} ± {each.error:.2g}" if each.error > EXACT else f"{said}, exactly"


def _range(values: Sequence[Any]) -> str:
    if isinstance(values[0], list):
        lengths = [len(value) for value in values]
        numbers = [number for value in values for number in value]
        return f"{_range(lengths)} of {_range(numbers)}"
    kinds = sorted(set(values))
    if len(kinds) <= MOST or isinstance(kinds[0], str):
        return ", ".join(str(kind) for kind in kinds)
    return f"{kinds[0]:,} to {kinds[-1]:,}"
