"""The work of boards.run: images to a board, classes and scores back and compared."""

import argparse
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from boards.board import Board
from boards.catalogue import board as find_board
from boards.driver import LinkError
from boards.opened import connected
from boards.outcome import Outcome, classify, faults
from model import arrays
from model.progress import Progress, counted
from model.refusal import Refusal, say

if TYPE_CHECKING:
    from hw.network.network import Network


def run(given: argparse.Namespace) -> int:
    """Classify as the arguments say; returns the exit status."""
    images, labels = _images(given)
    board, network = find_board(given.board), _network(given.checkpoint)
    try:
        with (
            connected(board, given.port, partial(_simulated, given, board, network)) as driver,
            Progress() as told,
        ):
            if labels is not None:
                arrays.check_labels(labels, driver.info().classes, str(given.labels))
            outcome = classify(driver, images, told)
    except LinkError as error:
        say(f"failed: {error}")
        return 1
    failed = _faults(outcome, network, images) if network else []
    if given.out:
        outcome.save(given.out)
    _show(outcome, given.port, labels, checked=network is not None and not failed)
    for fault in failed:
        say(f"failed: {fault}")
    return 1 if failed else 0


def _images(given: argparse.Namespace) -> tuple[np.ndarray, np.ndarray | None]:
    images = arrays.read(given.images)
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
        raise Refusal(
            f"{given.images}: {images.dtype} {images.shape}, expected at least one image as"
            " uint8 (N, channels, height, width)"
        )
    labels = arrays.read_labels(given.labels, len(images)) if given.labels else None
    return images, labels


def _network(checkpoint: Path | None) -> "Network | None":
    if checkpoint is None:
        return None
    # Imported only here: it takes seconds, and a real board without a checkpoint needs none of it.
    from hw.network.fold import fold
    from model.checkpoint import load

    return fold(load(checkpoint))


def _simulated(
    given: argparse.Namespace, board: Board, network: "Network | None"
) -> AbstractContextManager[str]:
    from sim.simulated_board import simulated_port

    assert network is not None, "the command line asks for a checkpoint with --port sim"
    return simulated_port(
        network, board, given.variant, fps=given.fps, fill=given.fill,
        announce=Console(stderr=True).print,
    )


def _faults(outcome: Outcome, network: "Network", images: np.ndarray) -> list[str]:
    from hw.network.archive import digest
    from hw.network.reference import Reference

    with Progress() as told:
        run = partial(Reference(network).run,
                      progress=counted(told, "scoring in integers", len(images)))
        return faults(outcome, digest(network), run, images)


def _show(outcome: Outcome, port: str, labels: np.ndarray | None, *, checked: bool) -> None:
    count, seconds = len(outcome.classes), outcome.seconds
    table = Table(title=Text(f"board at {port}"), show_header=False)
    table.add_row("network", outcome.info.digest.hex())
    table.add_row("images", str(count))
    if labels is not None:
        right = int((outcome.classes == labels).sum())
        table.add_row("accuracy", f"{right / count:.2%} ({right} of {count})")
    if checked:
        table.add_row("differ from the integer reference", f"0 of {count}")
    table.add_row("images/s, link included", f"{count / seconds:.1f}")
    table.add_row("recoveries from a broken line", str(outcome.recoveries))
    Console().print(table)
