"""The Pareto front: what every frame rate costs, from the smallest design to the fastest."""

import json
from dataclasses import asdict, dataclass

import numpy as np
from pydantic import TypeAdapter

from boards.board import Board
from hw.network.archive import digest
from hw.network.layers import Network
from hw.plan import cycles
from hw.plan.latency import latency
from hw.plan.plan import Plan, Resources
from hw.plan.search import Search, area

ROWS = 20
"""Designs of a front: as many as a person reads, at rates equally many times apart."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One design of a front: cycles, frames/s, seconds, and the estimate of the whole design.

    ``layer`` bounds the rate, by its ``part`` as `hw.plan.cycles.parts` names it; of several the
    first.
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
    """What `Front.text` gave; ValueError for anything else."""
    return TypeAdapter(Front).validate_json(text)


def explore(
    network: Network, board: Board, variant: str | None = None, *, clock: float | None = None
) -> Front:
    """The smallest design at each of up to `ROWS` rates, anywhere on the device.

    The first is the smallest of all, the last the fastest that fits; of those between, one that
    is no smaller than a faster one is left out.

    Raises
    ------
    Refusal
        The network does not fit at any rate: what it needs against what there is.
    """
    search = Search(network, board, variant, clock=clock)
    slow, fast = search.smallest(), search.fastest()
    if slow is None or fast is None:
        raise search.refusal()
    limits = np.geomspace(fast.interval, slow.interval, ROWS)[1:-1].astype(int).tolist()
    between = [made for limit in limits if (made := search.smallest(limit))]
    device = search.device
    return Front(
        network=digest(network),
        board=board.name,
        device=device.name,
        available=Resources(lut=device.lut, ff=device.ff, ebr=device.ebr),
        clock=search.clock,
        points=tuple(map(_point, _front([fast, *between, slow]))),
    )


def _front(designs: list[Plan]) -> list[Plan]:
    """Of designs from the fastest on, those smaller than all before them; the fastest last."""
    kept: list[Plan] = []
    for made in designs:
        if not kept or area(made.estimate) < area(kept[-1].estimate):
            kept.append(made)
    return kept[::-1]


def _point(made: Plan) -> Point:
    foldings = tuple(stage.folding for stage in made.stages)
    taken = latency(made.network, foldings)
    layer, part = _bound(made)
    return Point(
        interval=made.interval,
        frames_per_second=made.frames_per_second,
        latency_cycles=taken,
        latency=taken / made.clock,
        estimate=made.estimate,
        layer=layer,
        part=part,
    )


def _bound(made: Plan) -> tuple[str, str]:
    """The first layer, and the part of it, that takes all of the interval."""
    for layer, stage in zip(cycles.products(made.network), made.stages, strict=True):
        for part, taken in cycles.parts(layer, stage.folding).items():
            if taken == made.interval:
                return stage.name, part
    raise AssertionError("the interval is that of some part")
