"""A board that was opened by its name and port, real or simulated: images in, scores out."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np

from boards import SIMULATED
from boards.board import Board
from boards.built import Built
from boards.catalogue import board as find_board
from boards.driver import Driver, open_port
from boards.outcome import Outcome, classify, holds
from boards.protocol import Info
from hw.network.archive import digest
from model.progress import Told
from model.refusal import Refusal

SLOW = 120.0
"""Seconds without an answer after which requests are sent to a simulated board again."""


class Opened:
    """An open board, which knows its network; ``with`` closes it, and so does `close`.

    Parameters
    ----------
    board : name of a board, such as "ulx3s".
    port : its serial port, such as "/dev/ttyUSB0"; "sim" simulates the board of ``build``.
    build : the folder that hw.build wrote. A board that holds another network is refused.

    Attributes
    ----------
    board : the `boards.board.Board`.
    info : what the board says of its network.
    names : names of its classes; without ``build`` their numbers.

    Raises
    ------
    Refusal
        There is no such board, port or build folder, the build is of another board, or the board
        holds another network than the build's.
    boards.driver.LinkError
        The board does not answer, or not in this version of the protocol; or the simulator of
        "sim" does not start.
    """

    def __init__(self, board: str, port: str, build: str | Path | None = None) -> None:
        self.board: Board = find_board(board)
        built = None if build is None else Built(Path(build))
        if built and built.board.name != self.board.name:
            raise Refusal(f"{built.folder}: a build for the board {built.board.name}, not for the"
                          f" {self.board.name}; give the folder of another build")
        with ExitStack() as opening:
            driver = opening.enter_context(
                connected(self.board, port, lambda: _simulated(built)))
            self.info: Info = driver.info()
            self.names = tuple(built.network.classes if built else
                               map(str, range(self.info.classes)))
            if built:
                _check_network(self.info, built)
            self._driver: Driver | None = driver
            self._open = opening.pop_all()

    def classify(self, images: np.ndarray, told: Told | None = None) -> Outcome:
        """The classes and scores of images, by the board.

        Parameters
        ----------
        images : uint8 (N, channels, height, width), or a single one (channels, height, width).
        told : called with "classifying", the number of answers so far and N; a
            `model.progress.Progress` shows that as a bar.

        Returns
        -------
        Outcome
            Its ``classes`` are int64 (N,) and its ``scores`` int64 (N, classes), N = 1 for a single
            image; which line faults were recovered from is in its ``recoveries``.

        Raises
        ------
        Refusal
            The images are of another type or shape.
        boards.driver.LinkError
            The board stopped answering, or contradicts itself. Broken frames alone cost time only.
        ValueError
            The board was closed.
        """
        if self._driver is None:
            raise ValueError("this board was closed")
        given = np.asarray(images)
        if given.dtype != np.uint8 or given.ndim not in (3, 4) or not len(given):
            raise Refusal(f"images: {given.dtype} {given.shape}, expected at least one as uint8"
                          " (N, channels, height, width), or a single (channels, height, width)")
        return classify(self._driver, given if given.ndim == 4 else given[None], told)

    def close(self) -> None:
        """Close the port, and end the simulator; once more does nothing."""
        self._driver = None
        self._open.close()

    def __enter__(self) -> "Opened":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._driver = None
        self._open.__exit__(kind, error, trace)


@contextmanager
def connected(
    board: Board, port: str, simulated: Callable[[], AbstractContextManager[str]]
) -> Iterator[Driver]:
    """A driver of the board at a port; where that is "sim", at the port that ``simulated`` gives.

    Raises
    ------
    Refusal, LinkError
        The port cannot be opened; the simulator does not start.
    """
    if port != SIMULATED:
        with open_port(port, board.baud) as line:
            yield Driver(line, baud=board.baud)
        return
    with simulated() as path, open_port(path, board.baud) as line:
        yield Driver(line, timeout=SLOW)


def _simulated(built: Built | None) -> AbstractContextManager[str]:
    if built is None:
        raise Refusal(f'port "{SIMULATED}" needs a build folder, whose board it simulates')
    from sim.simulated_board import planned_port  # a real board needs no simulator

    return planned_port(built.plan)


def _check_network(info: Info, built: Built) -> None:
    wanted = digest(built.network)
    if not holds(info, wanted):
        raise Refusal(f"the board holds network {info.digest.hex()}, and {built.folder} is of"
                      f" {wanted[:2 * len(info.digest)]}; load it with purelogic program"
                      f" {built.folder}")
