"""Given: what a record gives, as a map of integers, or of the image, and what was done to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hw.network.geometry import Geometry
from hw.network.nodes.node import IMAGE, Shape
from hw.network.reading.pieces import Record, ThresholdPiece
from hw.network.reading.problems import Problems

TO_BITS = ("sign", "threshold")


@dataclass(frozen=True, kw_only=True)
class Given:
    """The output of a record.

    Parameters
    ----------
    shape : of the output; a vector of a flattened map has the map's.
    maker : the record of the integers that it is made of, None for the image.
    values : every number that these may be.
    behind : the records between the integers and the output by kind, the first of each.
    last : name of the last record that changed anything.
    pool, pool_first : a max-pool among them, and if it stands before batch norm and threshold.
    flat : the record that made a vector of it.
    over : shape of the map that an average was taken of.
    forks : names of the records behind whose outputs several others read.
    known : False behind a record that hardware does not have.
    """

    shape: Shape
    maker: Record | None
    values: range
    behind: Mapping[str, Record] = field(default_factory=dict)
    last: str = IMAGE
    pool: Geometry | None = None
    pool_first: bool = False
    flat: Record | None = None
    over: Shape | None = None
    forks: frozenset[str] = frozenset()
    known: bool = True

    @property
    def source(self) -> str:
        """Name of the piece that makes the integers."""
        return IMAGE if self.maker is None else str(self.maker["name"])

    @property
    def bits(self) -> bool:
        return any(kind in self.behind for kind in TO_BITS)

    @property
    def single(self) -> bool:
        """True for a map of one position."""
        return self.shape[1:] == (1, 1)

    def then(self, record: Record, **changes: Any) -> "Given":
        """What a record gives that reads this."""
        kind, last = record["kind"], str(record["name"])
        behind = {**self.behind, kind: self.behind.get(kind, record)}
        return replace(self, **{"behind": behind, "last": last, **changes})

    def as_map(self, problems: Problems) -> "Given":
        """The same, to be read as a map: of a vector only a dense layer knows which channel a value
        is of, and the flatten is noted."""
        if self.flat and not self.single:
            problems.say(self.flat, "flatten in the middle of a layer", "put it directly before "
                         "the dense layer that reads it, behind sign and pool")
        return self

    def piece(self) -> ThresholdPiece:
        """Bits as a piece."""
        channels = self.shape[0]
        copies = int(self.behind["duplicate"].get("count", 2)) if "duplicate" in self.behind else 1
        return ThresholdPiece(
            name=self.last, sources=(self.source,), channels=channels // copies, copies=copies,
            batch_norm=self.behind.get("batch_norm"), threshold=self.behind.get("threshold"),
            # Hardware pools bits, on whichever side of a duplicate the pool stands.
            pool=self.pool and replace(self.pool, channels=channels), pool_first=self.pool_first)
