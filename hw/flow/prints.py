"""SHA-256 of files and of plain values, by which a build knows whether anything changed."""

import hashlib
import json
from pathlib import Path


def fingerprint(path: Path) -> str | None:
    """SHA-256 of a file in hexadecimal; None if it is not there."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def input_print(path: Path) -> str | None:
    """SHA-256 of a file that a build reads, or of a folder with all its files and their names."""
    if not path.is_dir():
        return fingerprint(path)
    every = sorted(each for each in path.rglob("*") if each.is_file())
    return key([(each.relative_to(path).as_posix(), fingerprint(each)) for each in every])


def key(*inputs: object) -> str:
    """A hash of plain values, which changes when any of them does."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
