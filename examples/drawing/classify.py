"""``python examples/drawing/classify.py``: drawn digits, from files or a folder, to a board."""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from digits import read

import boards
from boards.driver import LinkError
from boards.opened import Opened
from model.options import Parser
from model.refusal import Refusal, refusing, say

KINDS = (".png", ".jpg", ".jpeg", ".bmp")
"""Suffixes of pictures that a watched folder is looked through for."""
EVERY = 0.3
"""Seconds from one look at a watched folder to the next."""

State = tuple[int, int]
"""Time of a file's last change in ns, and its size in bytes."""


def main(argv: Sequence[str] | None = None) -> int:
    """Classify pictures; 0 if done, 1 if the board failed, 2 if a picture or option is unusable."""
    return answered(argv)


@refusing
def answered(argv: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(argv)
    if not given.pictures and not given.watch:
        raise Refusal("no pictures; give some, or --watch FOLDER")
    images = [read(path) for path in given.pictures]
    if given.watch and not given.watch.is_dir():
        raise Refusal(f"--watch {given.watch}: no such folder; make it first")
    try:
        with boards.open(given.board, given.port, given.build) as board:
            for path, image in zip(given.pictures, images, strict=True):
                print(line(board, path, image), flush=True)
            if given.watch:
                say(f"watching {given.watch}; end with Ctrl-C")
                watch(board, given.watch)
    except LinkError as error:
        say(f"failed: {error}")
        return 1
    return 0


def line(board: Opened, path: Path, image: np.ndarray) -> str:
    """The board's answer to a picture, and the runner-up."""
    scores = board.classify(image).scores[0]
    # Of equal scores the first class is the board's answer.
    first, second = np.argsort(-scores, kind="stable")[:2]
    return (f"{path.name}: {board.names[first]}, score {scores[first]}"
            f" (then {board.names[second]}, {scores[second]})")


def watch(board: Opened, folder: Path) -> None:
    """Print the answer to every picture that is new in a folder, or changed, from now on."""
    for path in new(folder, lambda: time.sleep(EVERY)):
        try:
            print(line(board, path, read(path)), flush=True)
        except Refusal as refusal:
            say(f"skipped: {refusal}")


def new(folder: Path, wait: Callable[[], None]) -> Iterator[Path]:
    """Pictures as they appear in a folder or change, each once it is the same at two looks: a
    camera may still be writing it at the first."""
    done = before = states(folder)
    while True:
        wait()
        now = states(folder)
        for path, state in sorted(now.items()):
            if before.get(path) == state != done.get(path):
                done[path] = state
                yield path
        before = now


def states(folder: Path) -> dict[Path, State]:
    """The pictures in a folder, with their states."""
    found = {}
    for path in folder.iterdir():
        if path.suffix.lower() in KINDS and not path.name.startswith("."):
            try:
                status = path.stat()
            except OSError:  # renamed since, as some programs do when they have written a file
                continue
            found[path] = status.st_mtime_ns, status.st_size
    return found


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="classify.py", description="Drawn digits to a board that has a network for"
                    " MNIST: a line with class and score for each.")
    add = parser.add_argument
    add("pictures", nargs="*", type=Path, metavar="DIGIT.png", default=(),
        help="pictures of one digit each, PNG or JPEG of any size (default: none)")
    add("--watch", type=Path, metavar="FOLDER",
        help="go on with every picture that is written into this folder")
    add("--board", default="ulx3s", metavar="NAME", help="the board")
    add("--port", required=True, metavar="PORT",
        help="such as /dev/ttyUSB0; sim simulates the board of --build")
    add("--build", type=Path, metavar="build/",
        help="the folder of the build on the board, whose network it has to hold")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
