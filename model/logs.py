"""Where the log of a training run lies, and how large it may be."""

from pathlib import Path

LOG = 2**28
"""Most bytes of a log."""

HINT = "give a checkpoint of model.train with its log beside it"
"""Advice where a log is missing."""

_END = ".log.jsonl"


def log_of(checkpoint: Path) -> Path:
    """Path of the log of the training run that writes ``checkpoint``."""
    return checkpoint.with_suffix(_END)


def checkpoint_of(path: Path) -> Path:
    """Path of the checkpoint of a run, of which ``path`` is the checkpoint or the log."""
    if path.name.endswith(_END):
        return path.with_name(path.name.removesuffix(_END) + ".pt")
    return path
