"""Mutations of content inside check sums and compression, which are made to agree again."""

import contextlib
import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

Change = Callable[[bytes], bytes]


def archive(content: bytes, change: Change) -> bytes | None:
    """Mutate one record of a zip archive, chosen by the content, and its check sum."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as given:
            records = {one.filename: given.read(one) for one in given.infolist()}
            kind = given.infolist()[0].compress_type
    except Exception:
        return None
    # Small records are more likely: they have names, shapes and types.
    chosen = random.Random(zlib.crc32(change(content[:256]))).choice(sorted(
        records, key=lambda name: (not name.endswith(("data.pkl", "header.npy")), name))[:4])
    records[chosen] = change(records[chosen])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", kind) as given:
        for name, record in records.items():
            given.writestr(name, record)
    return made.getvalue()


def gzipped(content: bytes, change: Change) -> bytes | None:
    """Mutate the content of a .gz file."""
    if content[:2] != b"\x1f\x8b":
        return None
    try:
        return gzip.compress(change(gzip.decompress(content)), 1)
    except Exception:
        return None


def matlab(content: bytes, change: Change) -> bytes | None:
    """Mutate the first compressed element of a MATLAB 5 file."""
    if content[128:132] != struct.pack("<I", 15) or len(content) < 136:
        return None
    size = struct.unpack("<I", content[132:136])[0]
    try:
        element = zlib.decompress(content[136 : 136 + size])
    except zlib.error:
        return None
    packed = zlib.compress(change(element), 1)
    return content[:132] + struct.pack("<I", len(packed)) + packed + content[136 + size :]


def onnx_model(content: bytes, change: Change) -> bytes | None:
    """Mutate one field of an ONNX model, anywhere in it."""
    import onnx

    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception:
        return None
    rng = random.Random(zlib.crc32(change(content[:256])))
    at: Any = model
    while True:
        fields = at.ListFields()
        if not fields:
            return None
        field, value = rng.choice(fields)
        several = hasattr(value, "append") or hasattr(value, "add")
        if several and rng.random() < 0.15:
            _rearranged(value, rng)
            break
        index = rng.randrange(len(value)) if several else None
        one = value[index] if several else value
        if not hasattr(one, "ListFields"):
            _set(at, field.name, index, one, change, rng)
            break
        at = one
    try:
        return model.SerializeToString()
    except Exception:
        return None


def _rearranged(values: Any, rng: random.Random) -> None:
    kept = list(values)
    at = rng.randrange(len(kept))
    way = rng.randrange(3)
    if way == 0:
        del kept[at]
    elif way == 1:
        kept.insert(rng.randrange(len(kept)), kept[at])
    else:
        rng.shuffle(kept)
    copies = [type(one).FromString(one.SerializeToString()) if hasattr(one, "ListFields") else one
              for one in kept]
    del values[:]
    with contextlib.suppress(UnicodeDecodeError):  # names that are not UTF-8 are read, not written
        values.extend(copies)


def _set(
    of: Any, name: str, index: int | None, value: Any, change: Change, rng: random.Random
) -> None:
    """Set a number or text of a message to another one, if its type accepts it."""
    if isinstance(value, bytes):
        new: Any = change(value)
    elif isinstance(value, str):
        other = change(value.encode()).decode("utf-8", "replace")
        new = rng.choice((other, "", "a\nb", "x" * 5000))
    elif isinstance(value, float):
        new = rng.choice((0.0, -1.0, 1e38, float("nan"), float("inf"), value * 2))
    else:
        new = rng.choice((0, 1, -1, 2, 7, 16, 1000, 2**31 - 1, -2**31, 2**40, 2**63 - 1, value + 1))
    try:
        if index is None:
            setattr(of, name, new)
        else:
            getattr(of, name)[index] = new
    except (ValueError, TypeError):
        return
