"""Gowin: synth_gowin, nextpnr-himbaechel-gowin, gowin_pack.

Its logic cell is a LUT4, or a bit of an addition, and a flip-flop whose only input is the output of
either. ``lut`` here counts logic cells, whichever of the two are used.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from boards.resources import Resources
from hw.emit.family import REST, Family, Netlist, alone, chains, home
from hw.emit.tools import GOWIN_PACK, NEXTPNR_GOWIN

LOGIC = ("LUT1", "LUT2", "LUT3", "LUT4", "ALU")

MEMORY, WRITES = "RAM16SDP", 2
"""Prefix of the types of memories in LUT4, and the LUT4 that write each, which its cell stands for
once it is placed."""


def mapped(cells: Netlist) -> Resources:
    """Resources that a synthesised module will take once nextpnr has packed it.

    A flip-flop behind a LUT4 or an addition that drives nothing else shares its cell. A chain of
    additions begins in a cell of its own, and takes an even number of them.
    """
    kinds = Counter(cell["type"] for cell in cells.values())
    flip_flops = [cell for cell in cells.values() if cell["type"].startswith("DFF")]
    single = alone(
        cells, flip_flops, lambda cell, port: cell["type"] in LOGIC and port in ("F", "SUM"))
    chained = sum(length + 1 + (length + 1) % 2 for length in chains(cells, "ALU", "CIN", "COUT"))
    tables = sum(kinds[kind] for kind in LOGIC if kind != "ALU")
    memories = [cell for cell in cells.values() if cell["type"].startswith(MEMORY)]
    read = sum(len(cell["connections"]["DO"]) + WRITES for cell in memories)
    return Resources(lut=tables + chained + single + read, ff=len(flip_flops), ebr=_blocks(kinds))


def _blocks(kinds: Mapping[str, int]) -> int:
    """Block memories, which nextpnr calls otherwise than yosys, among cells by type."""
    blocks = ("SP", "SDP", "DP", "pROM", "ROM")
    names = {f"{kind}{more}" for kind in blocks for more in ("", "X9", "B", "X9B")}
    return sum(number for kind, number in kinds.items() if kind in names)


def count(cells: Netlist, keep: Sequence[str]) -> dict[str, Resources]:
    """Resources that the placed cells of every kept module take, and under `REST` all others."""
    kinds: dict[str, Counter[str]] = {path: Counter() for path in (*keep, REST)}
    for name, cell in cells.items():
        kinds[home(name, keep)][cell["type"]] += 1
    return {path: _placed(each) for path, each in kinds.items()}


def _placed(kinds: Mapping[str, int]) -> Resources:
    memories = sum(number for kind, number in kinds.items() if kind.startswith(MEMORY))
    return Resources(
        lut=sum(kinds.get(kind, 0) for kind in LOGIC) + WRITES * memories,
        ff=sum(number for kind, number in kinds.items() if kind.startswith("DFF")),
        ebr=_blocks(kinds),
    )


def _available(used: Mapping[str, Mapping[str, int]]) -> Resources:
    return Resources(
        lut=used["LUT4"]["available"],
        ff=used["DFF"]["available"],
        ebr=used["BSRAM"]["available"],
    )


FAMILY = Family(
    name="gowin",
    # Wide LUTs are off, as for ECP5; pins have their buffers, kept modules must have none.
    synthesis=("synth_gowin -nowidelut -noiopads -top top",),
    models=("gowin/cells_sim.v",),
    finish=None,
    prepare=None,
    flip_flop="DFF",
    mapped=mapped,
    placer=NEXTPNR_GOWIN,
    packer=GOWIN_PACK,
    constraints="top.cst",
    configuration="top.pnr.json",
    bitstream="design.fs",
    constrain=("--vopt", "cst={}"),
    configure=(),
    pack=("--output", "design.fs", "top.pnr.json"),
    placed=count,
    available=_available,
    placing=((),),
    memory=None,
)
