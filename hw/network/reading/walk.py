"""Walk: from record to record along the edges of an arch, noting pieces and problems."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hw.network.nodes.node import BITS
from hw.network.reading import maps, places
from hw.network.reading.followers import FOLLOWERS
from hw.network.reading.given import TO_BITS, Given
from hw.network.reading.integers import bounded, operand, padded, unchanged
from hw.network.reading.pieces import (
    AddPiece,
    Piece,
    ProductPiece,
    Record,
    ScoresPiece,
)
from hw.network.reading.problems import Problems

PRODUCTS = ("conv", "dense")
SUMS = "a smaller kernel or input table"


class Walk:
    """``pieces`` are those of an arch by name, in an order in which each reads earlier ones."""

    def __init__(self, arch: Mapping[str, Any]) -> None:
        records: Sequence[Record] = arch["layers"]
        self.problems = Problems(records)
        self.pieces: dict[str, Piece] = {}
        last = Given(shape=tuple(arch["input"]["shape"]), maker=None, values=entered(arch))
        given, readers = dict[str, Given](), _readers(records)
        for record in records:
            name, named = record["name"], record.get("from")
            read = [last] if named is None or record["kind"] == "add" else []
            last = self._step(record, *read, *([given[named]] if named is not None else []))
            if readers[name] > 1:
                last = replace(last, forks=last.forks | {name})
            given[name] = last
        for record in records[:-1]:
            if not readers[record["name"]]:
                self.problems.say(record, "nothing reads it", "remove it, or add it to what is "
                                  "read")
        self._end(last)

    def _step(self, record: Record, *given: Given) -> Given:
        kind, say = record["kind"], self.problems.say
        if kind in PRODUCTS:
            return self._product(record, *given)
        if kind == "relu":
            say(record, "hardware has no relu yet", "use sign")
        elif kind not in (*FOLLOWERS, *maps.MAPS, "add"):
            say(record, f"unknown kind {kind!r}", "see model/arch.py for the kinds there are")
        elif kind != "flatten" and any(each.maker is None for each in given):
            say(record, f"{kind} before the first conv or dense", "move it behind one, or put what "
                "it does into the input table")
        elif kind in FOLLOWERS:
            return FOLLOWERS[kind](record, given[0], self.problems)
        else:
            return (self._map if kind in maps.MAPS else self._add)(record, *given)
        return replace(given[0], known=False)

    def _product(self, record: Record, given: Given) -> Given:
        if record.get("weights") == "real":
            self.problems.say(record, "weights are real numbers", "train it with weights 'binary', "
                              "or run python -m model.quantise, which makes integers of them")
        place = places.conv if record["kind"] == "conv" else places.dense
        geometry = place(record, given, self.problems)
        shape = record["out"], geometry.out_height, geometry.out_width
        averaged = bool(given.over) and (geometry.kernel, geometry.pad) == ((1, 1), "none")
        inputs = operand(record, given, self.problems, geometry.pad, averaged=averaged)
        bound = geometry.size * max(abs(inputs[0]), abs(inputs[-1]))
        if record.get("weights") == "integer":
            bound <<= record["weight_bits"] - 1
        made = Given(shape=shape, maker=record, last=str(record["name"]),
                     values=bounded(record, bound, SUMS, self.problems),
                     flat=record if record["kind"] == "dense" else None)
        if given.over and averaged:
            # The average of the sums is the sum of the averages.
            _, height, width = given.over
            geometry = replace(geometry, height=height, width=width, stride=(1, 1))
            average = {"global_average_pool": given.behind["global_average_pool"]}
            made = replace(made, behind=average, over=(record["out"], height, width))
        self._note(ProductPiece(name=made.last, sources=(self._source(given),), record=record,
                                geometry=geometry, averaged=averaged))
        return made

    def _map(self, record: Record, given: Given) -> Given:
        values = self._integers(record, given, "put it before the sign")
        piece, shape, made = maps.read(record, given.source, given.shape, values, self.problems)
        self._note(piece)
        return replace(self._made(record, given, made), shape=shape)

    def _add(self, record: Record, *given: Given) -> Given:
        read = [self._integers(record, each, "add what stands before the sign") for each in given]
        self._note(AddPiece(name=record["name"], sources=tuple(each.source for each in given)))
        low, high = (sum(values[end] for values in read) for end in (0, -1))
        bounded(record, max(-low, high), "affines of fewer bits", self.problems)
        return self._made(record, given[0], range(low, high + 1))

    def _integers(self, record: Record, given: Given, change: str) -> range:
        """What a map of integers may hold; one of others is noted, and taken for small ones."""
        if given.bits:
            self.problems.say(record, f"{record['kind']} of the bits of {given.last!r}", change)
        elif unchanged(given, self.problems):
            return given.as_map(self.problems).values
        return BITS

    def _made(self, record: Record, given: Given, values: range) -> Given:
        return Given(shape=given.shape, maker=record, last=str(record["name"]), values=values,
                     flat=given.flat, known=given.known)

    def _source(self, given: Given) -> str:
        """The piece that a product reads: bits become one by this."""
        if not given.bits:
            return given.source
        self._note(given.piece())
        return given.last

    def _note(self, piece: Piece) -> None:
        self.pieces.setdefault(piece.name, piece)

    def _end(self, given: Given) -> None:
        """The scores."""
        if given.maker is None:
            return
        behind, say = given.behind, self.problems.say
        if given.bits:
            record = next(behind[kind] for kind in TO_BITS if kind in behind)
            say(record, "the network ends in bits, not in scores", "end with a conv or dense and "
                f"no {record['kind']} after it")
        if "duplicate" in behind:
            say(behind["duplicate"], "duplicate after the last conv or dense", "remove it: each "
                "score has one sum")
        if "max_pool" in behind:
            say(behind["max_pool"], "max_pool after the last conv or dense", "use "
                "global_average_pool there, or move the pool before it")
        if not given.single:
            _, height, width = given.shape
            say(given.maker, f"the scores end as a map of {height} x {width}", "add a "
                "global_average_pool, or flatten and use dense")
        self._note(ScoresPiece(name=given.source + ".scores", sources=(given.source,),
                               shape=given.over or given.shape,
                               batch_norm=behind.get("batch_norm")))


def _readers(records: Sequence[Record]) -> Counter[str]:
    """How often the output of a record is read."""
    before = [None, *(record["name"] for record in records)]
    return Counter(
        name for last, record in zip(before, records, strict=False)
        for name in (record.get("from"), last if record["kind"] == "add"
                     or record.get("from") is None else None) if name is not None)


def entered(arch: Mapping[str, Any]) -> range:
    """`BITS` if every entry of the table is +-1, otherwise the span of its entries and the pad."""
    entries = {int(entry) for channel in arch["input"]["table"] for entry in channel}
    if entries <= set(BITS):
        return BITS
    first = [record for record in arch["layers"] if record["kind"] in PRODUCTS][:1]
    values = range(min(entries), max(entries) + 1)
    return padded(values, first[0].get("pad", "none")) if first else values
