"""The adder trees give the sum for every input, whatever the pipelining."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from amaranth import Module, Signal
from amaranth.sim import Simulator

from hw.cores.mvu.bitsum import BitSum
from hw.cores.mvu.popcount import Popcount
from hw.cores.mvu.signedsum import SignedSum


class Late:
    """Numbers a cycle later: weights come from a register, inputs before one."""

    def __init__(self) -> None:
        self._kept = 0

    def next(self, number: int) -> int:
        self._kept, late = number, self._kept
        return late


def outputs(
    dut: Any,
    inputs: Sequence[int],
    drive: Callable[[Any, int], None],
    read: Callable[[Any], Any] | None = None,
) -> list[Any]:
    """What leaves ``dut`` when the inputs enter one a cycle."""
    top, found = Module(), []
    top.submodules.dut = dut
    top.d.sync += Signal().eq(0)
    simulator = Simulator(top)
    simulator.add_clock(1e-6)

    async def bench(context: Any) -> None:
        for entering in [*inputs, *[0] * dut.latency]:
            drive(context, entering)
            found.append((read or counts)(context))
            await context.tick()

    def counts(context: Any) -> Any:
        if isinstance(dut, Popcount):
            return context.get(dut.o)
        return [context.get(dut.o[p]) for p in range(len(dut.o))]

    simulator.add_testbench(bench)
    simulator.run()
    return found[dut.latency :]


@pytest.mark.parametrize("levels", [1, 2, 3, 9])
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 7, 8, 9])
def test_popcount_counts_every_input(bits: int, levels: int) -> None:
    dut = Popcount(bits, levels)
    inputs = range(1 << bits)
    counts = outputs(dut, inputs, lambda context, value: context.set(dut.i, value))
    assert counts == [value.bit_count() for value in inputs]


@pytest.mark.parametrize(
    ("bits", "levels", "cycles"),
    [(3, 3, 1), (7, 1, 3), (31, 3, 3), (31, 8, 1), (63, 3, 3), (64, 3, 4)],
)
def test_popcount_registers_every_so_many_levels(bits: int, levels: int, cycles: int) -> None:
    assert Popcount(bits, levels).latency == cycles


@pytest.mark.parametrize("inputs", [1, 3, 4])
def test_bit_sum_counts_agreeing_bits_and_the_last_apart(inputs: int) -> None:
    dut = BitSum(outputs=2, inputs=inputs, levels=1)
    all_ones = (1 << inputs) - 1
    both = range(1 << 3 * inputs)  # the inputs, and the weights of two outputs
    late = Late()

    def drive(context: Any, value: int) -> None:
        context.set(dut.i, value & all_ones)
        context.set(dut.weights, late.next(value >> inputs))

    agreeing = [[~(value ^ value >> inputs * p) & all_ones for p in (1, 2)] for value in both]
    apart = inputs > 1
    counts = [[(bits & all_ones >> apart).bit_count() for bits in pair] for pair in agreeing]
    assert outputs(dut, both, drive) == counts
    late.next(0)
    carries = [sum((bits >> inputs - 1 & apart) << p for p, bits in enumerate(pair))
               for pair in agreeing]  # fmt: skip
    read = outputs(dut, both, drive, lambda context: context.get(dut.carry))
    assert read == carries


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("inputs", [1, 2, 3, 5])
def test_signed_sum_is_short_by_the_inverted_pairs(inputs: int, levels: int) -> None:
    dut = SignedSum(outputs=1, inputs=inputs, element=2, levels=levels)
    cases = list(itertools.product(
        itertools.product((-2, -1, 1) if inputs > 3 else (-2, -1, 0, 1), repeat=inputs),
        itertools.product((0, 1), repeat=inputs),
    ))

    late = Late()

    def drive(context: Any, case: int) -> None:
        elements, weights = cases[case]
        context.set(dut.i, sum((e & 3) << 2 * s for s, e in enumerate(elements)))
        context.set(dut.weights, late.next(sum(w << s for s, w in enumerate(weights))))

    expected = [
        [sum(e if w else -e for e, w in zip(*case, strict=True)) - case[1][::2].count(0)]
        for case in cases
    ]
    assert outputs(dut, range(len(cases)), drive) == expected
