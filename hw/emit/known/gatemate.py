"""GateMate by Cologne Chip: synth_gatemate, nextpnr-himbaechel-gatemate, gmpack.

Its logic cell has two halves, each a tree of LUTs of two inputs, and a flip-flop. ``lut`` here
counts halves, whichever of the two are used; ``ebr`` counts halves of block memories.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from boards.resources import Resources
from hw.emit.family import REST, Family, Netlist, home
from hw.emit.tools import GMPACK, NEXTPNR_GATEMATE

HALVES = {"CC_LUT1": 1, "CC_LUT2": 1, "CC_L2T4": 1, "CC_MX2": 1, "CC_ADDF": 1, "CC_L2T5": 2,
          "CC_MX4": 2}  # fmt: skip
BLOCKS = {"CC_BRAM_20K": 1, "CC_BRAM_40K": 2}


def mapped(cells: Netlist) -> Resources:
    """Resources that a synthesised module will take once nextpnr has packed it.

    A flip-flop behind a tree that drives nothing else shares its half; any other takes one.
    """
    kinds = Counter(cell["type"] for cell in cells.values())
    sinks: Counter[int | str] = Counter()
    driven = set()
    for cell in cells.values():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "input":
                sinks.update(bits)
            elif cell["type"] in HALVES:
                driven.update(bits)
    behind = [cell["connections"]["D"][0] for cell in cells.values() if cell["type"] == "CC_DFF"]
    alone = sum(data not in driven or sinks[data] > 1 for data in behind)
    return Resources(
        lut=sum(halves * kinds[kind] for kind, halves in HALVES.items()) + alone,
        ff=len(behind),
        ebr=sum(halves * kinds[kind] for kind, halves in BLOCKS.items()),
    )


def count(cells: Netlist, keep: Sequence[str]) -> dict[str, Resources]:
    """Resources that the placed cells of every kept module take, and under `REST` all others."""
    kinds: dict[str, Counter[str]] = {path: Counter() for path in (*keep, REST)}
    for name, cell in cells.items():
        kinds[home(name, keep)][cell["type"]] += 1
    return {path: _placed(each) for path, each in kinds.items()}


def _placed(kinds: Mapping[str, int]) -> Resources:
    return Resources(lut=0, ff=kinds.get("CPE_FF", 0), ebr=0)


def _available(used: Mapping[str, Mapping[str, int]]) -> Resources:
    return Resources(
        lut=used["CPE_LT"]["available"],
        ff=used["CPE_FF"]["available"],
        ebr=used["RAM_HALF"]["available"],
    )


FAMILY = Family(
    name="gatemate",
    # Trees of LUTs are what nextpnr reads, and no multiplexer of eight inputs. Clock and pins have
    # their buffers, kept modules must have none. Products are sums of logic: no block makes them.
    synthesis=("synth_gatemate -luttree -nomx8 -nomult -noiopad -noclkbuf -top top",),
    models=("gatemate/cells_sim.v",),
    finish=None,
    prepare=None,
    flip_flop="CC_DFF",
    mapped=mapped,
    placer=NEXTPNR_GATEMATE,
    packer=GMPACK,
    constraints="top.ccf",
    configuration="top.config",
    bitstream="design.bit",
    constrain=("--vopt", "ccf=top.ccf"),
    configure=("--vopt", "out={}"),
    pack=("--input", "top.config", "--bit", "design.bit"),
    placed=count,
    available=_available,
    placing=((),),
    memory=None,
)
