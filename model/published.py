"""Where the known data sets are published, with the check sums of their files, in one table."""

import hashlib
import tarfile
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO

from model.files import reason, replacing
from model.images import LARGEST

WAIT = 30.0
"""Seconds without a byte after which a server is given up."""

PIECE = 1 << 18

Watch = Callable[[str, int, int], None]
"""Callback with a file's name, the bytes of it that have come, and all its bytes, 0 if unknown."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A data set as its authors publish it.

    Parameters
    ----------
    address : of the folder with its files.
    files : MD5 of each file, as published.
    folder : folder within ``--data-dir`` for its files.
    members : files in an archive, in a folder of the same name, that are unpacked; without any the
        files themselves are kept.
    """

    address: str
    files: Mapping[str, str]
    folder: str
    members: tuple[str, ...] = ()


class Unfetched(Exception):
    """A file that a server does not give, or gives otherwise than it was published."""


def _idx(images: str, labels: str, test_images: str, test_labels: str) -> dict[str, str]:
    return {
        "train-images-idx3-ubyte.gz": images, "train-labels-idx1-ubyte.gz": labels,
        "t10k-images-idx3-ubyte.gz": test_images, "t10k-labels-idx1-ubyte.gz": test_labels,
    }  # fmt: skip


PUBLISHED = {
    "mnist": Published(
        address="https://ossci-datasets.s3.amazonaws.com/mnist/", folder="mnist",
        files=_idx("f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
                   "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c")),
    "fashion-mnist": Published(
        address="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        folder="fashion-mnist",
        files=_idx("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
                   "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310")),
    "cifar10": Published(
        address="https://www.cs.toronto.edu/~kriz/", folder="cifar-10-batches-bin",
        files={"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
        members=(*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")),
    "cifar100": Published(
        address="https://www.cs.toronto.edu/~kriz/", folder="cifar-100-binary",
        files={"cifar-100-binary.tar.gz": "03b5dce01913d631647c71ecec9e9cb8"},
        members=("train.bin", "test.bin")),
    "svhn": Published(
        address="http://ufldl.stanford.edu/housenumbers/", folder="svhn",
        files={"train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
               "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3"}),
}
"""Sets by the name of ``--data``; MD5 is what their authors give, against damage, not malice."""


def fetch(chosen: Published, data_dir: Path, address: str, watch: Watch) -> None:
    """Fetch the files of a set from ``address`` into its folder in ``data_dir``.

    A file whose MD5 is another is not kept; a file that is there is replaced once all of the new
    one has come.

    Raises
    ------
    Unfetched
        A server cannot be reached, has no such file, or another one.
    OSError
        A file cannot be written.
    """
    place = data_dir / chosen.folder
    place.mkdir(parents=True, exist_ok=True)
    for name, md5 in chosen.files.items():
        with replacing(place / name) as partial:
            _download(f"{address.rstrip('/')}/{name}", partial, md5, watch)
            if chosen.members:
                _unpack(partial, place, chosen.members)
        if chosen.members:
            (place / name).unlink()


def _download(address: str, path: Path, md5: str, watch: Watch) -> None:
    state = hashlib.md5(usedforsecurity=False)
    come, name = 0, address.rpartition("/")[2]
    with path.open("wb") as file:
        for piece in _pieces(address, name, watch):
            come += len(piece)
            if come > LARGEST:
                raise Unfetched(f"{address}: more than {LARGEST:,} bytes, which no file of the set"
                                " has; give another --mirror")
            state.update(piece)
            file.write(piece)
    if state.hexdigest() != md5:
        raise Unfetched(f"{address}: {come:,} bytes with the MD5 {state.hexdigest()}, published is"
                        f" {md5}; try again, or give another --mirror")


def _pieces(address: str, name: str, watch: Watch) -> Iterator[bytes]:
    """The bytes behind an address, piece by piece."""
    try:
        with urllib.request.urlopen(address, timeout=WAIT) as answer:
            length = answer.headers.get("Content-Length") or ""
            size, come = int(length) if length.isdecimal() else 0, 0
            while piece := answer.read(PIECE):
                come += len(piece)
                watch(name, come, size)
                yield piece
    except (OSError, HTTPException, ValueError) as error:
        raise Unfetched(f"{address}: cannot be fetched ({_why(error)}); check the network, or give"
                        " another --mirror") from None


def _why(error: Exception) -> str:
    """What went wrong, in words: a server's answer, or the system's."""
    inner = getattr(error, "reason", None)
    return reason(inner if isinstance(inner, Exception) else error)


def _unpack(archive: Path, place: Path, members: tuple[str, ...]) -> None:
    """Write some files of an archive into a folder, and nothing else that is in it."""
    try:
        with tarfile.open(archive) as packed:
            for name in members:
                entry = packed.extractfile(f"{place.name}/{name}")
                if entry is None:
                    raise KeyError(f"{place.name}/{name} is no file")
                with replacing(place / name) as partial, partial.open("wb") as file:
                    _copy(entry, file)
    except (tarfile.TarError, KeyError, EOFError, zlib.error) as error:
        raise Unfetched(f"{archive.name}: {reason(error)}; give another --mirror") from None


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    left = LARGEST
    while piece := source.read(min(PIECE, left)):
        left -= len(piece)
        target.write(piece)
