"""The combinations of choices, one for every layer, and the cheapest of all that there are."""

from collections.abc import Callable, Sequence

import numpy as np

from hw.plan.choices import Choice
from hw.plan.plan import Resources

Cost = Callable[[np.ndarray], np.ndarray]
"""What combinations are worth, float (n,), by their LUT4, flip-flops and EBR, int64 (n, 3)."""


def cheapest(
    options: Sequence[Sequence[Choice]], limit: int, budget: Resources, cost: Cost
) -> tuple[Choice, ...] | None:
    """The combination of least cost with every layer within ``limit`` cycles.

    Exact for every cost that grows with each of LUT4, flip-flops and EBR: layer by layer, all
    totals are kept that no other beats in the three together and that leave the later layers
    what they need at least. None if the budget is too small.
    """
    quick = [[choice for choice in stage if choice.cycles <= limit] for stage in options]
    if not all(quick):
        return None
    costs = [np.array([choice.estimate.figures for choice in stage]) for stage in quick]
    # What is left for a layer and all before it, when those behind take their least.
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
    return _chosen(quick, origins, int(cost(totals).argmin()))


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


def _chosen(
    options: Sequence[Sequence[Choice]], origins: Sequence[np.ndarray], index: int
) -> tuple[Choice, ...]:
    """Back from a total to the choices it is the sum of."""
    chosen = []
    for stage, origin in zip(reversed(options), reversed(origins), strict=True):
        index, choice = divmod(int(origin[index]), len(stage))
        chosen.append(stage[choice])
    return tuple(reversed(chosen))

