"""Running sums: each starts from a value of its own and goes on with what is added."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.cores.carry import FREE, Placed, cells
from hw.cores.lut4 import table
from hw.cores.vendor import instance, is_ecp5


class Accumulators(wiring.Component):
    """With ``add``, ``sum[k]`` becomes ``(start[k] if first else sum[k]) + count[k] + carry[k]``.

    ``add`` and ``first`` come a cycle before the rest: every sum has registers of its own for
    them, as nets to all sums reach far.

    On ECP5 one row of carry cells, a LUT4 for each bit and one for the carry: the choice of what
    is added to costs nothing, which synthesis does not find.

    Parameters
    ----------
    total, count : Shape
        Of a sum, and of what is added to it.
    sums : int
    constants : sequence of int
        What each sum starts from, if that is always the same and every sum is of one addition:
        then it is part of the adder, and ``add``, ``first`` and ``start`` are not read.

    Members
    -------
    add, first : In(1)
    start : In(data.ArrayLayout(total, sums))
    count : In(data.ArrayLayout(count, sums))
    carry : In(sums)
    sum : Out(data.ArrayLayout(total, sums))
    """

    def __init__(
        self, *, total: Shape, count: Shape, sums: int, constants: Sequence[int] | None = None
    ) -> None:
        self._total, self._constants = total, constants
        super().__init__({
            "add": In(1),
            "first": In(1),
            "start": In(data.ArrayLayout(total, sums)),
            "count": In(data.ArrayLayout(count, sums)),
            "carry": In(sums),
            "sum": Out(data.ArrayLayout(total, sums)),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        add, first = Signal(reset_less=True), Signal(reset_less=True)
        m.d.sync += [add.eq(self.add), first.eq(self.first)]
        for k, total in enumerate(self.sum):
            count = Signal(self._total, name=f"count{k}")
            m.d.comb += count.eq(self.count[k])
            constant = None if self._constants is None else self._constants[k]
            if is_ecp5(platform):
                name, text = verilog(len(count), constant)
                m.submodules[f"sum{k}"] = instance(
                    platform, name, text,
                    i_add=self.add, i_first=self.first, i_start=Value.cast(self.start[k]),
                    i_count=count, i_carry=self.carry[k], o_sum=Value.cast(total),
                    a_full_adder=len(count),
                )  # fmt: skip
                continue
            kept = Signal(self._total, name=f"sum{k}", reset_less=True)
            m.d.comb += total.eq(kept)
            before = Mux(first, self.start[k], kept)[: len(count)]
            if constant is not None:
                before = Const(constant, self._total)
            # The carry comes out of a lowest bit of its own, so that one adder takes all three.
            after = Cat(1, before) + Cat(self.carry[k], count)
            with m.If(add | (constant is not None)):
                m.d.sync += kept.eq(after[1:])
        return m


def verilog(width: int, constant: int | None = None) -> tuple[str, str]:
    """One sum of ``width`` bits: name and text of its module.

    A half of CCU2C adds by f = A ^ (first ? start : sum), a LUT4 of A, B = first, C and D. Where
    the two bits are alike, f = 0, it carries f(A, B, 0, 0), which is A, on: Lattice FPGA-TN-02204.
    """
    # With D = 1 it passes nothing on; f(A, 0, 0, 0) = A begins the chain.
    begins = table(lambda a, b, c, d: a & (1 - d), 4)
    halves: list[Placed] = [(begins, ("carry", FREE, FREE, FREE), "")]
    if constant is None:
        name, now = f"accumulator{width}", "if (adds) sum <= next"
        # Without the attribute synthesis makes one register of those of all sums.
        registers = [
            "  reg adds = 0, begins = 0;",
            "  (* keep *) always @(posedge clk) adds <= add;",
            "  (* keep *) always @(posedge clk) begins <= first;",
        ]
        adds = table(lambda a, first, kept, start: a ^ (start if first else kept), 4)
        halves += [
            (adds, (f"count[{k}]", "begins", f"sum[{k}]", f"start[{k}]"), f"next[{k}]")
            for k in range(width)
        ]
    else:
        name, now = f"adder{width}_{constant % (1 << width):x}", "sum <= next"
        registers = []
        halves += [
            (_plus(constant >> k & 1), (f"count[{k}]", FREE, FREE, FREE), f"next[{k}]")
            for k in range(width)
        ]
    bits = f"[{width - 1}:0]"
    lines = [
        f"module {name}(input clk, input add, input first, input carry,",
        f"  input {bits} start, input {bits} count, output reg {bits} sum);",
        f"  wire {bits} next;",
        *registers,
        *cells("chain", halves),
        f"  always @(posedge clk) {now};",
        "endmodule",
    ]
    return name, "\n".join(lines) + "\n"


def _plus(bit: int) -> int:
    """A half that adds a constant bit: with D = 1 it passes a carry on where they differ."""
    return table(lambda a, b, c, d: a ^ (bit & d), 4)
