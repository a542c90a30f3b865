"""Reader of zip archives as torch.save and numpy.savez write them, with limits and check sums."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

from model import files
from model.files import Name
from model.refusal import Refusal

DIRECTORY = 1 << 22
"""Most bytes of an archive's directory: some 50,000 records."""

_END = struct.Struct("<4s4H2LH")


def records(path: Name, most: int, *, packed: bool, hint: str) -> dict[str, bytes]:
    """Content of every record by name, checked by its CRC-32.

    Parameters
    ----------
    most : most bytes of the file, and of all records together, checked before any is read.
    packed : True allows compressed records.
    hint : advice for a refusal: what to give in place of the file.

    Raises
    ------
    Refusal
        For an unreadable or too large file, or a damaged archive; `zipfile.BadZipFile` for a file
        that is no archive at all.
    """
    given = files.content(path, most, hint=hint)
    if not given.startswith(b"PK\x03\x04"):
        raise zipfile.BadZipFile("not a zip archive")
    try:
        _check_directory(given)
        with zipfile.ZipFile(io.BytesIO(given)) as archive:
            _check_sizes(archive, most, packed, len(given))
            return {info.filename: _read(archive, info) for info in archive.infolist()}
    except Refusal as refusal:
        raise Refusal(f"{path}: {refusal}; {hint}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
            RuntimeError, struct.error, UnicodeDecodeError, IndexError) as error:
        raise Refusal(f"{path}: damaged, the archive does not agree with its check sums"
                      f" ({files.reason(error)}); fetch or write it again") from None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # At most one byte more than it claims: a record that inflates to more is not unpacked whole.
    with archive.open(info) as record:
        given = record.read(info.file_size + 1)
    if len(given) != info.file_size:
        raise ValueError(f"{info.filename}: cut short")
    return given


def _check_directory(content: bytes) -> None:
    """Refuse a directory that is too long, before its records are listed."""
    if len(content) < _END.size:
        raise ValueError("cut short")
    magic, *_, length, _start, comment = _END.unpack(content[-_END.size:])
    if magic != b"PK\x05\x06" or comment:
        raise ValueError("no end of the archive at the file's end; cut short")
    if length > DIRECTORY:
        raise Refusal(f"a directory of {length:,} bytes, at most {DIRECTORY:,} are read")


def _check_sizes(archive: zipfile.ZipFile, most: int, packed: bool, there: int) -> None:
    listed = archive.infolist()
    if len({info.filename for info in listed}) != len(listed):
        raise ValueError("two records of one name")
    if not packed and any(info.compress_type != zipfile.ZIP_STORED for info in listed):
        raise Refusal("holds compressed records, which torch.save does not write")
    total = sum(info.file_size for info in listed)
    if total > (most if packed else there):
        raise Refusal(f"its records claim {total:,} bytes, in a file of {there:,}")


def stored(named: dict[str, bytes]) -> io.BytesIO:
    """An archive of some records, for a reader that does not verify check sums."""
    archived = io.BytesIO()
    with zipfile.ZipFile(archived, "w", zipfile.ZIP_STORED) as archive:
        for name, record in named.items():
            archive.writestr(name, record)
    archived.seek(0)
    return archived


def is_results(path: Path) -> bool:
    """True if ``path`` is an archive of results that the commands write, not of other arrays."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {"scores.npy", "classes.npy"} <= set(archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return False
