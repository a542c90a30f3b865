"""iCE40 by Lattice: synth_ice40, nextpnr-ice40, icepack.

Its logic cell is a LUT4, a carry and a flip-flop whose only input is the LUT4's output. ``lut``
here counts logic cells, whichever of the three are used.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from boards.resources import Resources
from hw.emit.family import REST, Family, Netlist, home
from hw.emit.tools import ICEPACK, NEXTPNR_ICE40


def mapped(cells: Netlist) -> Resources:
    """Resources that a synthesised module will take once nextpnr has packed it.

    A flip-flop behind a LUT4 that drives nothing else shares its cell; so does a carry with the
    LUT4 that has the same two inputs and the same carry.
    """
    kinds = Counter(cell["type"] for cell in cells.values())
    sinks: Counter[int | str] = Counter()
    lut, adds = {}, set()
    for cell in cells.values():
        pins = cell["connections"]
        sinks.update(bit for port, bits in pins.items() for bit in bits if port != "O")
        if cell["type"] == "SB_LUT4":
            lut[pins["O"][0]] = True
            adds.add((_pin(pins, "I1"), _pin(pins, "I2"), _pin(pins, "I3")))
    alone = 0
    for cell in cells.values():
        pins = cell["connections"]
        if cell["type"].startswith("SB_DFF"):
            data = pins["D"][0]
            alone += not (data in lut and sinks[data] == 1)
        elif cell["type"] == "SB_CARRY":
            alone += (_pin(pins, "I0"), _pin(pins, "I1"), _pin(pins, "CI")) not in adds
    return Resources(
        lut=kinds["SB_LUT4"] + alone,
        ff=sum(number for kind, number in kinds.items() if kind.startswith("SB_DFF")),
        ebr=sum(number for kind, number in kinds.items() if kind.startswith("SB_RAM40")),
    )


def _pin(pins: Mapping[str, Sequence[int | str]], name: str) -> int | str:
    return (pins.get(name) or ["x"])[0]


def count(cells: Netlist, keep: Sequence[str]) -> dict[str, Resources]:
    """Resources that the placed cells of every kept module take, and under `REST` all others.

    A cell that nextpnr added to a carry chain has no path: it counts with its chain.
    """
    counts = {path: dict.fromkeys(("lut", "ff", "ebr"), 0) for path in (*keep, REST)}
    owners: dict[int | str, str] = {}
    for name, cell in cells.items():
        if not name.startswith("$nextpnr"):
            owners |= dict.fromkeys(_carries(cell["connections"]), home(name, keep))
    for name, cell in cells.items():
        part = home(name, keep)
        if name.startswith("$nextpnr"):
            shared = (owners.get(bit) for bit in _carries(cell["connections"]))
            part = next((owner for owner in shared if owner), part)
        counts[part]["lut"] += cell["type"] == "ICESTORM_LC"
        counts[part]["ff"] += _binary(cell["parameters"].get("DFF_ENABLE", "0"))
        counts[part]["ebr"] += cell["type"] == "ICESTORM_RAM"
    return {path: Resources(**count) for path, count in counts.items()}


def _carries(pins: Mapping[str, Sequence[int | str]]) -> list[int | str]:
    return [bit for port in ("CIN", "COUT") for bit in pins.get(port, [])]


def _binary(number: object) -> int:
    """A number of nextpnr's JSON, which is a text of binary digits."""
    return int(str(number), 2)


def _available(used: Mapping[str, Mapping[str, int]]) -> Resources:
    cells = used["ICESTORM_LC"]["available"]
    return Resources(lut=cells, ff=cells, ebr=used["ICESTORM_RAM"]["available"])


FAMILY = Family(
    name="ice40",
    # The multiplier blocks take the products of the scores; nothing else uses them.
    synthesis=("synth_ice40 -device u -dsp -top top",),
    without_multipliers=("synth_ice40 -device hx -top top",),
    models=("ice40/cells_sim.v",),
    finish=None,
    prepare=None,
    flip_flop="SB_DFF",
    mapped=mapped,
    placer=NEXTPNR_ICE40,
    packer=ICEPACK,
    constraints="top.pcf",
    configuration="top.asc",
    bitstream="design.bin",
    constrain=("--pcf", "{}"),
    configure=("--asc", "{}"),
    pack=("top.asc", "design.bin"),
    placed=count,
    available=_available,
    placing=((),),
    memory=None,
    again=("--no-pack", "--no-place", "--no-route"),
)
