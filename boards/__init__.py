"""Boards, and the host's side of the link to them."""

from importlib import import_module
from pathlib import Path
from typing import Any

from model.interruption import from_the_start

from_the_start()

SIMULATED = "sim"
"""Name in place of a port, which simulates a board."""


def open(board: str, port: str, build: str | Path | None = None) -> Any:
    """Open a board for images; gives the `boards.opened.Opened` of these arguments."""
    # Not by an import statement: a build's steps depend on this file and on all that it imports,
    # as `hw.flow.sources` reads them.
    return import_module(f"{__name__}.opened").Opened(board, port, build)
