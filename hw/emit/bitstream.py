"""The bitstream: the routed configuration, packed as the file that a board is loaded with."""

from collections.abc import Sequence
from pathlib import Path

from hw.emit.family import Family
from hw.emit.tools import run

LOG = "pack.log"


def pack(family: Family, folder: Path, options: Sequence[str] = ()) -> Path:
    """Pack the configuration into the bitstream, both named by the family; return its path.

    Raises
    ------
    Refusal, Failure
        As `hw.emit.tools.run` does.
    """
    run(family.packer, *options, *family.pack, folder=folder, log=LOG)
    return folder / family.bitstream
