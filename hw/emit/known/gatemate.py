"""GateMate by Cologne Chip: synth_gatemate, nextpnr-himbaechel-gatemate, gmpack.

Its logic cell has two halves, each a tree of LUTs of two inputs, and a flip-flop. ``lut`` here
counts halves, whichever of the two are used; ``ebr`` counts halves of block memories.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from boards.resources import Resources
from hw.emit.family import REST, Family, Netlist, alone, chains, home
from hw.emit.tools import GMPACK, NEXTPNR_GATEMATE

HALVES = {"CC_LUT1": 1, "CC_LUT2": 1, "CC_L2T4": 1, "CC_MX2": 1, "CC_L2T5": 2, "CC_MX4": 2}
"""Halves that a cell takes, by its type."""

ADDER = "CC_ADDF"

BLOCKS = {"CC_BRAM_20K": 1, "CC_BRAM_40K": 2}

ENTRIES = {"DI": 1, "BM": 1, "WE": 1, "EN": 1, "ADDR": 3}
"""Halves that bring a net to an input of a block memory, by the pin's name behind that of its port;
an address is brought to both halves of a block, and to each port."""

PLACED = {"CPE_LT_L": 1, "CPE_LT_U": 1, "CPE_LT_FULL": 2}
"""Halves at a place, by its kind."""


def mapped(cells: Netlist) -> Resources:
    """Resources that a synthesised module will take once nextpnr has packed it.

    A flip-flop behind a tree that drives nothing else shares its half; any other takes one. A chain
    of additions begins in a half of its own, and takes an even number of them.
    """
    kinds = Counter(cell["type"] for cell in cells.values())
    flip_flops = [cell for cell in cells.values() if cell["type"] == "CC_DFF"]
    single = alone(cells, flip_flops, lambda cell, _: cell["type"] in (*HALVES, ADDER))
    chained = sum(length + length % 2 + 1 for length in chains(cells, ADDER, "CI", "CO"))
    blocks = [cell["connections"] for cell in cells.values() if cell["type"] in BLOCKS]
    entered = sum(
        ENTRIES.get(port.partition("_")[2], 0) * isinstance(bit, int)
        for pins in blocks for port, bits in pins.items() for bit in bits
    )
    trees = sum(halves * kinds[kind] for kind, halves in HALVES.items())
    return Resources(
        lut=trees + single + chained + entered,
        ff=len(flip_flops),
        ebr=sum(halves * kinds[kind] for kind, halves in BLOCKS.items()),
    )


def count(cells: Netlist, keep: Sequence[str]) -> dict[str, Resources]:
    """Resources that the placed cells of every kept module take, and under `REST` all others."""
    counts = {path: dict.fromkeys(("lut", "ff", "ebr"), 0) for path in (*keep, REST)}
    for block in _halves(cells):
        counts[home(block, keep)]["ebr"] += 1
    for name, cell in cells.items():
        found = counts[home(name, keep)]
        place = cell["attributes"].get("NEXTPNR_BEL", "").rpartition("/")[2]
        found["lut"] += PLACED.get(place, 0)
        found["ff"] += place.startswith("CPE_FF")
    return {path: Resources(**each) for path, each in counts.items()}


def _halves(cells: Netlist) -> Iterator[str]:
    """The name of the memory that each used half of a block holds.

    nextpnr puts two memories into a block of another name: they are found by the cells at its pins,
    whose names begin with theirs.
    """
    held = {
        bit: name.rpartition("$")[0]
        for name, cell in cells.items()
        if cell["type"] in ("CPE_RAMI", "CPE_RAMO") and not name.startswith("$")
        for bits in cell["connections"].values() for bit in bits
    }  # fmt: skip
    for name, cell in cells.items():
        if cell["type"] == "RAM" and name.startswith("$"):
            nets = (bit for bits in cell["connections"].values() for bit in bits)
            yield from sorted({held[bit] for bit in nets if bit in held})
        elif cell["type"].startswith("RAM"):
            yield from [name] * (2 if cell["type"] == "RAM" else 1)


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
    constrain=("--vopt", "ccf={}"),
    configure=("--vopt", "out={}"),
    pack=("--input", "top.config", "--bit", "design.bit"),
    placed=count,
    available=_available,
    placing=((),),
    memory=None,
)
