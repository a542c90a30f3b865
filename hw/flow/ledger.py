"""Notes of earlier builds in a build folder, of which damaged ones count as none."""

import json
from pathlib import Path
from typing import Any

from hw.flow.taken import CORE

LEDGER = "steps.json"
"""Key, files and seconds of every step that was done."""

DONE = "done.json"
"""The key of a build that came to its end, and the result of each of its steps."""


def entries(path: Path) -> dict[str, Any]:
    """The entries of steps that an earlier build noted in a file; those that are damaged are left
    out."""
    return {name: entry for name, entry in content(path).items() if _sound(entry)}


def content(path: Path) -> dict[str, Any]:
    """The object in a JSON file; an empty one if there is none.

    Anything but a regular file counts as empty: reading a pipe would wait for ever.
    """
    if not path.is_file():
        return {}
    try:
        noted = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _sound(entry: Any) -> bool:
    """True if an entry has the form that `hw.flow.folder.Folder.done` notes, with files of the
    folder itself."""
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("key"), str)
        and isinstance(entry.get("seconds"), int | float)
        and isinstance(entry.get("files"), dict)
        and all(_inside(name.removeprefix(f"{CORE}/")) for name in entry["files"])
    )


def _inside(name: str) -> bool:
    """True for the name of a file, without a folder."""
    return bool(name) and name == Path(name).name
