"""Simulation of small cores in Amaranth's own simulator, which needs no compilation."""

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from amaranth import ClockDomain, Module, ResetInserter, ResetSignal, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import Out
from amaranth.sim import Simulator

Bench = Callable[[Any], Awaitable[None]]
"""Function that sets and reads ports in the simulator's context, with ``await ctx.tick()`` at the
end of each cycle."""

LONGEST = 10_000
"""Most cycles of a bench."""

PATIENCE = 200
"""Cycles without a beat after which a stream counts as stopped."""

LINGER = 12
"""Cycles after the last beat in which there must be no further one."""


class Pace(NamedTuple):
    """Stalls: the probability that a cycle has no offer, and that it is not ready; and a seed."""

    stall: float
    seed: int

    def __str__(self) -> str:
        return f"stall{self.stall:g}-seed{self.seed}"


PACES = [Pace(0.0, 1), Pace(0.3, 2), Pace(0.8, 3)]
"""Paces for tests: at full speed, mixed, and mostly waiting."""


class Passed(NamedTuple):
    """Output beats of a core, and the cycles of its input and of its output beats."""

    values: list[int]
    sent: list[int]
    received: list[int]


def simulate(
    core: wiring.Component,
    bench: Bench,
    *,
    reset: Signal | None = None,
    of_domain: bool = False,
    platform: object = None,
) -> None:
    """Run a bench to its end, while the payload rule is checked at all output streams of the core.

    Parameters
    ----------
    reset : signal that resets the core, as in `hw.design`: the boards' domain has no reset.
    of_domain : True if ``reset`` is the reset of the clock domain.
    platform : device for which the core itself is elaborated, but not its submodules.

    Raises
    ------
    AssertionError
        The bench's own; an offer that is withdrawn or changed; more cycles than `LONGEST`.
    """
    top = Module()
    # A core without a register has no clock domain of its own.
    top.domains.sync = ClockDomain("sync")
    wrapped = core if platform is None else core.elaborate(platform)
    if of_domain:
        top.d.comb += ResetSignal("sync").eq(reset)
    elif reset is not None:
        wrapped = ResetInserter(reset)(wrapped)
    top.submodules.core = wrapped
    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    for name, member in core.signature.members.items():
        shape = member.signature if member.is_signature else None
        if isinstance(shape, stream.Signature) and member.flow is Out:
            simulator.add_testbench(_watch(name, getattr(core, name), reset), background=True)
    moments = 0
    while simulator.advance():
        moments += 1
        # Two for each cycle: the clock rises and falls.
        assert moments < 2 * LONGEST, f"the bench has not ended in {LONGEST} cycles"


def cycles(
    core: wiring.Component,
    inputs: Iterable[Mapping[str, int]],
    outputs: Sequence[str],
    *,
    reset: Signal | None = None,
    platform: object = None,
) -> list[tuple[int, ...]]:
    """Values of the ``outputs`` at the end of each cycle, for the given ``inputs`` of that cycle.

    Inputs that a cycle does not have keep their value; "reset" is that of `simulate`.
    """
    rows = []

    async def bench(ctx: Any) -> None:
        for given in inputs:
            for name, value in given.items():
                port = reset if name == "reset" else Value.cast(getattr(core, name))
                ctx.set(port, value)
            rows.append(tuple(ctx.get(Value.cast(getattr(core, name))) for name in outputs))
            await ctx.tick()

    simulate(core, bench, reset=reset, platform=platform)
    return rows


def passed(
    core: wiring.Component, beats: Sequence[int], expect: int, pace: Pace = PACES[0],
    *, platform: object = None,
) -> Passed:  # fmt: skip
    """Play beats through a core with streams ``i`` and ``o``, and expect ``expect`` output beats;
    ``platform`` as of `simulate`.
    """
    chance, found = random.Random(pace.seed), Passed([], [], [])

    async def bench(ctx: Any) -> None:
        offered, moved, cycle, end = False, 0, 0, None
        while end is None or cycle <= end:
            if not offered and len(found.sent) < len(beats) and chance.random() >= pace.stall:
                offered = True
                ctx.set(Value.cast(core.i.payload), beats[len(found.sent)])
            ready = chance.random() >= pace.stall
            ctx.set(core.i.valid, offered)
            ctx.set(core.o.ready, ready)
            if offered and ctx.get(core.i.ready):
                found.sent.append(cycle)
                offered, moved = False, cycle
            if ready and ctx.get(core.o.valid):
                found.values.append(ctx.get(Value.cast(core.o.payload)))
                found.received.append(cycle)
                moved = cycle
            if end is None and len(found.values) >= expect:
                end = cycle + LINGER
            assert end is not None or cycle - moved < PATIENCE, (
                f"no beat moved for {PATIENCE} cycles: {len(found.sent)} of {len(beats)} sent, "
                f"{len(found.values)} of {expect} received"
            )
            await ctx.tick()
            cycle += 1

    simulate(core, bench, platform=platform)
    return found


def _watch(name: str, port: Any, reset: Signal | None) -> Bench:
    """A bench that checks that an offer of a stream stays unchanged until it is accepted."""

    async def watch(ctx: Any) -> None:
        offered = None
        sampled = ctx.tick().sample(
            port.valid, port.ready, Value.cast(port.payload), Signal() if reset is None else reset
        )
        async for *_, valid, ready, payload, forgets in sampled:
            assert offered is None or valid, f"stream {name}: valid fell before it was taken"
            assert offered in (None, payload), f"stream {name}: payload changed while it waited"
            offered = payload if valid and not ready and not forgets else None

    return watch

