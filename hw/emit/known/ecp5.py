"""ECP5 by Lattice: synth_ecp5, nextpnr-ecp5, ecppack."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from boards.resources import Resources
from hw.emit import outputs
from hw.emit.family import REST, Cell, Cells, Family, Memory, Modules, Netlist, home
from hw.emit.tools import ECPPACK, NEXTPNR


def finish(modules: Modules) -> None:
    """Open the ends of carry chains, and give memories the registers behind them."""
    cut_carries(modules)
    outputs.absorb(modules)


def cut_carries(modules: Modules) -> int:
    """Disconnect the ends of CCU2C carry chains that pass nothing on; returns the number of ends.

    yosys gives the last carry of each chain a net of its own and the first one a 0, and nextpnr
    spends two LUT4 on either: 422 of 8,231 LUT4 on the last ones in the MNIST example. The first
    can be open only where the first half of the cell takes no carry, as in the rows of additions
    that cores name as cells.
    """
    cut = 0
    for module in modules.values():
        cells = module["cells"].values()
        ends: Counter[int | str] = Counter()
        for connections in (cell["connections"].values() for cell in cells):
            ends.update(bit for bits in connections for bit in bits)
        ends.update(bit for port in module["ports"].values() for bit in port["bits"])
        for cell in (cell for cell in cells if cell["type"] == "CCU2C"):
            pins = cell["connections"]
            if ends[pins["COUT"][0]] == 1:
                del pins["COUT"]
                cut += 1
            if pins["CIN"] == ["0"] and _takes_no_carry(cell) and ends[pins["S0"][0]] == 1:
                del pins["CIN"]
                cut += 1
    return cut


def name_open_carries(modules: Modules) -> None:
    """Give the open ends of carry chains the constant x, which nextpnr takes for open.

    Where a pin is missing it stops (0.11.1: an exception while packing carries).
    """
    for module in modules.values():
        for cell in module["cells"].values():
            if cell["type"] == "CCU2C":
                for pin in ("CIN", "COUT"):
                    cell["connections"].setdefault(pin, ["x"])


def _takes_no_carry(cell: Mapping[str, Any]) -> bool:
    """True if the first half of a carry cell ignores its carry: D is 1, and f = 0 wherever D = 1.
    """
    named = cell["connections"].get("D0") == ["1"]
    return named and int(cell["parameters"]["INIT0"], 2) < 1 << 8


def resources(cells: Cells) -> Resources:
    """LUT4, flip-flops and 18 kbit blocks that cells of a synthesised netlist take.

    A carry cell is two LUT4; a distributed RAM of 16 x 4 is four, and two more for its write port.
    """
    return Resources(
        lut=cells.get("LUT4", 0) + 2 * cells.get("CCU2C", 0) + 6 * cells.get("TRELLIS_DPR16X4", 0),
        ff=cells.get("TRELLIS_FF", 0),
        ebr=cells.get("DP16KD", 0),
    )


def _mapped(cells: Netlist) -> Resources:
    return resources(Counter(cell["type"] for cell in cells.values()))


def count(cells: Netlist, keep: Sequence[str]) -> dict[str, Resources]:
    """Resources that the placed cells of every kept module take, and under `REST` all others.

    A cell that nextpnr added at an end of a carry chain has no path: it counts with its chain.
    """
    kinds = {"TRELLIS_COMB": "lut", "TRELLIS_FF": "ff", "DP16KD": "ebr"}
    counts = {path: dict.fromkeys(("lut", "ff", "ebr"), 0) for path in (*keep, REST)}
    chains = _chains(cells, keep)
    for name, cell in cells.items():
        if kind := kinds.get(cell["type"]):
            end = name.partition("$CCU2_COMB")[0]
            counts[chains.get(end) or home(name, keep)][kind] += 1
    return {path: Resources(**count) for path, count in counts.items()}


def _chains(cells: Netlist, keep: Sequence[str]) -> dict[str, str]:
    """The kept module of every carry cell that nextpnr added: that of the chain it is joined to."""
    owners: dict[int | str, str] = {}
    shared = []
    for name, cell in cells.items():
        wires = [bit for port in ("FCI", "FCO") for bit in cell["connections"].get(port, [])]
        if name.startswith("$nextpnr_CCU2C"):
            shared.append((name.partition("$CCU2_COMB")[0], wires))
        else:
            owners |= dict.fromkeys(wires, home(name, keep))
    return {end: owners[wire] for end, wires in shared for wire in wires if wire in owners}


def _available(used: Mapping[str, Mapping[str, int]]) -> Resources:
    return Resources(
        lut=used["TRELLIS_COMB"]["available"],
        ff=used["TRELLIS_FF"]["available"],
        ebr=used["DP16KD"]["available"],
    )


def _instead(nets: Mapping[str, int], fresh: int) -> list[Cell]:
    """A chain of carry cells: what a memory reads is at pins A to C, what it gives at S."""
    given = [bit for pin, bit in nets.items() if pin.startswith("DO")]
    read = [*dict.fromkeys(bit for pin, bit in nets.items() if not pin.startswith(("DO", "CLK")))]
    halves = max(len(given), -(-len(read) // 3), 1)
    halves += halves % 2
    own = itertools.count(fresh)
    given += [next(own) for _ in range(halves - len(given))]
    cells: list[Cell] = []
    carry: int | str = "x"
    for low in range(0, halves, 2):
        pins: dict[str, list[Any]] = {"CIN": [carry]}
        for half in (0, 1):
            taken = [*read[low + half :: halves], "1", "1", "1"][:3]
            pins |= {f"{pin}{half}": [bit] for pin, bit in zip("ABCD", [*taken, "1"], strict=True)}
            pins[f"S{half}"] = [given[low + half]]
        carry = next(own)
        pins["COUT"] = ["x" if low + 2 == halves else carry]
        cells.append(_carry_cell(pins))
    return cells


def _carry_cell(pins: dict[str, list[Any]]) -> Cell:
    adds = f"{0x96AA:016b}"
    outputs = ("S0", "S1", "COUT")
    return {
        "type": "CCU2C", "attributes": {}, "connections": pins,
        "parameters": {"INIT0": adds, "INIT1": adds, "INJECT1_0": "NO", "INJECT1_1": "NO"},
        "port_directions": {pin: "output" if pin in outputs else "input" for pin in pins},
    }  # fmt: skip


def _empty() -> Cell:
    return {"type": "DP16KD", "attributes": {}, "parameters": {}, "connections": {},
            "port_directions": {}}  # fmt: skip


FAMILY = Family(
    name="ecp5",
    # Wide LUTs are off: with them popcount logic more than doubles.
    synthesis=("synth_ecp5 -nowidelut -top top",),
    models=("ecp5/common_sim.vh", "ecp5/ccu2c_sim.vh"),
    finish=finish,
    prepare=name_open_carries,
    flip_flop="TRELLIS_FF",
    mapped=_mapped,
    placer=NEXTPNR,
    packer=ECPPACK,
    constraints="top.lpf",
    configuration="top.config",
    bitstream="design.bit",
    constrain=("--lpf", "{}"),
    configure=("--textcfg", "{}"),
    pack=("--input", "top.config", "--bit", "design.bit"),
    placed=count,
    available=_available,
    # The default placer, heap, spreads large designs: the wires of CNV are 542,000 long with it,
    # 469,000 with static. Static ignores timing, and gives some small designs a slower clock.
    placing=(
        ("--placer", "static"),
        ("--placer", "heap", "--placer-heap-timingweight", "30"),
    ),
    memory=Memory(kind="DP16KD", instead=_instead, empty=_empty),
    again=("--no-pack", "--no-place", "--no-route"),
)
