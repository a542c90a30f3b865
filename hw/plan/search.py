"""The search: one folding per layer, so that the whole network is fast and fits the device."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import groupby

import numpy as np

from boards.board import Board
from boards.catalogue import device as find_device
from hw.network.layers import Network
from hw.plan import entry
from hw.plan.choices import Choice, choices
from hw.plan.combine import Chain, Cost, cheapest
from hw.plan.cost import regroup, surroundings
from hw.plan.cycles import products
from hw.plan.joints import joints
from hw.plan.memory import element_bits
from hw.plan.plan import Plan, Resources, Stage
from model.refusal import Refusal

_UNITS = ("LUT4", "flip-flops", "EBR")

def plan(
    network: Network,
    board: Board,
    variant: str | None = None,
    *,
    fps: float | None = None,
    fill: float = 0.1,
    clock: float | None = None,
) -> Plan:
    """Spread a network over a device of a board.

    Parameters
    ----------
    fps : frames per second
        The smallest design that reaches it, anywhere on the device. Without it: the fastest
        design in the share ``fill`` of the device's logic, and of those the smallest.
    fill : share of the device's LUT4 and of its flip-flops, 0 < fill <= 1
    clock : Hz
        Of the accelerator; the board's default if None.

    Raises
    ------
    Refusal
        The network does not fit, or cannot be that fast: what it needs against what there is.
    """
    search = Search(network, board, variant, share=fill if fps is None else 1.0, clock=clock)
    limit = None if fps is None else search.limit(fps)
    made = search.fastest() if limit is None else search.smallest(limit)
    if made is None:
        raise search.refusal(limit)
    return made


def fits(network: Network, board: Board, variant: str | None = None) -> str | None:
    """Whether a network fits a whole device at any speed: None, or what it needs and has."""
    search = Search(network, board, variant)
    return None if search.smallest() else str(search.refusal())


class Search:
    """Every folding of a network's layers that is worth building, and the best of them together.

    The smallest design is that of the least `area`. All EBR may be used, as there is nothing to
    be had for those that are left.

    Parameters
    ----------
    share : of the device's LUT4 and of its flip-flops; all EBR may be used.
    clock : Hz; the board's default if None.

    Raises
    ------
    Refusal
        The share is none, or the board has no such variant.
    """

    def __init__(
        self,
        network: Network,
        board: Board,
        variant: str | None = None,
        *,
        share: float = 1.0,
        clock: float | None = None,
    ) -> None:
        if not 0 < share <= 1:
            raise Refusal(
                f"--fill {share:g} is no share of the device's logic; give more than 0 and at "
                "most 1"
            )
        self.network, self.board, self.device = network, board, find_device(board, variant)
        self.clock = clock or board.clock
        self._share = share
        family = self.device.family
        self._around = cache(partial(surroundings, network, family=family))
        ends = zip(products(network), joints(network), strict=True)
        self._chain = Chain(
            options=[choices(layer, joint, family=family) for layer, joint in ends],
            arriving=self._arriving(1),
            regroup=partial(regroup, family=family),
        )

    @property
    def limits(self) -> list[int]:
        """The cycles at which some layer may be folded otherwise, or more pixels enter at once,
        from the shortest that all layers reach."""
        known = {choice.cycles for stage in self._chain.options for choice in stage}
        known |= {entry.beats(self.network, pixels) for pixels in entry.choices(self.network)}
        return sorted(each for each in known if each >= self._shortest)

    def limit(self, fps: float) -> int:
        """Cycles of a frame at a frame rate; Refusal if no folding is that fast."""
        if fps <= 0:
            raise Refusal(f"--fps {fps:g} is no frame rate; give a number above 0")
        # A rate that is the clock over whole cycles is rounded: it may be just above them.
        limit, shortest = int(self.clock / fps * (1 + 1e-12)), self._shortest
        if limit < shortest:
            raise Refusal(
                f"{fps:,.10g} frames/s at {self.clock / 1e6:g} MHz leave "
                f"{_cycles(self.clock / fps)} a frame, but this network takes {shortest:,} at any "
                f"folding; lower --fps below {self.clock / shortest:,.0f} or raise --clock"
            )
        return limit

    def smallest(self, limit: int | None = None) -> Plan | None:
        """The smallest design with every layer within ``limit`` cycles, any number of them if
        None; None if it does not fit."""
        pixels = self._entry(limit)
        chosen = self._cheapest(limit, self._has - self._around(pixels), _area)
        return None if chosen is None else self._plan(chosen, pixels)

    def fastest(self) -> Plan | None:
        """The smallest design of the shortest interval that fits; None if none does.

        What fits at an interval fits at all longer ones of the same beat. Another beat may suit
        the first layer less, so that each is tried for itself.
        """
        alike = groupby(self.limits, key=self._entry)
        found = (self._fastest(list(limits)) for _, limits in alike)
        return next((each for each in found if each is not None), None)

    def _fastest(self, limits: list[int]) -> Plan | None:
        """Of some limits with the same beat."""
        found = None
        low, high = 0, len(limits)
        while low < high:
            middle = (low + high) // 2
            trial = self.smallest(limits[middle])
            if trial is None:
                low = middle + 1
            else:
                high, found = middle, trial
        return found

    def refusal(self, limit: int | None = None) -> Refusal:
        """What the combination that is nearest to fitting needs, against what there is."""
        has, plenty = self._has, Resources(lut=1 << 40, ff=1 << 40, ebr=1 << 40)
        chosen = self._cheapest(limit, plenty, lambda totals: (totals / has.figures).max(axis=1))
        pixels = self._entry(limit)
        need = sum(self._beside(pixels).estimates(chosen or ()), self._around(pixels))
        figures = ", ".join(
            f"{needed:,} {unit} against {there:,}"
            for needed, there, unit in zip(need.figures, has.figures, _UNITS, strict=True)
        )
        return Refusal(
            f"the network does not fit: it needs about {figures} {self._place}; "
            f"try {self._advice(need, limit)}"
        )

    @property
    def _shortest(self) -> int:
        return max(min(choice.cycles for choice in stage) for stage in self._chain.options)

    def _entry(self, limit: int | None) -> int:
        """Pixels of a beat."""
        return entry.pixels(self.network, self.limits[-1] if limit is None else limit)

    def _arriving(self, pixels: int) -> int:
        """Bits of a beat that the input table makes."""
        return pixels * self.network.input_shape[0] * element_bits(self.network.products[0])

    def _beside(self, pixels: int) -> Chain:
        """The choices behind beats of so many pixels."""
        return replace(self._chain, arriving=self._arriving(pixels))

    @property
    def _has(self) -> Resources:
        return Resources(
            lut=int(self.device.lut * self._share),
            ff=int(self.device.ff * self._share),
            ebr=self.device.ebr,
        )

    @property
    def _place(self) -> str:
        """Where it does not fit."""
        if self._share == 1:
            return f"on {self.device.name}"
        return f"in {100 * self._share:g}% of the logic of {self.device.name}"

    def _cheapest(
        self, limit: int | None, budget: Resources, cost: Cost
    ) -> tuple[Choice, ...] | None:
        """As `hw.plan.combine.cheapest`, its cost that of the whole design."""
        pixels = self._entry(limit)
        around = np.array(self._around(pixels).figures)
        longest = self.limits[-1] if limit is None else limit
        chain = self._beside(pixels)
        return cheapest(chain, longest, budget, lambda totals: cost(totals + around))

    def _advice(self, need: Resources, limit: int | None) -> str:
        """Where there is more: a larger variant, more time, the rest of the device's logic."""
        larger = [name for name, one in self.board.devices.items() if one.lut > self.device.lut]
        ways = [f"--variant {larger[0]}"] if larger else []
        if limit is not None:
            ways.append("a smaller --fps")
        elif need.lut > self._has.lut or need.ff > self._has.ff:
            ways += ["a larger --fill"] if self._share < 1 else []
        return " or ".join(ways) or "a smaller network"

    def _plan(self, chosen: Sequence[Choice], pixels: int) -> Plan:
        estimates = self._beside(pixels).estimates(chosen)
        stages = tuple(
            Stage(name=layer.name, folding=one.folding, cycles=one.cycles, estimate=estimate)
            for layer, one, estimate in zip(
                products(self.network), chosen, estimates, strict=True
            )
        )
        return Plan(
            network=self.network,
            board=self.board,
            device=self.device,
            clock=self.clock,
            stages=stages,
            interval=max(entry.beats(self.network, pixels), *(each.cycles for each in stages)),
            estimate=sum((stage.estimate for stage in stages), self._around(pixels)),
            entry=pixels,
        )


def area(estimate: Resources) -> int:
    """What "smallest" means, in quarters of a logic cell, which holds a LUT4 and a flip-flop.

    The scarcer of the two takes the cells. The other, that then finds its place in them, counts
    for a quarter: it is wired as well. An EBR counts as one cell, all of an 85F as 0.25 % of its
    logic, which decides between designs that no estimate could tell apart.
    """
    return int(_area(np.array([estimate.figures]))[0])


def _cycles(count: float) -> str:
    """Cycles as people read them, also less than one."""
    return f"{int(count):,} cycles" if count >= 1 else "less than a cycle"


def _area(totals: np.ndarray) -> np.ndarray:
    """`area` of many designs, by their LUT4, flip-flops and EBR."""
    logic = totals[:, :2]
    return 4 * logic.max(axis=1) + logic.min(axis=1) + 4 * totals[:, 2]
