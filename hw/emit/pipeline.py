"""Registers of a netlist of gates: their number, and the pipeline stages from input to output."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

REGISTER = "$_DFF_P_"
"""The one type of register that is allowed: rising edge, always enabled, never reset."""

GATES = frozenset(f"$_{name}_" for name in (
    "BUF", "NOT", "AND", "NAND", "OR", "NOR", "XOR", "XNOR", "ANDNOT", "ORNOT", "MUX", "NMUX",
    "AOI3", "OAI3", "AOI4", "OAI4",
))  # fmt: skip

Bit = int | str
"""A net as its number, or a constant as a text."""


class Foreign(Exception):
    """A cell that is neither a gate nor a register of the module's clock."""


@dataclass(frozen=True, kw_only=True)
class Registers:
    """The registers of a netlist.

    Parameters
    ----------
    count : number of register bits.
    stages : least and most registers on a path from an input to an output. None where a register's
        input depends on its own content.
    """

    count: int
    stages: tuple[int, int] | None


def registers(module: Mapping[str, Any], clock: str = "clk") -> Registers:
    """Count the registers of a module as ``write_json`` of yosys gives it, mapped to gates.

    Raises
    ------
    Foreign
        There is a cell of another kind, or a register with another clock.
    """
    ports = module["ports"]
    ticks = ports[clock]["bits"] if clock in ports else []
    follows: dict[Bit, list[tuple[Bit, int]]] = defaultdict(list)
    waits: dict[Bit, int] = defaultdict(int)
    count = 0
    for name, cell in module["cells"].items():
        held = cell["type"] == REGISTER
        pins = cell["connections"]
        if not held and cell["type"] not in GATES:
            raise Foreign(f"{name} is a cell of the kind {cell['type']}")
        if held and pins["C"] != ticks:
            raise Foreign(f"the register {name} is not clocked by {clock}")
        count += held
        (out,) = pins["Q" if held else "Y"]
        for pin, (bit,) in pins.items():
            if pin not in ("C", "Q", "Y") or (pin == "C" and not held):
                follows[bit].append((out, int(held)))
                waits[out] += 1
    inputs = [bit for name, port in ports.items() for bit in port["bits"]
              if port["direction"] == "input" and name != clock]  # fmt: skip
    outputs = [bit for port in ports.values() for bit in port["bits"]
               if port["direction"] == "output"]  # fmt: skip
    ways = _ways(inputs, follows, waits)
    if ways is None:
        return Registers(count=count, stages=None)
    ends = [ways[bit] for bit in outputs if bit in ways]
    if not ends:
        return Registers(count=count, stages=(0, 0))
    return Registers(
        count=count, stages=(min(low for low, _ in ends), max(high for _, high in ends))
    )


def _ways(
    inputs: Iterable[Bit],
    follows: Mapping[Bit, list[tuple[Bit, int]]],
    waits: dict[Bit, int],
) -> dict[Bit, tuple[int, int]] | None:
    """Least and most registers on the paths from inputs to every net; None if there is a loop.

    ``follows`` has, for every net, the nets that depend on it, and 1 for each behind a register;
    ``waits`` is the number of nets that a net depends on, and is counted down.
    """
    ways: dict[Bit, tuple[int, int]] = dict.fromkeys(inputs, (0, 0))
    ready = [bit for bit in {*follows, *ways} if not waits.get(bit)]
    left = sum(waits.values())
    while ready:
        bit = ready.pop()
        for out, held in follows.get(bit, ()):
            if bit in ways:
                low, high = (end + held for end in ways[bit])
                known = ways.get(out, (low, high))
                ways[out] = min(low, known[0]), max(high, known[1])
            waits[out] -= 1
            left -= 1
            if not waits[out]:
                ready.append(out)
    return None if left else ways
