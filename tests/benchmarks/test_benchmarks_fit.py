"""The fit of the cost model's coefficients: benches, least squares, and what is kept of both."""

import importlib
import pkgutil
import re
from dataclasses import dataclass
from typing import Any

import pytest

import hw.cores
from benchmarks.fit.__main__ import main, read
from benchmarks.fit.bench import Bench, Figure, Sample, benches, drawn
from benchmarks.fit.least import fits
from benchmarks.fit.page import PAGE, formulas
from boards.resources import Resources
from hw.cores.fitted import Coefficients, Fitted, fitted

SAMPLES, TOOLS = read()


def known() -> dict[str, Fitted[Any, ...]]:
    """Every formula of hw/cores, by name."""
    modules = pkgutil.walk_packages(hw.cores.__path__, f"{hw.cores.__name__}.")
    held = [value for module in modules
            for value in vars(importlib.import_module(module.name)).values()]  # fmt: skip
    return {value.name: value for value in held if isinstance(value, Fitted)}


def test_every_formula_has_a_bench() -> None:
    seen = {
        figure.formula.name
        for name, bench in benches().items() for number in range(24)
        for figure in bench.figures(**drawn(name, number))
    }  # fmt: skip
    assert seen == set(known())


@pytest.mark.parametrize("name", benches())
def test_samples_that_are_kept_are_drawn_today(name: str) -> None:
    assert [sample.sizes for sample in SAMPLES[name]] == [
        drawn(name, number) for number in range(len(SAMPLES[name]))
    ], "python -m benchmarks.fit"


def test_every_coefficient_is_determined_by_the_samples_that_are_kept() -> None:
    made = [fit for name, samples in SAMPLES.items() for fit in fits(benches()[name], samples)]
    assert {fit.formula for fit in made} == set(known())
    assert [(fit.formula, each.name) for fit in made for each in fit.coefficients
            if each.fitted is None or each.error is None] == []  # fmt: skip


def test_the_page_says_what_is_in_use() -> None:
    rows = re.findall(r"^\| `([a-z_.0-9]+)` \| ([a-z_]+) \| ([-0-9.]+) \| \S+",
                      PAGE.read_text(), re.MULTILINE)  # fmt: skip
    assert {(formula, name, value) for formula, name, value in rows} == {
        (name, key, f"{value:g}")
        for name, formula in known().items() for key, value in formula.coefficients.values.items()
    }, "python -m benchmarks.fit --kept"


@dataclass(frozen=True, kw_only=True)
class Three(Coefficients):
    """Of a formula that is made up."""

    slope: float = 2
    bend: float = 5
    never: float = 7


@fitted(Three())
def curve(c: Three, size: int) -> float:
    return 10 + c.slope * size + c.bend * size**2 + c.never * 0


BENCH = Bench(
    draw=lambda rng: {"size": rng.randrange(9)}, build=lambda size: None,  # type: ignore
    figures=lambda size: [Figure(formula=curve, cells="ff", terms=curve.terms(size))],
)  # fmt: skip


def found(size: int) -> Sample:
    """By other coefficients than those in use: 3 and 4."""
    return Sample(sizes={"size": size}, found=Resources(lut=1, ff=10 + 3 * size + 4 * size**2))


def test_least_squares_finds_what_the_samples_were_made_by() -> None:
    (fit,) = fits(BENCH, [found(size) for size in (1, 2, 5, 9)])
    slope, bend, never = fit.coefficients
    assert (slope.used, bend.used) == (2, 5)
    assert (slope.fitted, bend.fitted) == pytest.approx((3, 4))
    assert never.fitted is None
    assert max(fit.errors_fitted) < 1e-9
    assert fit.errors_used[1] == pytest.approx(abs(34 / 32 - 1))
    assert "| 4 | " in formulas([fit])


def test_coefficients_that_no_samples_tell_apart_are_left_open() -> None:
    (fit,) = fits(BENCH, [found(3)])
    assert [each.fitted for each in fit.coefficients] == [None, None, None]


def test_a_core_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--core", "skids"]) == 2
    assert "error: --core skids: there are add, affine, compare" in capsys.readouterr().err
