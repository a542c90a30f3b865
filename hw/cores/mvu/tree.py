"""Registers with few readers each, as wires to many cells are long: trees of copies."""

from dataclasses import dataclass, field

from hw.cores.fabric.lut4 import Netlist

READERS = 24
"""Cells that read a register, at most."""


@dataclass
class Tree(Netlist):
    """A `Netlist` whose registers are copied for every `READERS` cells that read them.

    A copy reads the register before the one that it is a copy of, which may be copied as well. As
    cells that are written one after the other belong together, they have a copy in common and can
    be placed around it.
    """

    _sources: dict[str, str] = field(default_factory=dict)
    _readers: dict[str, int] = field(default_factory=dict)
    _latest: dict[str, str] = field(default_factory=dict)
    _copied: list[tuple[str, str]] = field(default_factory=list)

    def later(self, net: str, registers: int) -> str:
        for _ in range(registers):
            before, net = net, super().later(net, 1)
            self._sources[net] = before
        return net

    def reading(self, net: str) -> str:
        if net not in self._sources:
            return net
        readers = self._readers[net] = self._readers.get(net, 0) + 1
        if readers > READERS and readers % READERS == 1:
            self._latest[net] = f"copy[{len(self._copied)}]"
            self._copied.append((self._latest[net], self._sources[net]))
        return self._latest.get(net, net)

    def _copies(self) -> list[str]:
        # Without the attribute synthesis makes one register of those that are equal. What copies
        # read may be copied on the way.
        lines = [
            f"  (* keep *) always @(posedge clk) {copy} <= {self.reading(source)};"
            for copy, source in self._copied
        ]
        return [f"  reg [{len(lines) - 1}:0] copy;", *lines] if lines else []
