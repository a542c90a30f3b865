"""Problems: everything in an arch that hardware cannot do, each as one line with what to change."""

from collections import defaultdict
from collections.abc import Sequence

from hw.network.reading.pieces import Record

NAMED = 2
"""Layers with the same problem that are each told alone, and that are named where there are more:
a residual network has a dozen batch norms that one command makes integers of."""


class Problems:
    """Lines in the order of the ``records`` that they are about."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._places = {record["name"]: place for place, record in enumerate(records)}
        self._found: dict[str, set[str]] = defaultdict(set)

    def say(self, record: Record, what: str, change: str) -> None:
        """Note one, once however many layers run into it."""
        self._found[f"{what}; {change}"].add(record["name"])

    @property
    def lines(self) -> list[str]:
        told = dict[str, int]()
        for problem, names in self._found.items():
            ordered = sorted(names, key=self._places.__getitem__)
            if len(ordered) > NAMED:
                these = ", ".join(map(repr, ordered[:NAMED]))
                line = f"layers {these} and {len(ordered) - NAMED} more: {problem}"
                told[line] = self._places[ordered[0]]
            else:
                told |= {f"layer {name!r}: {problem}": self._places[name] for name in ordered}
        return sorted(told, key=told.__getitem__)
