"""The pattern hardware understands: an arch grouped into hidden layers and a head, or every reason
why it cannot be.

    hidden := (conv | dense) [max_pool] [duplicate]
              ([batch_norm] [max_pool] sign | threshold) [max_pool]
    head   := (conv | dense) [batch_norm] [global_average_pool] [flatten]      (ends at 1 x 1)

A hidden layer has one max-pool at most, before or behind the duplicate; a flatten stands before the
first dense layer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from hw.network.geometry import Geometry
from hw.network.nodes.node import BITS
from model.refusal import Refusal

Record = Mapping[str, Any]

PRODUCTS = ("conv", "dense")
TO_BITS = ("sign", "threshold")
EXACT = 1 << 24
"""float32, in which PyTorch sums, holds every integer up to this."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """The records of one product and what follows it, up to the next product.

    ``pool_first`` says that the pool reads the product's sums, before any threshold. ``pairs`` says
    that each sum has two thresholds.
    ``last`` is the name of the last record whose output has the block's values.
    """

    product: Record
    geometry: Geometry
    batch_norm: Record | None
    threshold: Record | None
    pool: Geometry | None
    pool_first: bool
    pairs: bool
    last: str

    @property
    def name(self) -> str:
        return str(self.product["name"])


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """``inputs`` are the integers the first product reads, its padding included."""

    inputs: range
    hidden: tuple[Block, ...]
    head: Block


def problems(arch: Mapping[str, Any]) -> list[str]:
    """Everything in ``arch`` that hardware does not do, each as one line with what to change."""
    return _read(arch)[1]


def pattern(arch: Mapping[str, Any]) -> Pattern:
    """Group the records of ``arch``. Raises `Refusal` with all its problems, a line each."""
    blocks, found = _read(arch)
    if found:
        title = [f"{len(found)} things hardware cannot do:"] if len(found) > 1 else []
        raise Refusal("\n".join(title + found))
    return Pattern(inputs=_inputs(arch), hidden=tuple(blocks[:-1]), head=blocks[-1])


def _read(arch: Mapping[str, Any]) -> tuple[list[Block], list[str]]:
    if branching := _branching(arch["layers"]):
        return [], [branching]
    prefix, segments = _segments(arch["layers"])
    walk = _Walk(shape=tuple(arch["input"]["shape"]), inputs=_inputs(arch))
    if not segments:
        return [], ["network: it has no conv or dense layer; add one whose sums are the scores"]
    walk.prefix(prefix)
    blocks = [walk.hidden(segment) for segment in segments[:-1]]
    return [*blocks, walk.head(segments[-1])], walk.problems


def _branching(records: Sequence[Record]) -> str | None:
    """The one thing to say of a network in which a layer reads another than the one before."""
    branches = [record["name"] for record in records
                if record["kind"] != "add" and record.get("from") is not None]
    if not branches:
        return None
    adds = [record["name"] for record in records if record["kind"] == "add"]
    behind = f", nor an add ({', '.join(adds)})" if adds else ""
    return (f"network: hardware has no branch yet ({', '.join(branches)}){behind}; train one whose"
            " layers each read the one before, such as vgg")


def _segments(records: Sequence[Record]) -> tuple[list[Record], list[list[Record]]]:
    """The records before the first product, and each product with its followers."""
    starts = [index for index, record in enumerate(records) if record["kind"] in PRODUCTS]
    bounds = [*starts, len(records)]
    return list(records[:bounds[0]]), [list(records[a:b]) for a, b in pairwise(bounds)]


def _inputs(arch: Mapping[str, Any]) -> range:
    """`BITS` if every entry of the table is +-1, otherwise the span of its entries and the pad."""
    entries = {int(entry) for channel in arch["input"]["table"] for entry in channel}
    if entries <= set(BITS):
        return BITS
    first = [record for record in arch["layers"] if record["kind"] in PRODUCTS][:1]
    pads = {record.get("pad", "none") for record in first} - {"none"}
    entries |= {0 if pad == "zero" else int(pad) for pad in pads}
    return range(min(entries), max(entries) + 1)


@dataclass
class _Walk:
    """Follows the shape of the map from record to record and notes what it meets."""

    shape: tuple[int, int, int]
    inputs: range
    flat: bool = False
    problems: list[str] = field(default_factory=list)

    def say(self, record: Record, what: str, change: str) -> None:
        self.problems.append(f"layer {record['name']!r}: {what}; {change}")

    def prefix(self, records: list[Record]) -> None:
        for record in records:
            if record["kind"] == "flatten" and record is records[-1]:
                self.flat = True
            elif not self._unsupported(record):
                self.say(record, f"{record['kind']} before the first conv or dense",
                         "move it behind one, or put what it does into the input table")

    def hidden(self, records: list[Record]) -> Block:
        product, *followers = records
        geometry = self._product(product)
        found: dict[str, Record] = {}
        pool, pool_first = None, False
        for record in followers:
            kind = record["kind"]
            if kind == "max_pool":
                self._once(record, found)
                pool, pool_first = self._pool(record), not found.keys() & {"batch_norm", *TO_BITS}
            elif kind == "batch_norm":
                self._norm(record, found)
            elif kind in TO_BITS:
                self._to_bits(record, found)
            elif kind == "flatten":
                self._flatten(record, ready=record is followers[-1])
            elif kind == "duplicate":
                self._duplicate(record, found)
            elif kind == "global_average_pool":
                self.say(record, "an average of bits is no bit", "keep it for the head, the last "
                         "conv or dense of the network")
            else:
                self._unsupported(record)
            found.setdefault(kind, record)
        if pool and "duplicate" in found:
            # Hardware pools bits, whichever of the two comes first.
            pool = replace(pool, channels=self.shape[0])
        if not found.keys() & {*TO_BITS, "relu"}:
            self.say(product, "its sums go on without a sign", "put a sign before the next "
                     "conv or dense")
        return _block(records, geometry, found, pool, pool_first)

    def head(self, records: list[Record]) -> Block:
        product, *followers = records
        geometry = self._product(product)
        found: dict[str, Record] = {}
        for record in followers:
            kind = record["kind"]
            if kind in ("batch_norm", "global_average_pool"):
                self._once(record, found)
                self.shape = self.shape if kind == "batch_norm" else (self.shape[0], 1, 1)
            elif kind == "flatten":
                self._flatten(record, ready=self.shape[1:] == (1, 1))
            elif kind in TO_BITS:
                self.say(record, "the network ends in bits, not in scores", "end with a conv or "
                         f"dense and no {kind} after it")
            elif kind == "duplicate":
                self.say(record, "duplicate after the last conv or dense", "remove it: each score "
                         "has one sum")
            elif kind == "max_pool":
                self.say(record, "max_pool after the last conv or dense", "use "
                         "global_average_pool there, or move the pool before it")
            else:
                self._unsupported(record)
            found.setdefault(kind, record)
        if self.shape[1:] != (1, 1):
            self.say(product, f"the scores end as a map of {self.shape[1]} x {self.shape[2]}",
                     "add a global_average_pool, or flatten and use dense")
        return _block(records, geometry, found, None, False)

    def _product(self, record: Record) -> Geometry:
        if record.get("weights", "binary") != "binary":
            self.say(record, "weights are real numbers", "train it with weights 'binary'")
        geometry = self._conv(record) if record["kind"] == "conv" else self._dense(record)
        bound = geometry.size * max(abs(self.inputs[0]), abs(self.inputs[-1]))
        if bound >= EXACT:
            self.say(record, f"sums reach {bound}, which float32 does not hold exactly",
                     f"keep them below {EXACT} with a smaller kernel or input table")
        self.inputs, self.flat = BITS, record["kind"] == "dense"
        self.shape = (record["out"], geometry.out_height, geometry.out_width)
        return geometry

    def _conv(self, record: Record) -> Geometry:
        if self.flat:
            self.say(record, "conv on a flat vector", "use dense, or remove the flatten")
        geometry = self._slide(record, tuple(record.get("padding", (0, 0))),
                               record.get("pad", "none"))
        if any(p >= k for p, k in zip(geometry.padding, geometry.kernel, strict=True)):
            self.say(record, f"padding {geometry.padding} lets a kernel of {geometry.kernel} "
                     "stand wholly outside the map", "pad with less than the kernel")
        return geometry

    def _dense(self, record: Record) -> Geometry:
        channels, height, width = self.shape
        if not self.flat:
            self.say(record, f"dense on a map of {channels} x {height} x {width}",
                     "put a flatten before it")
        return Geometry(channels=channels, height=height, width=width, kernel=(height, width))

    def _pool(self, record: Record) -> Geometry:
        if self.flat:
            self.say(record, "max_pool on a flat vector", "pool before the flatten")
        if any(record.get("padding", (0, 0))):
            self.say(record, "a pool with padding", "pad the conv before it instead")
        geometry = self._slide({"stride": record["kernel"], **record})
        self.shape = (self.shape[0], geometry.out_height, geometry.out_width)
        return geometry

    def _slide(self, record: Record, padding: tuple[int, ...] = (0, 0),
               pad: Any = "none") -> Geometry:
        channels, height, width = self.shape
        rows, columns = record["kernel"]
        if rows > height + 2 * padding[0] or columns > width + 2 * padding[1]:
            self.say(record, f"a kernel of {rows} x {columns} on a map of {height} x {width}",
                     "use a smaller kernel, more padding or fewer pools before it")
            # Go on with a kernel that fits, so that later layers are looked at too.
            rows, columns = min(rows, height), min(columns, width)
        down, right = record.get("stride", (1, 1))
        return Geometry(channels=channels, height=height, width=width, kernel=(rows, columns),
                        stride=(down, right), padding=(padding[0], padding[1]), pad=pad)

    def _norm(self, record: Record, found: Mapping[str, Record]) -> None:
        if before := [kind for kind in TO_BITS if kind in found and "batch_norm" not in found]:
            self.say(record, f"batch_norm after the {before[0]}", "put it between the conv or "
                     f"dense and {'the sign' if before == ['sign'] else 'a sign'}")
        else:
            self._once(record, found)

    def _to_bits(self, record: Record, found: Mapping[str, Record]) -> None:
        kind = record["kind"]
        if before := [other for other in TO_BITS if other in found and other != kind]:
            self.say(record, f"a {kind} of what {found[before[0]]['name']!r} made bits already",
                     "remove one of them")
        elif kind == "threshold" and "batch_norm" in found:
            self.say(record, f"a threshold after the batch_norm {found['batch_norm']['name']!r}",
                     "use sign there, or put the batch_norm into the threshold")
        else:
            self._once(record, found)

    def _duplicate(self, record: Record, found: Mapping[str, Record]) -> None:
        if before := found.keys() & {"batch_norm", *TO_BITS}:
            kind = min(before)
            self.say(record, f"duplicate after the {kind}", f"put it before the {kind}, where it "
                     "gives each sum two thresholds")
        elif not self._once(record, found):
            self.shape = (2 * self.shape[0], *self.shape[1:])

    def _once(self, record: Record, found: Mapping[str, Record]) -> bool:
        """True if there was one before."""
        kind = record["kind"]
        if kind in found:
            self.say(record, f"a second {kind} after {found[kind]['name']!r} and before the next "
                     "conv or dense", "remove one of them")
        return kind in found

    def _flatten(self, record: Record, *, ready: bool) -> None:
        """``ready``: the map is finished here, as bits for a dense layer or as 1 x 1 scores."""
        if not ready:
            self.say(record, "flatten in the middle of a layer", "put it directly before the "
                     "dense layer that reads it, behind sign and pool")
        self.flat = True

    def _unsupported(self, record: Record) -> bool:
        kind = record["kind"]
        if kind == "add":
            self.say(record, "hardware has no residual add yet", "remove it")
        elif kind == "relu":
            self.say(record, "hardware has no relu yet", "use sign")
        elif kind not in ("max_pool", "batch_norm", *TO_BITS, "flatten", "duplicate",
                          "global_average_pool"):
            self.say(record, f"unknown kind {kind!r}", "see model/arch.py for the kinds there are")
        else:
            return False
        return True


def _block(records: list[Record], geometry: Geometry, found: Mapping[str, Record],
           pool: Geometry | None, pool_first: bool) -> Block:
    named = [record for record in records if record["kind"] != "flatten"]
    return Block(product=records[0], geometry=geometry, batch_norm=found.get("batch_norm"),
                 threshold=found.get("threshold"), pool=pool, pool_first=pool_first,
                 pairs="duplicate" in found,
                 last=str(named[-1]["name"]))
