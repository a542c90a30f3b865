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
from hw.plan.layers.layer import Arriving, Layer
from hw.plan.link import NONE, buffer, image_bytes
from hw.plan.plan import Folding, Plan, Slots


def stage(
    layer: Layer,
    folding: Folding,
    formats: Formats = PIXELS,
    arriving: Arriving = (None,),
    *,
    family: Family = ECP5,
) -> Resources:
    """The cost of one layer under one folding, and of what makes its beats."""
    total = layer.cost(formats, family=family)(folding)
    return total + before(layer, folding, formats, arriving, family)


def before(
    layer: Layer, folding: Folding, formats: Formats, arriving: Arriving, family: Family = ECP5
) -> Resources:
    """The cost of what makes the beats that a layer takes from those of a vector, or of integers,
    that come."""
    taken = layer.lanes(folding, formats)
    return sum(
        (converter_cost(came * width, taken * width, family)
         for came, width in zip(arriving, layer.widths, strict=True) if came is not None),
        Resources(),
    )  # fmt: skip


def converter_cost(taken: int, given: int, family: Family = ECP5) -> Resources:
    """The cost of a skid buffer, and of beats of ``given`` bits from those of ``taken``."""
    made = skid.resources(taken, family) + converter.converted(taken, given, family)
    return packed(made, family)


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
    return packed(around + beat + _table(network, pixels), family)


def _table(network: Network, pixels: int) -> Resources:
    """The input table for ``pixels`` in a beat."""
    element = memory.element_bits(network.inputs)
    return lookup.resources(network.table.tolist(), element, pixels)


def alone(plan: Plan) -> Plan:
    """A plan without the board's clock, serial line and link, which keeps no image."""
    family, network = plan.device.family, plan.network
    board = surroundings(network, plan.entry, plan.slots, family=family)
    estimate = plan.estimate - board + packed(_table(network, plan.entry), family)
    return replace(plan, estimate=estimate, slots=NONE)


def packed(total: Resources, family: Family) -> Resources:
    """Resources of ECP5 as those of another family, of which ``lut`` are logic cells."""
    lut, ff = family.cells
    return replace(total, lut=round(lut * total.lut + ff * total.ff))
