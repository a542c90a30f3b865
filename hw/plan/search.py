"""The search: one folding per layer, so that the whole network is fast and fits the device."""

from bisect import bisect_right
from collections.abc import Sequence
from copy import copy
from functools import cache, cached_property, lru_cache, partial
from itertools import groupby

import numpy as np

from boards.board import Board, Device
from boards.catalogue import device as find_device
from boards.resources import Resources
from hw.network.network import Network
from hw.plan import entry, graph, link, unfit, wires
from hw.plan.budget import Budget, areas, require_share, usual_share
from hw.plan.choices import Choice, choices
from hw.plan.combine import Cost, Graph, Runs, cheapest_of, unbeaten_runs
from hw.plan.cost import converter_cost, surroundings
from hw.plan.memory import element_bits
from hw.plan.plan import Plan, Slots, Stage
from hw.plan.whole import Whole
from model.refusal import Refusal

RUNS = 3
"""Of how many rates what is the same for every budget is kept: it is what takes the time."""

TRIALS = 4
"""How often layers are chosen anew for what lies between them."""

WORTH = 1.25
"""So much longer an interval may be for two images in the link, which over its line is the faster:
one crosses it while the other computes."""

def plan(
    network: Network,
    board: Board,
    variant: str | None = None,
    *,
    fps: float | None = None,
    fill: float | None = None,
    clock: float | None = None,
    alone: bool = False,
) -> Plan:
    """Spread a network over a device of a board.

    Parameters
    ----------
    fps : frames per second
        The smallest design that reaches it, anywhere on the device. Without it: the fastest
        design in the share ``fill`` of the device's logic, and of those the smallest.
    fill : share of the device's LUT4 and of its flip-flops, 0 < fill <= 1
        None: `usual_share`, or what the smallest design takes where that is more.
    clock : Hz
        Of the accelerator; the board's default if None.
    alone : the accelerator is all that is asked for, so that nothing is refused for its link.

    Raises
    ------
    Refusal
        The network does not fit, or cannot be that fast: what it needs against what there is.
    """
    if fill is not None:
        require_share(fill)
    search, limit = Search(network, board, variant, clock=clock, alone=alone), None
    if fps is not None:
        limit = search.limit(fps)
        made = search.smallest(limit)
    elif fill is not None:
        search = search.within(fill)
        made = search.fastest()
    else:
        made = search.within(usual_share(search.device)).fastest() or search.smallest()
    if made is None:
        raise search.refusal(limit)
    return made


def fits(network: Network, board: Board, variant: str | None = None) -> str | None:
    """None if a network fits a whole device at some speed; otherwise what it needs and has."""
    search = Search(network, board, variant)
    return None if search.smallest() else str(search.refusal())


class Search:
    """Every folding of a network's layers that is worth building, and the best of them together.

    The smallest design is that of the least `area`. All EBR may be used, as there is nothing to
    be had for those that are left. Of designs with the rate that was asked for, that whose link
    keeps more images (`hw.plan.link`) comes first.

    Parameters
    ----------
    clock : Hz; the board's default if None.
    alone : nothing is refused for the link.
    crowded : every layer has `hw.plan.wires.few` wires.

    Raises
    ------
    Refusal
        The board has no such variant, or its link cannot say what the network is.
    """

    def __init__(
        self,
        network: Network,
        board: Board,
        variant: str | None = None,
        *,
        clock: float | None = None,
        alone: bool = False,
        crowded: bool = False,
    ) -> None:
        if not alone:
            link.require(network)
        self.network, self.board = network, board
        self._alone = alone
        self.budget = Budget(find_device(board, variant))
        self.clock = clock or board.clock
        family = self.device.family
        self._around = cache(partial(surroundings, network, family=family))
        self._runs = lru_cache(maxsize=RUNS)(self._unbeaten_runs)
        self._options = link.options(link.image_bytes(network))
        self._line = link.line_limit(network, link.byte_cycles(board, self.clock))
        if alone:
            self._line = None
        ends = zip(graph.layers(network), graph.formats(network), strict=True)
        self._whole = Whole(network, family)
        each = [cache(partial(choices, layer, formats, family=family, crowded=crowded))
                for layer, formats in ends]  # fmt: skip
        self._graphs = {
            flow: Graph(
                options=[made(beats) for made, beats in zip(each, flow.layers, strict=True)],
                makers=graph.makers(network),
                arriving=self._arriving(flow.image),
                converter_cost=partial(converter_cost, family=family),
            )
            for flow in {entry.flow(network, taken) for taken in entry.cycles(network)}
        }

    def within(self, share: float | None = None, variant: str | None = None) -> "Search":
        """The same in a share of the LUT4 and flip-flops, or on another variant of the board.

        Raises
        ------
        Refusal
            The share is none, or the board has no such variant.
        """
        found = copy(self)
        found.budget = Budget(
            self.device if variant is None else find_device(self.board, variant),
            self.budget.share if share is None else share,
        )
        found.__dict__.pop("_of_few_wires", None)
        return found

    @cached_property
    def _of_few_wires(self) -> "Search":
        """The same for a crowded device."""
        made = Search(self.network, self.board, clock=self.clock, alone=self._alone, crowded=True)
        made.budget = self.budget
        return made

    @property
    def device(self) -> Device:
        """The device that there is."""
        return self.budget.device

    @cached_property
    def limits(self) -> list[int]:
        """The cycles at which some layer may be folded otherwise, or more pixels come at once,
        from the shortest that all layers reach."""
        return sorted(self._flows)

    @cached_property
    def _flows(self) -> dict[int, entry.Flow]:
        """Pixels of all beats at each of the `limits`."""
        found = dict[int, entry.Flow]()
        passing = entry.cycles(self.network)
        for flow, behind in self._graphs.items():
            if not all(behind.options):
                continue
            least = max(min(choice.cycles for choice in stage) for stage in behind.options)
            known = {choice.cycles for stage in behind.options for choice in stage}
            found |= {each: flow for each in known.union(passing)
                      if each >= least and entry.flow(self.network, each) == flow}
        return found

    def limit(self, fps: float) -> int:
        """Cycles of a frame at a frame rate; Refusal if no folding is that fast."""
        if fps <= 0:
            raise Refusal(f"--fps {fps:g} is no frame rate; give a number above 0")
        # A rate that is the clock over whole cycles is rounded: it may be just above them.
        limit, shortest = int(self.clock / fps * (1 + 1e-12)), self.limits[0]
        if limit < shortest:
            raise unfit.rate(fps, self.clock, shortest)
        return limit

    def smallest(self, limit: int | None = None) -> Plan | None:
        """The smallest design with every layer within ``limit`` cycles, any number of them if
        None, and with as many images in its link as fit; None if none fits."""
        made = self._smallest_of_all(limit)
        return (self._of_few_wires.smallest(limit) if wires.crowded(made) else None) or made

    def _smallest_of_all(self, limit: int | None) -> Plan | None:
        """As `smallest`, however many wires it has."""
        most, *fewer = self._options
        made = self._smallest(limit, most)
        if made is not None or not self._fits_alone(limit):
            return made
        trials = (self._smallest(limit, slots) for slots in fewer)
        return next((each for each in trials if each is not None), None)

    def _fits_alone(self, limit: int | None) -> bool:
        """True if there is a design at all, whatever its link."""
        return self._fitting(limit, self._around(self._flow(limit).image)) is not None

    def _smallest(self, limit: int | None, slots: Slots) -> Plan | None:
        if not slots.count and self._line is not None:
            limit = min(limit or self._line, self._line)
        pixels = self._flow(limit).image
        chosen = self._fitting(limit, self._around(pixels, slots))
        return None if chosen is None else self._plan(chosen, pixels, slots)

    def fastest(self) -> Plan | None:
        """The smallest design of the shortest interval that fits with two images in its link, if
        that is no more than `WORTH` times the shortest of all; else of the shortest of all, with as
        many images as fit at that one. None if none fits."""
        made = self._fastest_of_all()
        return (self._of_few_wires.fastest() if wires.crowded(made) else None) or made

    def _fastest_of_all(self) -> Plan | None:
        """As `fastest`, however many wires it has."""
        two = self._fastest(self._options[0])
        if two is not None and self._smallest(int(two.interval / WORTH), link.NONE) is None:
            return two
        alike = groupby(self.limits, key=self._flow)
        if two is None and not any(self._fits_alone(max(limits)) for _, limits in alike):
            return None
        for slots in reversed(self._options):
            found = self._fastest(slots)
            if found is not None:
                return self._smallest_of_all(found.interval)
        return None

    def _fastest(self, slots: Slots) -> Plan | None:
        """With so many images in the link.

        What fits at an interval fits at all longer ones of the same beats. Others may suit a layer
        less, so that each is tried for itself.
        """
        alike = groupby(self.limits, key=self._flow)
        found = (self._fastest_of(list(limits), slots) for _, limits in alike)
        return next((each for each in found if each is not None), None)

    def _fastest_of(self, limits: list[int], slots: Slots) -> Plan | None:
        """Of some limits with the same beats."""
        if limits[-1] < self.limits[-1] and self._smallest(limits[-1], slots) is None:
            return None
        found = None
        low, high = 0, len(limits)
        while low < high:
            middle = (low + high) // 2
            trial = self._smallest(limits[middle], slots)
            if trial is None:
                low = middle + 1
            else:
                high, found = middle, trial
        return found

    def refusal(self, limit: int | None = None) -> Refusal:
        """The refusal of a network: what the combination nearest to fitting needs, without any
        image in the link, and what there is."""
        has, plenty = self.budget.resources, Resources(lut=1 << 40, ff=1 << 40, ebr=1 << 40)
        pixels = self._flow(limit).image
        around = self._around(pixels)
        chosen = self._cheapest(
            limit, around, plenty, lambda totals: (totals / has.figures).max(axis=1)
        )
        need = self._whole.total(
            self._whole.in_blocks(chosen or (), self.device), pixels
        ) + around
        if all(needed <= there for needed, there in zip(need.figures, has.figures, strict=True)):
            assert self._line is not None  # What bounds the rate of a link without an image.
            return unfit.image(need, self.budget, self.board, self.network, line=self._line)
        return unfit.network(need, self.budget, self.board, asked=limit is not None)

    def _flow(self, limit: int | None) -> entry.Flow:
        """Pixels of all beats: at the longest of the limits that is no longer."""
        number = len(self.limits) if limit is None else bisect_right(self.limits, limit)
        return self._flows[self.limits[max(number - 1, 0)]]

    def _arriving(self, pixels: int) -> int:
        """Bits of a beat that the input table makes."""
        return pixels * self.network.input_shape[0] * element_bits(self.network.inputs)

    def _unbeaten_runs(self, flow: entry.Flow, limit: int) -> Runs | None:
        return unbeaten_runs(self._graphs[flow], limit)

    def _cheapest(
        self, limit: int | None, around: Resources, budget: Resources, cost: Cost
    ) -> tuple[Choice, ...] | None:
        """As `hw.plan.combine.cheapest`, its cost that of the whole design."""
        runs = self._runs(self._flow(limit), self.limits[-1] if limit is None else limit)
        if runs is None:
            return None
        beside = np.array(around.figures)
        return cheapest_of(runs, budget, lambda totals: cost(totals + beside))

    def _fitting(self, limit: int | None, around: Resources) -> tuple[Choice, ...] | None:
        """The smallest combination that fits together with what lies between its layers, which is
        known only once they are chosen: if it is too much, as much less is left to them."""
        flow, between, has = self._flow(limit), Resources(), self.budget.resources
        for _ in range(TRIALS):
            beside = around + between
            chosen = self._cheapest(limit, beside, has - beside, areas)
            if chosen is None:
                return None
            chosen = self._whole.in_blocks(chosen, self.device)
            total = self._whole.total(chosen, flow.image)
            if all(np.array((total + around).figures) <= has.figures):
                return chosen
            more = total - sum(self._graphs[flow].estimates(chosen), Resources())
            between = Resources(**{
                name: max(getattr(between, name), getattr(more, name))
                for name in ("lut", "ff", "ebr")
            })
        return None

    def _plan(self, chosen: Sequence[Choice], pixels: int, slots: Slots) -> Plan:
        estimates = self._whole.estimates(chosen, pixels)
        stages = tuple(
            Stage(name=layer.name, folding=one.folding, cycles=one.cycles, estimate=estimate)
            for layer, one, estimate in zip(
                graph.layers(self.network), chosen, estimates, strict=True
            )
        )
        return Plan(
            network=self.network,
            board=self.board,
            device=self.device,
            clock=self.clock,
            stages=stages,
            interval=max(entry.beats(self.network, pixels), *(each.cycles for each in stages)),
            estimate=self._whole.total(chosen, pixels) + self._around(pixels, slots),
            entry=pixels,
            slots=slots,
        )
