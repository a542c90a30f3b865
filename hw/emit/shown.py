"""The simulated images that a page shows, with the scores that design.v gave, in ``shown.npz``."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FILE = "shown.npz"

MOST = 24
"""Pictures in a page, which is sent by mail and read on phones."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """Images of those that were simulated, the ones with a wrong class first.

    Parameters
    ----------
    source : the images' file, or how they were made.
    count : images that were simulated.
    wrong : those of another class than their label; None without labels.
    numbers : int64 (k,), of each image among all.
    images, labels : uint8 (k, C, H, W), and the right class of each, int64 (k,), if known.
    scores : int64 (k, classes).
    """

    source: str
    count: int
    wrong: int | None
    numbers: np.ndarray
    images: np.ndarray
    labels: np.ndarray | None
    scores: np.ndarray


def choose(
    source: str, images: np.ndarray, labels: np.ndarray | None, scores: np.ndarray
) -> Shown:
    """The first `MOST` of some images, after those of another class than their label; both in
    their own order."""
    found = scores.argmax(axis=1)
    wrong = np.zeros(len(found), bool) if labels is None else found != labels
    numbers = np.argsort(~wrong, kind="stable")[:MOST]
    return Shown(
        source=source, count=len(found), wrong=None if labels is None else int(wrong.sum()),
        numbers=numbers, images=images[numbers],
        labels=None if labels is None else labels[numbers].astype(np.int64), scores=scores[numbers],
    )  # fmt: skip


def write(shown: Shown, path: Path) -> None:
    """Write what `read` takes back; equal images make equal files."""
    arrays = {name: getattr(shown, name) for name in ("numbers", "images", "labels", "scores")}
    facts = json.dumps({name: getattr(shown, name) for name in ("source", "count", "wrong")})
    there = {name: array for name, array in arrays.items() if array is not None}
    with path.open("wb") as file:
        np.savez_compressed(file, facts=np.array(facts), **there)


def read(path: Path) -> Shown:
    """The images that `write` wrote; ValueError, KeyError or BadZipFile for another file."""
    with np.load(path, allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in ("numbers", "images", "scores")}
        facts = json.loads(kept["facts"].item())
        return Shown(labels=kept.get("labels"), **arrays, **facts)
