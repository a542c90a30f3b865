"""Cost of a board's reset, serial line and link, but for the images that wait."""

from boards.board import Family
from boards.families import ECP5
from boards.resources import Resources


def resources(channels: int, family: Family = ECP5) -> Resources:
    """Cost of all that boards have around an accelerator that reads ``channels`` bytes of a pixel:
    as the board tops of `hw.design` are synthesised, less their accelerator.

    Requests wait in distributed memory, or in a block where there is none.
    """
    return Resources(
        lut=550 + 5 * (channels - 1), ff=322, ebr=0 if family.lut_memory else 1
    )
