"""HDF5 file of a Keras model, read in a process of its own: what crashes or fills it is refused.

Its library is large, and made for files that one trusts. Links and storage outside the file are
refused, as are compressed and virtual data sets, whose shapes may claim any amount of memory.

    python -m model.importers.keras.hdf5 MODEL.h5 > arrays.npz
"""

import importlib.util
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from model import files
from model.faults import shown
from model.refusal import Refusal

FILE, MEMORY, SECONDS = 2**30, 2**32, 120
"""Most bytes of a file, of memory of the process that reads it, and seconds that it may take."""

SETS, TEXT = 10_000, 2**22
"""Most data sets, and characters of the model's description."""

CONFIG, WEIGHTS = "model_config", "model_weights"
"""The attribute with the description, and the group with the tensors."""

REFUSED = 3


def read(path: Path) -> tuple[str, dict[str, np.ndarray]]:
    """The description of the model in ``path``, JSON, and its tensors by ``layer/tensor``.

    Raises
    ------
    Refusal
        For a file that is not such a model, or if h5py is not there.
    """
    files.size(path, FILE)
    if importlib.util.find_spec("h5py") is None:
        raise Refusal(f"{path}: reading it needs h5py; pip install 'purelogic[larq]'")
    try:
        done = subprocess.run([sys.executable, "-m", __spec__.name, str(path.absolute())],
                              capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Refusal(f"{path}: takes more than {SECONDS} s to read; save it again") from None
    if done.returncode == REFUSED:
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Refusal(f"{path}: {shown(said, 300) or 'no Keras model'}")
    if done.returncode:
        raise Refusal(f"{path}: damaged, the HDF5 library fails on it; save the model again")
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as arrays:
        found = dict(arrays)
    return found.pop(CONFIG).tobytes().decode(), found


def _arrays(path: str) -> dict[str, np.ndarray]:
    """All that is read of a file. Raises ValueError with what is wrong with it."""
    import h5py

    with h5py.File(path, "r") as file:
        config = file.attrs.get(CONFIG)
        if config is None or WEIGHTS not in file:
            raise ValueError(f"has no {CONFIG} and {WEIGHTS}; give a file that model.save has"
                             " written, not one of weights alone")
        text = config.decode() if isinstance(config, bytes) else str(config)
        if len(text) > TEXT:
            raise ValueError(f"a description of {len(text):,} characters, at most {TEXT:,}")
        found = {CONFIG: np.frombuffer(text.encode(), np.uint8)}
        if not isinstance(file.get(WEIGHTS, getlink=True), h5py.HardLink):
            raise ValueError(f"{WEIGHTS} is a link; save the model again")
        for layer, where, data in _sets(h5py, file[WEIGHTS], (), [0]):
            name = f"{layer}/{where.rpartition('/')[2].removesuffix(':0')}"
            if name in found:
                raise ValueError(f"has two tensors {name}; save the model again")
            found[name] = data
    return found


def _sets(h5py: Any, group: Any, path: tuple[str, ...], seen: list[int]) -> Iterator[
        tuple[str, str, np.ndarray]]:
    """Layer, full name and values of every data set within ``group``."""
    for name in group:
        seen[0] += 1
        here = "/".join((*path, name))
        if seen[0] > SETS or len(path) > 16:
            raise ValueError(f"more than {SETS:,} data sets, or 16 groups in one another")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{here} is a link; save the model again")
        entry = group[name]
        if isinstance(entry, h5py.Group):
            yield from _sets(h5py, entry, (*path, name), seen)
            continue
        if entry.external or entry.is_virtual or entry.chunks or entry.dtype.kind != "f" or (
                entry.id.get_storage_size() < entry.nbytes):
            raise ValueError(f"{here} is no plain array of floats; save the model again")
        yield (*path, name)[0], here, np.asarray(entry[()], np.float32)


def main() -> int:
    """Write the arrays of the file in ``argv`` to standard output; 3 with a line if it is unusable.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        found = _arrays(sys.argv[1])
    except Exception as error:
        sys.stderr.write(f"{files.reason(error)}\n")
        return REFUSED
    made = io.BytesIO()
    np.savez(made, **found)  # type: ignore[arg-type]
    sys.stdout.buffer.write(made.getvalue())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
