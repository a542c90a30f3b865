"""ECP5 by Lattice: synth_ecp5, nextpnr-ecp5, ecppack."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from boards.resources import Resources
from hw.emit.family import REST, Cells, Family, Modules, Netlist, home
from hw.emit.tools import ECPPACK, NEXTPNR


def cut_carries(netlist: Path) -> int:
    """Leave open both ends of every chain of CCU2C where nothing is passed; returns how many.

    yosys gives each chain's end a net of its own and its beginning a 0, and nextpnr spends two
    LUT4 on leading either: 422 of 8,231 LUT4 on the ends in the MNIST example. A beginning is
    free only where the first half takes no carry, as of the rows that cores name.
    """
    design = json.loads(netlist.read_text())
    cut = 0
    for module in design["modules"].values():
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
    netlist.write_text(json.dumps(design, indent=1) + "\n")
    return cut


def name_open_carries(modules: Modules) -> None:
    """Give the ends of carry chains that are open the constant x, as nextpnr wants it: it takes
    that for open, and stops (0.11.1: an exception while packing carries) where a pin is missing."""
    for module in modules.values():
        for cell in module["cells"].values():
            if cell["type"] == "CCU2C":
                for pin in ("CIN", "COUT"):
                    cell["connections"].setdefault(pin, ["x"])


def _takes_no_carry(cell: Mapping[str, Any]) -> bool:
    """Whether the first half of a carry cell passes none on: f = 0 wherever D = 1, as D is."""
    named = cell["connections"].get("D0") == ["1"]
    return named and int(cell["parameters"]["INIT0"], 2) < 1 << 8


def resources(cells: Cells) -> Resources:
    """LUT4, flip-flops and 18 kbit blocks of a synthesised part: a carry cell is two LUT4, and a
    distributed RAM of 16 x 4 takes four of them and two more for its write port."""
    return Resources(
        lut=cells.get("LUT4", 0) + 2 * cells.get("CCU2C", 0) + 6 * cells.get("TRELLIS_DPR16X4", 0),
        ff=cells.get("TRELLIS_FF", 0),
        ebr=cells.get("DP16KD", 0),
    )


def _mapped(cells: Netlist) -> Resources:
    return resources(Counter(cell["type"] for cell in cells.values()))


def count(cells: Netlist, keep: Sequence[str]) -> dict[str, Resources]:
    """Placed cells per kept module.

    A cell that nextpnr put at an end of a carry chain has no path and goes with its chain.
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
    """The kept module of every carry cell of nextpnr's own, by the carry it shares."""
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


ECP5 = Family(
    name="ecp5",
    # Wide LUTs are off: with them popcount logic more than doubles.
    synthesis=("synth_ecp5 -nowidelut -top top",),
    models=("ecp5/common_sim.vh", "ecp5/ccu2c_sim.vh"),
    finish=cut_carries,
    prepare=name_open_carries,
    flip_flop="TRELLIS_FF",
    mapped=_mapped,
    placer=NEXTPNR,
    packer=ECPPACK,
    constraints="top.lpf",
    configuration="top.config",
    bitstream="design.bit",
    constrain="--lpf",
    configure="--textcfg",
    pack=("--input", "top.config", "--bit", "design.bit"),
    placed=count,
    available=_available,
    # Heap, the default, pulls the cells of large designs apart: wires of CNV are of length 542,000
    # by it, of 469,000 by static. Static knows no clock, and is slower on some of the small ones.
    placing=(
        ("--placer", "static"),
        ("--placer", "heap", "--placer-heap-timingweight", "30"),
    ),
    memory=("DP16KD", ("CLK", "RST", "CS", "OCE")),
)
