"""Costs with coefficients: the plan's figures, and the terms that a fit reads of the same lines."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from amaranth import unsigned

import hw.cores
from boards.resources import Resources
from hw.cores import scores
from hw.cores.fabric import ram
from hw.cores.fitted import Coefficients, Fitted, Terms, fitted
from hw.cores.integers import add, affine, compare, multiplier
from hw.cores.integers.affine import AffineSizes
from hw.cores.mvu import constantcost, signedsum, stepcost
from hw.cores.stream import converter, skid
from hw.cores.window import sizes as window
from hw.cores.window.geometry import WindowGeometry
from hw.cores.window.sizes import WindowSizes

SCALED: dict[str, Any] = {
    "count": unsigned(9), "positions": 1, "multipliers": [3, 5, 250], "offsets": [7, -90, 1000],
}  # fmt: skip
ALIKE = SCALED | {"multipliers": [1] * 10, "offsets": [0] * 10}


SCALE = AffineSizes(
    element=9, source=range(-256, 256), multipliers=((300,), (-77,), (5,), (1,)),
    offsets=(1, -20, 300, 4), shift=4, bits=8, lanes=2,
)  # fmt: skip


def a_window(
    *, size: int = 16, kernel: int = 3, padding: int = 1, pixels: int = 1, reuse: int = 1,
    beat: int = 1, channels: int = 32, **more: Any,
) -> WindowSizes:  # fmt: skip
    geometry = WindowGeometry.of(
        height=size, width=size, kernel=(kernel, kernel), padding=(padding, padding),
        pixels=pixels, reuse=reuse, beat=beat,
    )  # fmt: skip
    return WindowSizes(geometry=geometry, channels=channels, **more)


def inside(sizes: WindowSizes) -> tuple[Any, ...]:
    return sizes, sizes.memory(), sizes.counted


PLAIN = a_window(simd=32)
SLICED = a_window(simd=8, pixels=4)
TURNED = a_window(simd=96, pixels=2, reuse=2, passes=4, buffer="lut")
PAIRED = a_window(simd=8, pixels=2, beat=2)
DENSE = a_window(size=4, kernel=4, padding=0, channels=8, simd=16)


@pytest.mark.parametrize(("found", "figures"), [
    (lambda: skid.resources(40), (35, 82, 0)),
    (lambda: skid.resources(13), (13, 28, 0)),
    (lambda: converter.widened(8, 12), (10, 92, 0)),
    (lambda: converter.narrowed(9, 5), (42, 3, 0)),
    (lambda: ram.resources(24, 40, "lut"), (137, 0, 0)),
    (lambda: ram.resources(7, 16, "lut"), (10, 0, 0)),
    (lambda: scores.resources(**SCALED), (81, 136, 0)),
    (lambda: scores.resources(**ALIKE), (29, 96, 0)),
    (lambda: constantcost.resources(32, 63, 1), (1236, 691, 0)),
    (lambda: constantcost.resources(64, 27, 8), (5042, 1651, 0)),
    (lambda: constantcost.resources(8, 48, 8), (1511, 510, 0)),
    (lambda: signedsum.resources(4, 9, 8, 2, words=50), (924, 816, 0)),
    (lambda: signedsum.resources(4, 9, 8, words=2), (406, 408, 0)),
    (lambda: signedsum.resources(4, 9, 8, words=1), (464, 408, 0)),
    (PLAIN.resources, (152, 166, 1)),
    (SLICED.resources, (209, 180, 4)),
    (TURNED.resources, (1320, 440, 0)),
    (DENSE.resources, (141, 88, 0)),
])  # fmt: skip
def test_figures_are_those_by_the_coefficients_in_use(
    found: Callable[[], Resources], figures: tuple[int, int, int]
) -> None:
    assert found().figures == figures


@dataclass(frozen=True, kw_only=True)
class Case:
    """A formula at sizes; ``also`` are arguments for the fit alone."""

    formula: Fitted[Any, ...]
    sizes: tuple[Any, ...]
    also: dict[str, Any]
    off: float

    @property
    def terms(self) -> Terms:
        return self.formula.terms(*self.sizes[0], **self.sizes[1], **self.also)

    @property
    def cost(self) -> float:
        return self.formula(*self.sizes[0], **self.sizes[1])


def case(formula: Fitted[Any, ...], *sizes: Any, **more: Any) -> Case:
    return Case(formula=formula, sizes=(sizes, more), also={}, off=1e-9)


CASES = [
    case(skid.lut, 13), case(skid.lut, 40),
    case(converter.widener_lut, 12), case(converter.narrower_lut, 9, 5),
    case(ram.lut, 24, 40),
    case(add.lut, 4, 13), case(compare.lut, 9, 4, 8), case(multiplier.lut, 12, 7),
    case(affine.lut, SCALE),
    case(scores.lut, *scores.widths(**SCALED)), case(scores.lut, *scores.widths(**ALIKE)),
    case(constantcost.bit_lut, 32, 63), case(constantcost.bit_ff, 32, 63),
    case(constantcost.joined_lut, 64, 27, 8), case(constantcost.joined_ff, 64, 27, 8),
    case(constantcost.halved_lut, 8, 48, 8), case(constantcost.halved_ff, 8, 48, 8),
    case(stepcost.lut, 8, 63, 3), case(stepcost.ff, 8, 63, 3),
    *(case(signedsum.lut, 4, 9, 8, words) for words in (1, 2, 50)),
    *(case(formula, *inside(sizes)) for formula in (window.lut, window.ff)
      for sizes in (PLAIN, SLICED, TURNED, PAIRED, DENSE)),
]  # fmt: skip


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.formula.name)
def test_a_formula_is_its_terms_by_the_coefficients_in_use(one: Case) -> None:
    assert abs(one.terms.total(one.formula.coefficients.values) - one.cost) <= one.off


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.formula.name)
def test_a_formula_is_linear(one: Case) -> None:
    """Of other coefficients too, so that a fit may choose them."""
    other = {name: 3.0 + k for k, name in enumerate(one.formula.coefficients.values)}
    changed = Fitted(one.formula.formula, replace(one.formula.coefficients, **other))
    found = changed(*one.sizes[0], **one.sizes[1], **one.also)
    assert found == pytest.approx(one.terms.total(other))


def test_every_coefficient_is_in_use() -> None:
    used = {
        (one.formula.name, name)
        for one in CASES for name, term in one.terms.each.items() if term
    }  # fmt: skip
    assert used == {
        (formula.name, name) for formula in formulas() for name in formula.coefficients.values
    }


def formulas() -> list[Fitted[Any, ...]]:
    """All of hw/cores."""
    names = [
        module.name for module in pkgutil.walk_packages(hw.cores.__path__, f"{hw.cores.__name__}.")
    ]
    held = [value for name in names for value in vars(importlib.import_module(name)).values()]
    return [value for value in held if isinstance(value, Fitted)]


@dataclass(frozen=True, kw_only=True)
class Two(Coefficients):
    """Of a formula that is made up."""

    slope: float = 2.5
    bend: float = 4


@fitted(Two())
def line(c: Two, size: int, more: int = 0) -> float:
    return size + c.slope * (size + more) + c.bend * size * size


def test_terms_are_what_stands_at_a_coefficient() -> None:
    assert line(2) == 2 + 5 + 16
    assert line.terms(2, more=1) == Terms(2, {"slope": 3, "bend": 4})
    assert line.terms(2).times(3, more=7) == Terms(13, {"slope": 6, "bend": 12})
    assert line.terms(2).total({"slope": 1, "bend": 10}) == 44
    assert line.coefficients.values == {"slope": 2.5, "bend": 4}
    assert skid.lut.name == "stream.skid.lut"
