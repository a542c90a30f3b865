"""The slowest endpoints: the registers that bound the clock, and what would be left above it."""

from collections.abc import Sequence

from hw.emit.endpoints import FASTER, Endpoints
from hw.emit.page.blocks import Block, Table, Text
from hw.emit.page.section import Section, Told


def blocks(told: Told) -> Sequence[Block]:
    timing = told.report.timing
    if timing is None:
        return [Text(text="No endpoints: the design was not placed in this build.")]
    found = timing.endpoints
    if found is None:
        return [Text(text="No endpoints: this build has none that add up to the clock that nextpnr "
                          "reports.")]
    clocks = [f"{clock / 1e6:.1f} MHz" for clock in found.clocks]
    return [
        Text(text=_said(found)),
        Table(caption="Registers with the slowest endpoints",
              columns=("register", "layer", "pin", "slowest", "endpoints", *clocks),
              rows=[[each.name or "-", each.layer, each.pin, *each.figures]
                    for each in found.slowest]),
    ]  # fmt: skip


def _said(found: Endpoints) -> str:
    """The number of endpoints between the clock and faster ones, in a paragraph."""
    steps = [f"{count:,} at +{more} %"
             for more, count in zip(FASTER, found.holding, strict=True) if more]
    return (
        f"Of {found.count:,} endpoints, which are pins of registers and memories, "
        f"{found.holding[0]:,} hold the clock at {found.clocks[0] / 1e6:.1f} MHz; "
        f"{', '.join(steps)}. The table has the registers that come first, and how many of their "
        "endpoints hold the clock at or below a frequency."
    )


SECTION = Section(order=6, heading="Slowest endpoints", blocks=blocks)
