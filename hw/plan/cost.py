"""Cost of a stage in LUT4, flip-flops and EBR before anything is synthesised."""

from dataclasses import replace

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources
from hw.cores import lookup
from hw.cores.link import cost as link
from hw.cores.stream import converter, skid
from hw.network.network import Network
from hw.plan import memory
from hw.plan.formats import PIXELS, Formats
from hw.plan.layers.layer import Layer
from hw.plan.link import NONE, buffer, image_bytes
from hw.plan.plan import Folding, Slots


def stage(
    layer: Layer,
    folding: Folding,
    formats: Formats = PIXELS,
    arriving: int | None = None,
    *,
    family: Family = ECP5,
) -> Resources:
    """The cost of one layer under one folding; ``arriving`` inputs come in a beat where it takes
    those of a vector."""
    total = layer.cost(formats, family=family)(folding)
    if not formats.takes:
        return total
    assert arriving is not None, "beats of some width"
    return total + converter_cost(arriving * layer.element, layer.takes(folding, formats), family)


def converter_cost(taken: int, given: int, family: Family = ECP5) -> Resources:
    """The cost of a skid buffer, and of beats of ``given`` bits from those of ``taken``."""
    return packed(skid.resources(taken) + converter.converted(taken, given), family)


def surroundings(
    network: Network, pixels: int = 1, slots: Slots = NONE, *, family: Family = ECP5
) -> Resources:
    """The cost that no folding changes: the input table for ``pixels`` in a beat, and the board's
    clock, serial line and link with its ``slots``."""
    channels = network.input_shape[0]
    around = link.resources(channels, family)
    around += buffer(image_bytes(network), slots, family)
    # Bytes are gathered to a beat, of which every one has a table of its own.
    beat = converter.widened(8, channels * pixels) - converter.widened(8, channels)
    element = memory.element_bits(network.inputs)
    table = lookup.resources(network.table.tolist(), element, pixels)
    return packed(around + beat + table, family)


def packed(total: Resources, family: Family) -> Resources:
    """Resources of ECP5 as those of another family, of which ``lut`` are logic cells."""
    lut, ff = family.cells
    return replace(total, lut=round(lut * total.lut + ff * total.ff))
