"""The Pareto front: what every frame rate costs, from the smallest design to the fastest."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise

from pydantic import TypeAdapter

from boards.board import Board
from boards.resources import Resources
from hw.network.archive import digest
from hw.network.network import Network
from hw.plan import graph
from hw.plan.budget import area
from hw.plan.latency import latency
from hw.plan.plan import Plan
from hw.plan.search import Search

ROWS, TRIALS = 20, 40
"""Designs of a front, as many as a person reads, and how many are made to find them."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One design of a front: cycles, frames/s, seconds, and the estimate of the whole design.

    ``layer`` bounds the rate, by its ``part`` as `hw.plan.layers.layer.Layer.cycles`
    names it; of several the first.
    """

    interval: int
    frames_per_second: float
    latency_cycles: int
    latency: float
    estimate: Resources
    layer: str
    part: str


@dataclass(frozen=True, kw_only=True)
class Front:
    """Designs of a network on a device, each faster and larger than the one before it.

    ``network`` is the network's hash, ``clock`` is in Hz.
    """

    network: str
    board: str
    device: str
    available: Resources
    clock: float
    points: tuple[Point, ...]

    def text(self) -> str:
        """The front as JSON, which `read` takes back."""
        return json.dumps(asdict(self), indent=1) + "\n"


def read(text: str) -> Front:
    """The front that `Front.text` wrote; ValueError for any other text."""
    return TypeAdapter(Front).validate_json(text)


def explore(
    network: Network, board: Board, variant: str | None = None, *, clock: float | None = None
) -> Front:
    """The smallest designs at up to `ROWS` rates, anywhere on the device.

    The first is the smallest of all, the last the fastest that fits. Between, the widest gap is
    halved again and again, by rate and by area; a design no smaller than a faster one is left out.

    Raises
    ------
    Refusal
        The network does not fit at any rate: what it needs against what there is.
    """
    search = Search(network, board, variant, clock=clock)
    slow = search.smallest()
    fast = search.fastest() if slow else None  # what fits at no rate is not searched for long
    if slow is None or fast is None:
        raise search.refusal()
    device = search.device
    return Front(
        network=digest(network),
        board=board.name,
        device=device.name,
        available=Resources(lut=device.lut, ff=device.ff, ebr=device.ebr),
        clock=search.clock,
        points=tuple(map(_point, _designs(search, fast, slow))),
    )


def _designs(search: Search, fast: Plan, slow: Plan) -> list[Plan]:
    """From the smallest to the fastest; ``made`` are those of some of the limits, by number."""
    limits = search.limits
    first = limits.index(fast.interval)
    made = {first: fast, len(limits) - 1: slow}
    while len(made) < TRIALS and len(_front(made)) < ROWS:
        gaps = [gap for gap in pairwise(sorted(made)) if _between(made, *gap)]
        if not gaps:
            break
        low, high = max(gaps, key=lambda gap: _distance(made[gap[0]], made[gap[1]], fast, slow))
        middle = search.smallest(limits[(low + high) // 2])
        assert middle is not None, "what is slower than the fastest fits"
        made[(low + high) // 2] = middle
    return _front(made)[::-1]


def _between(made: Mapping[int, Plan], low: int, high: int) -> bool:
    """True if there may be other designs between two neighbouring limits."""
    return high - low > 1 and made[low].interval != made[high].interval


def _distance(one: Plan, other: Plan, fast: Plan, slow: Plan) -> float:
    """Distance of two designs in a picture of the front that is as wide as it is high."""
    span = math.log(slow.interval / fast.interval), area(fast.estimate) - area(slow.estimate)
    return math.hypot(
        math.log(other.interval / one.interval) / span[0],
        (area(one.estimate) - area(other.estimate)) / max(span[1], 1),
    )


def _front(made: Mapping[int, Plan]) -> list[Plan]:
    """Of designs by their limits, from the fastest on, those smaller than all faster ones."""
    kept: list[Plan] = []
    for limit in sorted(made):
        if not kept or area(made[limit].estimate) < area(kept[-1].estimate):
            kept.append(made[limit])
    return kept


def _point(made: Plan) -> Point:
    taken = latency(made.network, made.foldings, made.entry)
    layer, part = bound(made)
    return Point(
        interval=made.interval,
        frames_per_second=made.frames_per_second,
        latency_cycles=taken,
        latency=taken / made.clock,
        estimate=made.estimate,
        layer=layer,
        part=part,
    )


def bound(made: Plan) -> tuple[str, str]:
    """Layer and part that take all of the interval, the first of several; or the first layer and
    ``entry``, where it is the image that takes as long to enter."""
    for layer, folding, formats in graph.folded(made.network, made.foldings):
        for part, taken in layer.cycles(folding, formats).items():
            if taken == made.interval:
                return layer.name, part
    return made.stages[0].name, "entry"
