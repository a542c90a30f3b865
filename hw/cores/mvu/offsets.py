"""Counts plus constants, in place of running sums where a sum is a single addition."""

from collections.abc import Sequence
from functools import partial

from amaranth import Cat, Const, Module, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from boards.resources import Resources
from hw.cores.fabric import carry
from hw.cores.fabric.carry import FREE, Placed, begun_by
from hw.cores.fabric.lut4 import table
from hw.cores.fabric.vendor import cells, instance


class Offsets(wiring.Component):
    """``sum[k]`` is ``constants[k] + count[k] + carry[k]`` of the cycle before.

    On ECP5 one row of carry cells, with the constant in what each computes.

    Parameters
    ----------
    total, count : Shape
        Of a sum, and of what a constant is added to.
    constants : sequence of int

    Members
    -------
    count : In(data.ArrayLayout(count, sums))
    carry : In(sums)
    sum : Out(data.ArrayLayout(total, sums))
    """

    def __init__(self, *, total: Shape, count: Shape, constants: Sequence[int]) -> None:
        self._total, self._constants = total, constants
        super().__init__({
            "count": In(data.ArrayLayout(count, len(constants))),
            "carry": In(len(constants)),
            "sum": Out(data.ArrayLayout(total, len(constants))),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        width, named = self._total.width, cells(platform).named_sums
        for k, (total, constant) in enumerate(zip(self.sum, self._constants, strict=True)):
            count = Signal(self._total, name=f"count{k}")
            m.d.comb += count.eq(self.count[k])
            if named:
                start = constant % (1 << width)
                m.submodules[f"sum{k}"] = instance(
                    platform, f"offset{width}_{start:x}", verilog(width, start),
                    partial(
                        Offsets, total=self._total, count=self._total, constants=[constant]
                    ),
                    i_count=count, i_carry=self.carry[k], o_sum=Value.cast(total),
                    a_full_adder=width,
                )  # fmt: skip
                continue
            kept = Signal(self._total, name=f"sum{k}", reset_less=True)
            # The carry comes out of a lowest bit of its own, so that one adder takes all three.
            after = Cat(1, Const(constant, self._total)) + Cat(self.carry[k], count)
            m.d.sync += kept.eq(after[1:])
            m.d.comb += total.eq(kept)
        return m


def verilog(width: int, start: int) -> str:
    """One sum of ``width`` bits as the module offset<width>_<start in hexadecimal>."""
    halves: list[Placed] = [begun_by("carry")]
    halves += [
        (_plus(start >> k & 1), (f"count[{k}]", FREE, FREE, FREE), f"next[{k}]")
        for k in range(width)
    ]
    bits = f"[{width - 1}:0]"
    lines = [
        f"module offset{width}_{start:x}(input clk, input carry, input {bits} count,",
        f"  output reg {bits} sum);",
        f"  wire {bits} next;",
        *carry.cells("chain", halves),
        "  always @(posedge clk) sum <= next;",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"


def _plus(bit: int) -> int:
    """A half that adds a constant bit: with D = 1 it passes a carry on where they differ."""
    return table(lambda a, b, c, d: a ^ (bit & d), 4)


def resources(pe: int, width: int, cycles: int, *, decides: bool, named: bool) -> Resources:
    """Cost of `Offsets`: a row of carry cells for every output where cells are ``named``, else what
    compares with a constant; of a sum that ``decides`` only the sign is kept."""
    lut, ff = width if named else 1, 1 if decides else width
    return Resources(lut=18 + pe * lut, ff=pe * ff + 2 * (cycles - 2))
