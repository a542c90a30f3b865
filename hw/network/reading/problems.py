"""Problems: everything in an arch that hardware cannot do, each as one line with what to change."""

from collections.abc import Sequence

from hw.network.reading.pieces import Record


class Problems:
    """Lines in the order of the ``records`` that they are about."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._places = {record["name"]: place for place, record in enumerate(records)}
        self._found = dict[str, int]()

    def say(self, record: Record, what: str, change: str) -> None:
        """Note one, once however many layers run into it."""
        place = self._places[record["name"]]
        self._found.setdefault(f"layer {record['name']!r}: {what}; {change}", place)

    @property
    def lines(self) -> list[str]:
        return sorted(self._found, key=lambda line: self._found[line])
