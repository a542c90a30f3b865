"""Running sums: each starts from a value of its own and goes on with what is added."""

from itertools import pairwise

from amaranth import Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from boards.resources import Resources
from hw.cores.fabric import carry
from hw.cores.fabric.carry import Placed, begun_by
from hw.cores.fabric.lut4 import table
from hw.cores.fabric.vendor import cells, instance


class Accumulators(wiring.Component):
    """With ``add``, ``sum[k]`` becomes ``(start[k] if first else sum[k]) + count[k] + carry[k]``.

    With several ``interleaved`` there are as many sums in the place of one: what is added to is the
    sum of so many ``add`` before.

    ``add`` and ``first`` come a cycle before the rest: every sum has registers of its own for
    them, as nets to all sums reach far.

    On ECP5 one row of carry cells, a LUT4 for each bit and one for the carry: the choice of what
    is added to costs nothing, which synthesis does not find.

    Parameters
    ----------
    total, count : Shape
        Of a sum, and of what is added to it.
    sums : int
    interleaved : int

    Members
    -------
    add, first : In(1)
    start : In(data.ArrayLayout(total, sums))
    count : In(data.ArrayLayout(count, sums))
    carry : In(sums)
    sum : Out(data.ArrayLayout(total, sums))
    """

    def __init__(self, *, total: Shape, count: Shape, sums: int, interleaved: int) -> None:
        self._total, self._interleaved = total, interleaved
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
        counts = []
        for k, count in enumerate(self.count):
            counts.append(Signal(self._total, name=f"count{k}"))
            m.d.comb += counts[k].eq(count)
        place = self._cells if cells(platform).named_sums else self._plain
        place(m, platform, counts)
        return m

    def _cells(self, m: Module, platform: object, counts: list[Signal]) -> None:
        width = self._total.width
        for k, (total, count) in enumerate(zip(self.sum, counts, strict=True)):
            m.submodules[f"sum{k}"] = instance(
                platform,
                f"accumulator{width}_of{self._interleaved}",
                verilog(width, self._interleaved),
                lambda: Accumulators(
                    total=self._total, count=self._total, sums=1, interleaved=self._interleaved
                ),
                begun=("add", "first"), settling=self._interleaved,
                i_add=self.add, i_first=self.first, i_start=Value.cast(self.start[k]),
                i_count=count, i_carry=self.carry[k], o_sum=Value.cast(total),
                a_full_adder=width,
            )  # fmt: skip

    def _plain(self, m: Module, platform: object, counts: list[Signal]) -> None:
        add, first = Signal(reset_less=True), Signal(reset_less=True)
        m.d.sync += [add.eq(self.add), first.eq(self.first)]
        for k, (total, count) in enumerate(zip(self.sum, counts, strict=True)):
            kept = [
                Signal(self._total, name=f"sum{k}", reset_less=True)
                for _ in range(self._interleaved)
            ]
            m.d.comb += total.eq(kept[0])
            before = Mux(first, self.start[k], kept[-1])[: len(count)]
            # The carry comes out of a lowest bit of its own, so that one adder takes all three.
            after = Cat(1, before) + Cat(self.carry[k], count)
            with m.If(add):
                m.d.sync += kept[0].eq(after[1:])
                m.d.sync += [later.eq(one) for one, later in pairwise(kept)]


def verilog(width: int, interleaved: int = 1) -> str:
    """One sum of ``width`` bits, or several interleaved ones, as the module
    accumulator<width>_of<interleaved>.

    A half of CCU2C adds by f = A ^ (first ? start : sum), a LUT4 of A, B = first, C and D. Where
    the two bits are alike, f = 0, it carries f(A, B, 0, 0), which is A, on: Lattice FPGA-TN-02204.
    """
    adds = table(lambda a, first, kept, start: a ^ (start if first else kept), 4)
    at = (interleaved - 1) * width  # the oldest one, which is added to
    halves: list[Placed] = [begun_by("carry")]
    halves += [
        (adds, (f"count[{k}]", "begins", f"kept[{at + k}]", f"start[{k}]"), f"next[{k}]")
        for k in range(width)
    ]
    shifted = f"{{kept[{at - 1}:0], next}}" if interleaved > 1 else "next"
    bits, kept = f"[{width - 1}:0]", f"[{interleaved * width - 1}:0]"
    lines = [
        f"module accumulator{width}_of{interleaved}(input clk, input add, input first,",
        "  input carry,",
        f"  input {bits} start, input {bits} count, output {bits} sum);",
        f"  wire {bits} next;",
        f"  reg {kept} kept;",
        f"  assign sum = kept{bits};",
        "  reg adds = 0, begins = 0;",
        # Without the attribute synthesis makes one register of those of all sums.
        "  (* keep *) always @(posedge clk) adds <= add;",
        "  (* keep *) always @(posedge clk) begins <= first;",
        *carry.cells("chain", halves),
        f"  always @(posedge clk) if (adds) kept <= {shifted};",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"


def resources(
    pe: int, width: int, beats: int, passes: int, cycles: int, reuse: int = 1
) -> Resources:
    """Cost of the running sum of every output with two registers that tell it what to do, its
    loops, and what is known of a beat on its way."""
    loops = ceil_log2(reuse) + ceil_log2(beats) + ceil_log2(passes)
    each = 2 * (width // 2 + 1) if beats * passes > 1 else width
    lut, told = 18 + pe * each + 3 * loops, 2 * pe
    # Whether there is one, it is the last, and the first where there are several.
    known = (2 + (beats > 1)) * (cycles - 2)
    passing = ceil_log2(passes) * (cycles - 3)
    words = ceil_log2(beats * passes)
    return Resources(
        lut=round(lut),
        ff=reuse * pe * width + told + ceil_log2(reuse) + ceil_log2(beats) + passing + words
        + known,
    )
