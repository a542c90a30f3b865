"""Costs by formulas that are linear in coefficients with names, which `benchmarks.fit` fits."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Concatenate, Generic, ParamSpec, TypeVar

Sizes = ParamSpec("Sizes")


@dataclass(frozen=True, kw_only=True)
class Coefficients:
    """Coefficients of one formula; the defaults are the values in use. A subclass stands beside
    its core."""

    @property
    def values(self) -> dict[str, float]:
        """Values by the names of the coefficients."""
        return asdict(self)


Named = TypeVar("Named", bound=Coefficients)


@dataclass(frozen=True)
class Terms:
    """A formula at some sizes: ``known + sum over names of coefficient[name] * each[name]``."""

    known: float
    each: Mapping[str, float]

    def times(self, factor: float, more: float = 0) -> "Terms":
        """Those of as many of the same, with what is known beside them."""
        each = {name: factor * term for name, term in self.each.items()}
        return Terms(factor * self.known + more, each)

    def total(self, values: Mapping[str, float]) -> float:
        """The cost by such coefficients."""
        return self.known + sum(values[name] * term for name, term in self.each.items())


@dataclass(frozen=True)
class Fitted(Generic[Named, Sizes]):
    """A formula with the coefficients in use; called with sizes it is the cost, not rounded.

    The formula is written once, for coefficients of any value. As it is linear in them, its terms
    are what it gives for one coefficient of 1 and others of 0: the plan and a fit read the same
    lines, and the plan's sums are rounded as they are written.

    Parameters
    ----------
    formula : function of `Coefficients` and sizes
    coefficients : Coefficients
    """

    formula: Callable[Concatenate[Named, Sizes], float]
    coefficients: Named

    def __call__(self, *sizes: Sizes.args, **more: Sizes.kwargs) -> float:
        return self.formula(self.coefficients, *sizes, **more)

    def terms(self, *sizes: Sizes.args, **more: Sizes.kwargs) -> Terms:
        """Multipliers of the coefficients at these sizes."""
        names = [field.name for field in fields(self.coefficients)]
        none = replace(self.coefficients, **dict.fromkeys(names, 0.0))
        known = self.formula(none, *sizes, **more)
        return Terms(known, {
            name: self.formula(replace(none, **{name: 1.0}), *sizes, **more) - known
            for name in names
        })

    @property
    def name(self) -> str:
        """The core's file within ``hw/cores`` and the formula in it: ``stream.skid.lut``."""
        return f"{self.formula.__module__}.{self.formula.__name__}".removeprefix("hw.cores.")


def fitted(
    coefficients: Named,
) -> Callable[[Callable[Concatenate[Named, Sizes], float]], Fitted[Named, Sizes]]:
    """A decorator: the formula below it, with these coefficients in use."""

    def with_them(formula: Callable[Concatenate[Named, Sizes], float]) -> Fitted[Named, Sizes]:
        return Fitted(formula, coefficients)

    return with_them
