"""The work of model.fetch: the files of a data set, fetched, checked and read."""

import argparse
from pathlib import Path

from model.data import SPLITS, load
from model.progress import Progress
from model.published import PUBLISHED, Unfetched, fetch
from model.refusal import Refusal, say


def run(given: argparse.Namespace) -> int:
    """Fetch as the arguments say; returns the exit status."""
    chosen = PUBLISHED[given.set]
    found = None if given.overwrite else _read(given.set, given.data_dir)
    if found is not None:
        print(f"{found}; it is there already")
        return 0
    try:
        with Progress() as told:
            fetch(chosen, given.data_dir, given.mirror or chosen.address,
                  lambda name, come, size: told(f"fetching {name}", come, max(size, come)))
    except Unfetched as failure:
        say(f"failed: {failure}")
        return 1
    print(_counted(given.set, given.data_dir))
    return 0


def _read(name: str, data_dir: Path) -> str | None:
    """What is said of a set that is there; None if it is not, or damaged."""
    if not (data_dir / PUBLISHED[name].folder).is_dir():
        return None
    try:
        return _counted(name, data_dir)
    except Refusal:
        return None


def _counted(name: str, data_dir: Path) -> str:
    train, test = (len(load(name, data_dir, split)) for split in SPLITS)
    return (f"{data_dir / PUBLISHED[name].folder}: {train:,} training images and {test:,} test"
            f" images of {name}")
