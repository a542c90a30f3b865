"""SVHN, the house numbers: cropped digits in MATLAB files."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np

from model import images
from model.images import Images, Split, content, labelled
from model.refusal import Refusal

CLASSES = 10

HEADER, COMPRESSED, CHUNK = 128, 15, 2**20
"""Bytes before the elements of a MATLAB 5 file, the kind of element that zlib packed (MAT-File
Format, table 1-1), and bytes unpacked at once."""

BIG_ENDIAN = b"MI"
"""The end of the header of a file whose numbers have their highest byte first."""


def read(folder: Path, split: Split) -> Images:
    """``train_32x32.mat`` or ``test_32x32.mat``: X (32, 32, 3, N), y (N, 1) with 10 for a zero."""
    path = folder / f"{split}_32x32.mat"
    given = content(path)
    _check_unpacked(path, given)
    # Only here: it takes a while to import, and no other set needs it.
    from scipy.io import loadmat

    try:
        found = loadmat(io.BytesIO(given), variable_names=["X", "y"])
    except Exception as error:
        # Whatever bytes a stranger's file holds, scipy may stumble over them in any way.
        line = (str(error) or type(error).__name__).splitlines()[0]
        raise Refusal(f"{path}: not a MATLAB file ({line}); fetch it again") from None
    return _images(path, found.get("X"), found.get("y"))


def _check_unpacked(path: Path, given: bytes) -> None:
    """Refuse a file whose compressed elements hold more than the set, before scipy unpacks them."""
    place, room = HEADER, images.LARGEST
    order = ">" if given[HEADER - 2:HEADER] == BIG_ENDIAN else "<"
    while place + 8 <= len(given):
        kind, size = struct.unpack(f"{order}2I", given[place:place + 8])
        packed = given[place + 8:place + 8 + size]
        place += 8 + size
        if kind != COMPRESSED:
            continue
        unpacking = zlib.decompressobj()
        try:
            while packed and room >= 0:
                room -= len(unpacking.decompress(packed, CHUNK))
                packed = unpacking.unconsumed_tail
        except zlib.error as error:
            raise Refusal(f"{path}: not a MATLAB file ({error}); fetch it again") from None
        if room < 0:
            raise Refusal(f"{path}: unpacks to more than {images.LARGEST:,} bytes, which the"
                          " set has not; damaged, fetch it again")


def _images(path: Path, pixels: object, digits: object) -> Images:
    if not isinstance(pixels, np.ndarray) or not isinstance(digits, np.ndarray) \
            or pixels.dtype != np.uint8 or pixels.shape[:-1] != (32, 32, 3) \
            or digits.size != pixels.shape[-1] or digits.dtype.kind not in "ui":
        raise Refusal(f"{path}: holds no uint8 X (32, 32, 3, N) with integers y (N, 1); give the"
                      " cropped digits, Format 2")
    labels = digits.reshape(-1).astype(np.int64)
    if 0 in labels:
        raise Refusal(f"{path}: a label of 0, where 10 stands for the digit 0; damaged, fetch it"
                      " again")
    ours = np.ascontiguousarray(pixels.transpose(3, 2, 0, 1))
    return labelled(ours, np.where(labels == 10, 0, labels), CLASSES, path.parent)
