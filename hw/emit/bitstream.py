"""The routed configuration as the file a board is loaded with."""

from collections.abc import Sequence
from pathlib import Path

from hw.emit.place import CONFIGURATION
from hw.emit.tools import ECPPACK, run

BITSTREAM = "design.bit"
LOG = "pack.log"


def pack(folder: Path, options: Sequence[str] = ("--compress",)) -> Path:
    """Pack ``top.config`` into ``design.bit`` and return its path.

    Raises
    ------
    Refusal, Failure
        As `hw.emit.tools.run` does.
    """
    arguments = ("--input", CONFIGURATION, "--bit", BITSTREAM)
    run(ECPPACK, *options, *arguments, folder=folder, log=LOG)
    return folder / BITSTREAM
