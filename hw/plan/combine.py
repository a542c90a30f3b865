"""The combinations of choices, one for every layer, and the cheapest of all that there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from boards.resources import Resources
from hw.plan.choices import Choice

Cost = Callable[[np.ndarray], np.ndarray]
"""Costs of combinations, float (n,), by their LUT4, flip-flops and EBR, int64 (n, 3)."""

Runs = Sequence[tuple[np.ndarray, Sequence[tuple[Choice, ...]], tuple[int, ...]]]
"""Runs of layers that hand on beats of a vector, each as totals, int64 (n, 3), their combinations,
and the numbers of the layers."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Layers that read each other.

    Parameters
    ----------
    options : for every layer the foldings to choose from.
    makers : for every layer the numbers of those before it that it reads; None is the image.
    arriving : bits of a beat of a vector that comes from the image.
    converter_cost : resources of a converter from beats of the first number of bits to the second.
    """

    options: Sequence[Sequence[Choice]]
    makers: Sequence[Sequence[int | None]]
    arriving: int
    converter_cost: Callable[[int, int], Resources]

    def estimates(self, chosen: Sequence[Choice]) -> list[Resources]:
        """Resources of each layer of a combination, its width converter included."""
        found = []
        for choice, (maker, *_) in zip(chosen, self.makers, strict=False):
            gives = self.arriving if maker is None else chosen[maker].gives
            found.append(choice.estimate + self.between(gives, choice.takes))
        return found

    def between(self, gives: int, takes: int) -> Resources:
        """Resources of the width converter before a layer; none where it reads pixels."""
        return self.converter_cost(gives, takes) if takes else Resources()


def cheapest(
    graph: Graph, limit: int, budget: Resources, cost: Cost
) -> tuple[Choice, ...] | None:
    """The combination of least cost with every layer within ``limit`` cycles.

    Exact for every cost that grows with each of LUT4, flip-flops and EBR: run by run of layers
    that hand on beats of a vector, all totals are kept that no other beats in the three together
    and that leave the later layers what they need at least. None if the budget is too small.
    """
    runs = unbeaten_runs(graph, limit)
    return None if runs is None else cheapest_of(runs, budget, cost)


def unbeaten_runs(graph: Graph, limit: int) -> Runs | None:
    """For `cheapest_of` with any budget; None if a layer takes longer than ``limit`` cycles."""
    quick = [[choice for choice in stage if choice.cycles <= limit] for stage in graph.options]
    if not all(quick):
        return None
    return [
        (*_unbeaten_run(graph, [quick[number] for number in run]), run)
        for run in _runs(graph)
    ]


def cheapest_of(runs: Runs, budget: Resources, cost: Cost) -> tuple[Choice, ...] | None:
    """`cheapest`, of what is the same for every budget."""
    costs = [figures for figures, *_ in runs]
    # What is left for a run and all before it, when those behind take their least.
    least = np.cumsum([each.min(axis=0) for each in reversed(costs)], axis=0)[::-1]
    room = budget.figures - np.vstack([least[1:], np.zeros((1, 3), np.int64)])
    totals, origins = np.zeros((1, 3), np.int64), list[np.ndarray]()
    for each, most in zip(costs, room, strict=True):
        sums = (totals[:, None] + each).reshape(-1, 3)
        within = np.flatnonzero((sums <= most).all(axis=1))
        origins.append(within[unbeaten(sums[within])])
        totals = sums[origins[-1]]
    if not len(totals):
        return None
    return _chosen(runs, origins, int(cost(totals).argmin()))


def _runs(graph: Graph) -> list[tuple[int, ...]]:
    """The numbers of layers that hand beats of a vector on to the next one together, all others
    alone. Such beats have one reader, so that each run is a chain."""
    runs: dict[int, list[int]] = {}
    for number, (options, makers) in enumerate(zip(graph.options, graph.makers, strict=True)):
        run = runs[maker] if options[0].takes and (maker := makers[0]) is not None else []
        run.append(number)
        runs[number] = run
    return list(dict.fromkeys(map(tuple, runs.values())))


def _unbeaten_run(
    graph: Graph, stages: Sequence[Sequence[Choice]]
) -> tuple[np.ndarray, list[tuple[Choice, ...]]]:
    """Totals, int64 (n, 3), and the combinations of a run's choices that no other beats.

    Layer by layer, of all that hand on the same beats.
    """
    totals, given = np.zeros((1, 3), np.int64), np.array([graph.arriving])
    known: list[tuple[Choice, ...]] = [()]
    for stage in stages:
        each = np.array([choice.estimate.figures for choice in stage])
        sums = (totals[:, None] + each + _between(graph, given, stage)).reshape(-1, 3)
        gives = np.tile([choice.gives for choice in stage], len(totals))
        alike = [np.flatnonzero(gives == one) for one in np.unique(gives)]
        kept = np.concatenate([these[unbeaten(sums[these])] for these in alike])
        picked = zip(*divmod(kept, len(stage)), strict=True)
        known = [(*known[before], stage[choice]) for before, choice in picked]
        totals, given = sums[kept], gives[kept]
    return totals, known


def _between(graph: Graph, given: np.ndarray, stage: Sequence[Choice]) -> np.ndarray:
    """int64 (len(given), len(stage), 3): what stands before every choice."""
    gives, before = np.unique(given, return_inverse=True)
    takes, behind = np.unique([choice.takes for choice in stage], return_inverse=True)
    table = [[graph.between(int(a), int(b)).figures for b in takes] for a in gives]
    return np.array(table, np.int64)[before[:, None], behind]


def unbeaten(costs: np.ndarray) -> np.ndarray:
    """Indices of the rows, int64 (n, 3), that no other is as good as in all three columns; of
    equal rows the first."""
    order = np.lexsort((costs[:, 1], costs[:, 0], costs[:, 2]))
    groups = np.split(order, np.flatnonzero(np.diff(costs[order, 2])) + 1)
    # For all rows so far, rising in the first column and falling in the second.
    stairs = np.array([[-1], [np.iinfo(np.int64).max]])
    kept = []
    for group in groups:
        first, second, _ = costs[group].T
        lowest = np.minimum.accumulate(second)
        new = np.concatenate([[True], second[1:] < lowest[:-1]])[: len(group)]
        new &= stairs[1, np.searchsorted(stairs[0], first, side="right") - 1] > second
        kept.append(group[new])
        stairs = np.hstack([stairs, costs[kept[-1], :2].T])
        stairs = stairs[:, np.lexsort((stairs[1], stairs[0]))]
        falls = stairs[1, 1:] < np.minimum.accumulate(stairs[1])[:-1]
        stairs = stairs[:, np.concatenate([[True], falls])]
    return np.concatenate(kept)


def _chosen(runs: Runs, origins: Sequence[np.ndarray], index: int) -> tuple[Choice, ...]:
    """Back from a total to the choices it is the sum of, in the order of the layers."""
    chosen: dict[int, Choice] = {}
    for (_, combinations, numbers), origin in zip(reversed(runs), reversed(origins), strict=True):
        index, combination = divmod(int(origin[index]), len(combinations))
        chosen |= zip(numbers, combinations[combination], strict=True)
    return tuple(chosen[number] for number in sorted(chosen))
