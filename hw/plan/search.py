"""The search: one folding per layer, so that the whole network is fast and fits the device."""

from collections.abc import Sequence

from boards.board import Board, Device
from boards.catalogue import device as find_device
from hw.network.layers import Network
from hw.plan.choices import Choice, choices
from hw.plan.cost import surroundings
from hw.plan.cycles import products
from hw.plan.joints import joints
from hw.plan.plan import Plan, Resources, Stage
from model.refusal import Refusal

Options = Sequence[Sequence[Choice]]
"""For every layer, the foldings worth considering."""

_LONGEST = 1 << 62
"""More cycles than any frame takes."""


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
        design that uses at most the share ``fill`` of the device.
    fill : share of the device's LUT4, flip-flops and EBR, 0 < fill <= 1
    clock : Hz
        Of the accelerator; the board's default if None.

    Raises
    ------
    Refusal
        The network does not fit, or cannot be that fast: what it needs against what there is.
    """
    device, clock = find_device(board, variant), clock or board.clock
    around = surroundings(network, device.family)
    options = [
        choices(layer, joint, family=device.family)
        for layer, joint in zip(products(network), joints(network), strict=True)
    ]
    share, limit = (_share(fill), _LONGEST) if fps is None else (1.0, _limit(options, fps, clock))
    budget = _budget(device, share, around)
    search = _fastest if fps is None else _smallest
    chosen = search(options, limit, budget, device)
    if chosen is None:
        raise _too_large(options, limit, device, share, around, _advice(board, device, share, fps))
    return _plan(network, board, device, clock, chosen, around)


def fits(network: Network, board: Board, variant: str | None = None) -> str | None:
    """Whether a network fits a whole device at any speed: None, or what it needs and has."""
    try:
        plan(network, board, variant, fill=1.0)
    except Refusal as refusal:
        return str(refusal)
    return None


def _plan(
    network: Network,
    board: Board,
    device: Device,
    clock: float,
    chosen: Sequence[Choice],
    around: Resources,
) -> Plan:
    stages = tuple(
        Stage(name=layer.name, folding=one.folding, cycles=one.cycles, estimate=one.estimate)
        for layer, one in zip(products(network), chosen, strict=True)
    )
    return Plan(
        network=network,
        board=board,
        device=device,
        clock=clock,
        stages=stages,
        interval=max(stage.cycles for stage in stages),
        estimate=sum((stage.estimate for stage in stages), around),
    )


def _share(fill: float) -> float:
    if not 0 < fill <= 1:
        raise Refusal(f"--fill {fill:g} is no share of a device; give more than 0 and at most 1")
    return fill


def _limit(options: Options, fps: float, clock: float) -> int:
    if fps <= 0:
        raise Refusal(f"--fps {fps:g} is no frame rate; give a number above 0")
    limit = int(clock // fps)
    slowest = max(min(choice.cycles for choice in stage) for stage in options)
    if limit < slowest:
        raise Refusal(
            f"{fps:g} frames/s at {clock / 1e6:g} MHz leave {limit} cycles a frame, but this "
            f"network takes {slowest} at any folding; lower --fps below {clock / slowest:,.0f} "
            "or raise --clock"
        )
    return limit


def _budget(device: Device, share: float, around: Resources) -> Resources:
    """What is left for the layers of a share of the device."""
    return Resources(
        lut=int(device.lut * share) - around.lut,
        ff=int(device.ff * share) - around.ff,
        ebr=device.ebr - around.ebr,
    )


def _fastest(
    options: Options, limit: int, budget: Resources, device: Device
) -> Sequence[Choice] | None:
    """Bisect for the shortest interval up to ``limit`` that a combination in the budget reaches."""
    slowest = max(min(choice.cycles for choice in stage) for stage in options)
    limits = sorted({choice.cycles for stage in options for choice in stage})
    limits = [each for each in limits if slowest <= each <= limit]
    low, high, found = 0, len(limits), None
    while low < high:
        middle = (low + high) // 2
        trial = _smallest(options, limits[middle], budget, device)
        if trial is None:
            low = middle + 1
        else:
            high, found = middle, trial
    return found


def _smallest(
    options: Options, limit: int, budget: Resources, device: Device
) -> Sequence[Choice] | None:
    """The least area with every layer within ``limit`` cycles; None if the budget is too small.

    Exact: for every count of EBR so far, the fewest cells (the scarcer of LUT4 and flip-flops).
    """
    best: dict[int, tuple[int, tuple[Choice, ...]]] = {0: (0, ())}
    for stage in options:
        step: dict[int, tuple[int, tuple[Choice, ...]]] = {}
        for choice in _front([each for each in stage if each.cycles <= limit]):
            for ebr, (cells, chosen) in best.items():
                blocks, total = ebr + choice.estimate.ebr, cells + choice.cells
                known = step.get(blocks)
                if blocks > budget.ebr or total > min(budget.lut, budget.ff):
                    continue
                if known is None or total < known[0]:
                    step[blocks] = (total, (*chosen, choice))
        best = step
    if not best:
        return None
    area = min(best, key=lambda ebr: best[ebr][0] / device.lut + ebr / device.ebr)
    return best[area][1]


def _front(stage: Sequence[Choice]) -> list[Choice]:
    """The choices that no other beats in both cells and EBR."""
    front: list[Choice] = []
    for choice in sorted(stage, key=lambda each: (each.cells, each.estimate.ebr)):
        if not front or choice.estimate.ebr < front[-1].estimate.ebr:
            front.append(choice)
    return front


def _too_large(
    options: Options, limit: int, device: Device, share: float, around: Resources, advice: str
) -> Refusal:
    """What the smallest combination within ``limit`` cycles needs, against what there is."""
    plenty = Resources(lut=1 << 40, ff=1 << 40, ebr=1 << 40)
    chosen = _smallest(options, limit, plenty, device) or ()
    need = sum((choice.estimate for choice in chosen), around)
    has = _budget(device, share, Resources())
    figures = ", ".join(
        f"{getattr(need, field):,} {unit} against {getattr(has, field):,}"
        for field, unit in (("lut", "LUT4"), ("ff", "flip-flops"), ("ebr", "EBR"))
    )
    return Refusal(f"the network does not fit: it needs about {figures} {advice}")


def _advice(board: Board, device: Device, share: float, fps: float | None) -> str:
    """Where there is more: the rest of the device, a larger variant, more time."""
    larger = [name for name, each in board.devices.items() if each.lut > device.lut]
    ways = [f"--variant {larger[0]}"] if larger else []
    if fps is not None:
        ways.append("a smaller --fps")
    elif share < 1:
        ways.append("a larger --fill")
    place = f"on {device.name}" if share == 1 else f"in {100 * share:g}% of {device.name}"
    return f"{place}; try {' or '.join(ways) or 'a smaller network'}"
