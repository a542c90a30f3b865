"""Counts of the netlist's operators by kind, as the paper has them, before mapping to LUTs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hw.emit.tools import Failure

OPERATORS = "operators.json"
"""File of the netlist of operators: `SCRIPT` writes it, `operators` reads and deletes it."""

SCRIPT = (
    "design -push-copy", "proc", "simplemap t:$or t:$and", "opt_expr", "opt_clean",
    f"write_json {OPERATORS}", "design -pop",
)  # fmt: skip
"""yosys commands for a design that has been read: processes become operators, and OR and AND
become gates; those with a constant input are removed, and nothing else is optimised."""

KINDS = ("XNOR", "full adder", "comparator", "pool gate", "flip-flop", "memory bit")

DECIDES = MappingProxyType({"mvu": "fire", "compare": "fire", "scores": "higher"})
"""Components with comparators, and the signal of what these decide."""

ADDS = ("mvu", "scores", "affine", "add", "global_sum")
"""Components whose operators are counted."""

Gates = dict[str, int]
"""Number of gates by `KINDS`."""


def operators(folder: Path) -> dict[str, Any]:
    """The modules of the netlist that `SCRIPT` wrote in ``folder``; the file is deleted."""
    path = folder / OPERATORS
    modules: dict[str, Any] = json.loads(path.read_text())["modules"]
    path.unlink()
    return modules


def count(modules: Mapping[str, Any], keep: Sequence[str]) -> dict[str, Gates]:
    """Gates of every layer, by its instance path, from the modules of `operators`.

    An XNOR is one bit of a product. A full adder is one bit of an addition of two variables inside
    a matrix-vector unit, the head's sums, or what scales and adds integers; half adders count as
    well, those inside of multiplier blocks do not. A comparator is one bit of
    output, though it costs no more than the sign of a sum that starts from its threshold. Counters
    and comparisons of the control logic are not counted. Flip-flops are left at 0: they are counted
    in the mapped netlist.
    """
    total = {layer: dict.fromkeys(KINDS, 0) for layer in keep}
    for name, module in modules.items():
        instance = name.removeprefix("top.")
        layer = next((one for one in keep if f"{instance}.".startswith(f"{one}.")), None)
        if layer is None:
            continue
        role = instance.removeprefix(layer).strip(".").split(".")[0]
        for kind, number in _gates(module, role):
            total[layer][kind] += number
        # Sums that go on one after the other are decided elsewhere, if at all.
        sums = role == "mvu" and not modules.keys().isdisjoint(
            (f"top.{layer}.narrower", f"top.{layer}.scores")
        )
        if role in DECIDES and instance == f"{layer}.{role}" and not sums:
            total[layer]["comparator"] += len(_bits(module, DECIDES[role], instance))
        if instance == f"{layer}.pool":
            total[layer]["pool gate"] += _cone(module, _bits(module, "result", instance))
    return total


def _gates(module: dict[str, Any], role: str) -> Iterator[tuple[str, int]]:
    """Kind and number of the operators in one module; ``role`` is its component, such as "mvu".

    A cell of the device, and a module of such cells, has its numbers as attributes.
    """
    for memory in module.get("memories", {}).values():
        yield "memory bit", memory["width"] * memory["size"]
    for cell in module["cells"].values():
        for kind in KINDS:
            if number := cell.get("attributes", {}).get(kind.lower().replace(" ", "_")):
                yield kind, _binary(number)
        if role in ADDS:
            yield from _arithmetic(cell)


def _bits(module: dict[str, Any], name: str, instance: str) -> list[int | str]:
    """The nets of a signal of a module by its name; `Failure` if there is none."""
    if name not in module["netnames"]:
        raise Failure(f"module {instance} has no signal {name}, whose gates are counted")
    found: list[int | str] = module["netnames"][name]["bits"]
    return found


def _cone(module: dict[str, Any], ends: list[int | str]) -> int:
    """Number of OR and AND gates in the logic cone of some nets, back to flip-flops and ports."""
    gates = [cell for cell in module["cells"].values() if cell["type"] in ("$_OR_", "$_AND_")]
    drivers = {cell["connections"]["Y"][0]: cell["connections"] for cell in gates}
    waiting, seen = list(ends), set()
    while waiting:
        bit = waiting.pop()
        if bit in drivers and bit not in seen:
            seen.add(bit)
            waiting += [*drivers[bit]["A"], *drivers[bit]["B"]]
    return len(seen)


def _arithmetic(cell: dict[str, Any]) -> Iterator[tuple[str, int]]:
    kind, width = cell["type"], _width(cell, "Y_WIDTH")
    if kind in ("$xor", "$xnor"):
        yield "XNOR", width
    elif kind in ("$add", "$sub") and not _constant(cell):
        narrow, wide = sorted((_width(cell, "A_WIDTH"), _width(cell, "B_WIDTH")))
        # A single bit is added in the carry-in of the adder that made the other operand.
        yield "full adder", 0 if narrow == 1 < wide else min(width, wide)


def _constant(cell: dict[str, Any]) -> bool:
    """True if an operand of an adder is a constant, as in a counter."""
    operands = (cell["connections"][port] for port in ("A", "B"))
    return any(all(isinstance(bit, str) for bit in operand) for operand in operands)


def _width(cell: dict[str, Any], parameter: str) -> int:
    return _binary(cell["parameters"].get(parameter, "0"))


def _binary(number: object) -> int:
    """A number of yosys' JSON, which is a text of binary digits."""
    return int(str(number), 2)
