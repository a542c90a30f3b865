"""Pipelined logic as LUT4 cells of ECP5, in Verilog: logic whose form synthesis must not change."""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hw.cores.fabric.carry import Addition, Half, cells, together
from hw.cores.mvu.split import stage


@dataclass(frozen=True)
class Bit:
    """A net, and how many LUT4 lie between it and the inputs."""

    net: str
    level: int = 0


@dataclass
class Netlist:
    """LUT4 cells with a register after the first and after every ``levels`` more.

    A bit that is used further down is delayed on the way, once for all its users. Registers have
    no reset.

    Parameters
    ----------
    levels : int
        As of `hw.cores.mvu.split.stage`.

    Attributes
    ----------
    registers : Counter
        Flip-flops, by the net that they delay.
    """

    levels: int
    _cells: list[str] = field(default_factory=list)
    _additions: dict[int, list[list[Addition]]] = field(default_factory=dict)
    _sums: int = 0
    _next: dict[str, str] = field(default_factory=dict)
    registers: Counter[str] = field(default_factory=Counter)

    def lut(self, function: Callable[..., int], *bits: Bit, level: int | None = None) -> Bit:
        """The function of up to four bits, which takes as many integers 0 or 1, one level behind
        them where no other is given."""
        level = 1 + max(bit.level for bit in bits) if level is None else level
        nets = [self.at(bit, stage(level, self.levels)) for bit in bits]
        return Bit(self.cell(table(function, len(bits)), nets), level)

    def cell(self, init: int, nets: Sequence[str]) -> str:
        """The output of a LUT4 whose inputs A, B, ... are up to four nets of one stage."""
        out = f"lut[{len(self._cells)}]"
        nets = [*map(self.reading, nets), *["1'b0"] * (4 - len(nets))]
        inputs = zip("ABCD", nets, strict=True)
        pins = ", ".join(f".{pin}({net})" for pin, net in inputs)
        name = f"cell{len(self._cells)}"
        self._cells.append(f"LUT4 #(.INIT(16'h{init:04x})) {name} ({pins}, .Z({out}));")
        return out

    def addition(
        self, level: int, first: Half, halves: Sequence[Half], *,
        carry: bool = True, beside: int = 0,
    ) -> list[Bit]:
        """The sums of an `Addition` at a level, and its last carry where that is read. It shares a
        row with others: with none that one of them waits for in the same cycle, and for certain
        with those of the last ``beside`` groups, with which it is one."""
        nets = [f"sum[{self._sums + k}]" for k in range(len(halves) + carry)]
        self._sums += len(nets)
        begin, *read = ((init, [*map(self.reading, pins)]) for init, pins in (first, *halves))
        placed = [(*half, out) for half, out in zip(read, nets, strict=False)]
        last = nets[-1] if carry else ""
        among = self._additions.setdefault(level % self.levels, [])
        group = [each for those in among[len(among) - beside :] for each in those]
        among[len(among) - beside :] = [[*group, Addition(first=begin, halves=placed, carry=last)]]
        return [Bit(net, level) for net in nets]

    def at(self, bit: Bit, later: int) -> str:
        """The net of a bit in the stage that comes after so many registers."""
        return self.later(bit.net, later - (stage(bit.level, self.levels) if bit.level else 0))

    def later(self, net: str, registers: int) -> str:
        """The net of a bit after so many more registers."""
        given = net
        for _ in range(registers):
            if net not in self._next:
                self._next[net] = f"later[{len(self._next)}]"
                self.registers[given] += 1
            net = self._next[net]
        return net

    def reading(self, net: str) -> str:
        """The net that one more cell reads for a net: itself, but where registers are copied."""
        return net

    def _copies(self) -> list[str]:
        """Lines of the registers that are copied."""
        return []

    def module(
        self, name: str, inputs: Mapping[str, int], outputs: Mapping[str, Sequence[str]]
    ) -> str:
        """The Verilog text of a module with a port clk beside those given.

        Parameters
        ----------
        inputs
            Widths by name; the nets of bits are ``name[k]``.
        outputs
            Nets by name, the low bit first.
        """
        ports = ["input clk"]
        ports += [f"input [{width - 1}:0] {port}" for port, width in inputs.items()]
        ports += [f"output [{len(nets) - 1}:0] {port}" for port, nets in outputs.items()]
        lines = [f"module {name}({', '.join(ports)});"]
        lines += [f"  wire [{max(len(self._cells), 1) - 1}:0] lut;"]
        lines += [f"  {cell}" for cell in self._cells]
        if self._sums:
            lines += [f"  wire [{self._sums - 1}:0] sum;"]
        for place, groups in self._additions.items():
            for number, halves in enumerate(together(groups)):
                lines += cells(f"row{place}_{number}", halves)
        if self._next:
            lines += [f"  reg [{len(self._next) - 1}:0] later;"]
            steps = [f"{later} <= {self.reading(net)};" for net, later in self._next.items()]
            lines += [f"  always @(posedge clk) begin {' '.join(steps)} end", *self._copies()]
        for port, nets in outputs.items():
            lines.append(f"  assign {port} = {{{', '.join(reversed(nets))}}};")
        return "\n".join([*lines, "endmodule", ""])


def table(function: Callable[..., int], inputs: int) -> int:
    """INIT of a LUT4 whose inputs A, B, ... are the function's; those beyond change nothing."""
    values = itertools.product((0, 1), repeat=4)  # the last one changes fastest, as A does
    return sum(
        (function(*each[::-1][:inputs]) & 1) << address for address, each in enumerate(values)
    )
