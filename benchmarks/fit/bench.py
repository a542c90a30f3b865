"""Benches: a core of drawn sizes, and the formulas that say what it takes."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.lib.wiring import Component

from benchmarks.fit import cores
from benchmarks.packing import packed
from boards.resources import Resources
from hw.cores.fitted import Fitted, Terms
from hw.emit.known.ecp5 import count
from model.rooms import kinds

Sizes = Mapping[str, Any]
"""Keyword arguments of a bench's functions: numbers, and words."""

CONSTANTS = "$PACKER_"
"""The beginning of nextpnr's names for cells that are a 0 or a 1: a design has one of each."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A formula at some sizes: ``cells`` of `Resources`, lut or ff, are ``terms`` in all."""

    formula: Fitted[Any, ...]
    cells: str
    terms: Terms


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A core that can be synthesised alone.

    Parameters
    ----------
    draw : function of a random source
        Sizes as networks have them.
    build : function of sizes
        The component, with no logic around it that is not in ``figures``.
    figures : function of sizes
    """

    draw: Callable[[random.Random], Sizes]
    build: Callable[..., Component]
    figures: Callable[..., Sequence[Figure]]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Cells that a core of drawn sizes takes."""

    sizes: Sizes
    found: Resources


def benches() -> Mapping[str, Bench]:
    """Every bench by the name of its file."""
    return kinds(cores, "BENCH")


def drawn(name: str, number: int) -> Sizes:
    """Sizes of one sample, from its core's name and its number alone."""
    return benches()[name].draw(random.Random(f"{name} {number}"))


def measure(name: str, number: int) -> Sample:
    """Synthesise and pack one sample; seconds."""
    sizes = drawn(name, number)
    cells = packed(benches()[name].build(**sizes))
    ours = {cell: kind for cell, kind in cells.items() if not cell.startswith(CONSTANTS)}
    (found,) = count(ours, []).values()
    return Sample(sizes=sizes, found=found)


def log_uniform(rng: random.Random, low: int, high: int) -> int:
    """As many small numbers as large ones."""
    return round(low * (high / low) ** rng.random())
