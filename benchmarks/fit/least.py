"""Least squares of relative errors: a formula's coefficients from samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.fit.bench import Bench, Sample
from hw.cores.fitted import Fitted, Terms

SURE = 1e-6
"""By how much a coefficient may be mixed with others and still is determined."""


@dataclass(frozen=True, kw_only=True)
class Coefficient:
    """``fitted`` and its standard error; None where the samples leave it open, because it has no
    term in any, or terms like those of others."""

    name: str
    used: float
    fitted: float | None
    error: float | None


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One formula: what its samples say of its coefficients, and how far off it is with those in
    use and with those fitted, as shares of what was found.

    ``errors_fitted`` are of the very samples that were fitted to: with few samples for each
    coefficient they say little.
    """

    formula: str
    cells: str
    coefficients: tuple[Coefficient, ...]
    errors_used: tuple[float, ...]
    errors_fitted: tuple[float, ...]


def fits(bench: Bench, samples: Sequence[Sample]) -> list[Fit]:
    """Every formula of a bench, over the samples that it is of."""
    seen: dict[str, tuple[Fitted[Any, ...], str, list[tuple[Terms, int]]]] = {}
    for sample in samples:
        for figure in bench.figures(**sample.sizes):
            *_, rows = seen.setdefault(figure.formula.name, (figure.formula, figure.cells, []))
            rows.append((figure.terms, getattr(sample.found, figure.cells)))
    return [_fit(*each) for each in seen.values()]


def _fit(formula: Fitted[Any, ...], cells: str, rows: Sequence[tuple[Terms, int]]) -> Fit:
    used, found = formula.coefficients.values, np.array([max(has, 1) for _, has in rows], float)
    terms = np.array([[each.each[name] for name in used] for each, _ in rows]) / found[:, None]
    wanted = np.array([has - each.known for each, has in rows]) / found
    inverse = np.linalg.pinv(terms)
    solved = inverse @ wanted
    mixed = np.abs(inverse @ terms - np.eye(len(used))).max(axis=1)
    free = len(rows) - np.linalg.matrix_rank(terms)
    spread = None
    if free > 0:
        left = wanted - terms @ solved
        spread = np.sqrt(left @ left / free * np.diag(inverse @ inverse.T))
    return Fit(
        formula=formula.name,
        cells=cells,
        coefficients=tuple(
            Coefficient(
                name=name, used=value,
                fitted=float(solved[k]) if mixed[k] < SURE else None,
                error=float(spread[k]) if spread is not None and mixed[k] < SURE else None,
            )
            for k, (name, value) in enumerate(used.items())
        ),
        errors_used=_errors(rows, used),
        errors_fitted=_errors(rows, dict(zip(used, solved.tolist(), strict=True))),
    )  # fmt: skip


def _errors(rows: Sequence[tuple[Terms, int]], values: Mapping[str, float]) -> tuple[float, ...]:
    return tuple(abs(each.total(values) - has) / max(has, 1) for each, has in rows)
