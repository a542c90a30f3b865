"""MATLAB files: numbers as SciPy writes them, and damaged files that end SciPy's reader."""

import io
import random
import struct
import zlib

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from model.matlab import CLASSES, HEADER, arrays

MOST = 1 << 20


def written(values, compressed=False):
    made = io.BytesIO()
    savemat(made, values, do_compression=compressed)
    return made.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", sorted(CLASSES.values()))
def test_numbers_of_every_class_are_scipys(kind, compressed):
    rng = np.random.default_rng(1)
    given = {"X": rng.integers(0, 100, (3, 4, 2, 5)).astype(kind), "y": np.array([[1, 3]], kind),
             "other": rng.normal(size=(7, 1)), "text": "words", "z": np.zeros((0, 3), kind)}
    content = written(given, compressed)
    found, scipys = arrays(content, ("X", "y", "z", "none"), MOST), loadmat(io.BytesIO(content))
    assert sorted(found) == ["X", "y", "z"]
    for name, one in found.items():
        assert one.dtype == scipys[name].dtype == kind
        assert one.shape == scipys[name].shape and (one == scipys[name]).all()


def test_numbers_stored_in_fewer_bytes_and_in_the_other_order_are_read():
    def element(kind, content):
        return struct.pack(">2I", kind, len(content)) + content + bytes(-len(content) % 8)

    matrix = (element(6, struct.pack(">2I", 6, 0)) + element(5, struct.pack(">2i", 1, 3))
              + struct.pack(">2H", 1, 1) + b"X\0\0\0" + element(4, struct.pack(">3H", 7, 8, 9)))
    content = b"MATLAB 5.0".ljust(124) + b"\1\0MI" + element(14, matrix)
    found = arrays(content, ("X",), MOST)["X"]
    assert found.dtype == np.float64 and found.tolist() == [[7, 8, 9]]
    assert loadmat(io.BytesIO(content))["X"].tolist() == [[7, 8, 9]]


@pytest.mark.parametrize(("change", "said"), [
    (lambda content: content[:HEADER - 2] + b"xx" + content[HEADER:], "no header of version 5"),
    (lambda content: content[:-9], "cut short"),
    (lambda content: content[:HEADER + 4], "cut short"),
    (lambda content: content + content[HEADER:], "two arrays called X"),
    (lambda content: content.replace(struct.pack("<3i", 3, 2, 2), struct.pack("<3i", 3, 2, 3)),
     "12 bytes for a shape of"),
    (lambda content: content.replace(struct.pack("<3i", 3, 2, 2), struct.pack("<3i", 3, -2, -2)),
     "damaged"),
    (lambda content: written({"X": np.array([[1j]])}), "not of real numbers"),
    (lambda content: written({"X": np.array([["a", 2]], object)}), "not of real numbers"),
    (lambda content: written({"X": {"a": 1}}), "not of real numbers"),
    (lambda content: written({"X": np.zeros(2 * MOST, np.uint8)}, True), "unpacks to more than"),
    (lambda content: packed(written({"X": np.zeros((2, 2))})[HEADER:], 9), "cut short"),
    (lambda content: content[:HEADER] + struct.pack("<2I", 15, 9) + b"no packed", "header"),
])
def test_other_files_are_refused(change, said):
    good = written({"X": np.arange(12, dtype=np.uint8).reshape(3, 2, 2)})
    with pytest.raises(ValueError, match=said):
        arrays(change(good), ("X",), MOST)


def packed(element, less):
    inside = zlib.compress(element)[:-less]
    return b"MATLAB 5.0".ljust(124) + b"\0\1IM" + struct.pack("<2I", 15, len(inside)) + inside


def test_any_change_of_a_file_is_read_or_refused():
    rng = random.Random(0)
    for compressed in (False, True):
        good = written({"X": np.zeros((4, 4), np.uint8), "y": np.zeros((2, 1))}, compressed)
        for _ in range(3000):
            at = rng.randrange(HEADER, len(good))
            changed = good[:at] + bytes([rng.randrange(256)]) + good[at + rng.randrange(3):]
            try:
                found = arrays(changed, ("X", "y"), MOST)
            except ValueError:
                continue
            assert set(found) <= {"X", "y"}
