"""Data sets are fetched from a server, checked, read, and kept only if they are right."""

import gzip
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from model.data import SETS, load
from model.fetch import main
from model.published import PUBLISHED


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which a server gives its files."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def mnist(served, mnist_dir: Path, monkeypatch) -> Path:
    """MNIST's four files on the server, small, with their own check sums in the table."""
    folder, _ = served
    sums = {}
    for path in sorted((mnist_dir / "mnist" if (mnist_dir / "mnist").is_dir() else
                        mnist_dir).iterdir()):
        packed = path.read_bytes() if path.suffix == ".gz" else gzip.compress(path.read_bytes())
        name = path.name.removesuffix(".gz") + ".gz"
        (folder / name).write_bytes(packed)
        sums[name] = hashlib.md5(packed).hexdigest()
    assert sums.keys() == PUBLISHED["mnist"].files.keys()
    monkeypatch.setitem(PUBLISHED, "mnist", replace(PUBLISHED["mnist"], files=sums))
    return folder


def ask(served, to: Path, *more: str, name: str = "mnist") -> int:
    return main([name, "--data-dir", str(to), "--mirror", served[1], *more])


def test_a_set_is_fetched_read_and_not_fetched_again(served, mnist, tmp_path, capsys):
    to = tmp_path / "data"
    assert ask(served, to) == 0
    assert capsys.readouterr().out == (
        f"{to / 'mnist'}: 200 training images and 60 test images of mnist\n")
    assert {path.name for path in (to / "mnist").iterdir()} == {*PUBLISHED["mnist"].files}
    for path in mnist.iterdir():
        path.unlink()
    assert ask(served, to) == 0
    assert "there already" in capsys.readouterr().out
    assert ask(served, to, "--overwrite") == 1
    assert len(load("mnist", to, "test")) == 60


def test_a_damaged_file_is_told_and_not_kept(served, mnist, tmp_path, capsys):
    name = "t10k-labels-idx1-ubyte.gz"
    (mnist / name).write_bytes((mnist / name).read_bytes() + b" ")
    assert ask(served, tmp_path / "data") == 1
    said = capsys.readouterr().err
    assert said.startswith(f"failed: {served[1]}/{name}: ") and said.count("\n") == 1
    assert PUBLISHED["mnist"].files[name] in said
    assert not [path for path in (tmp_path / "data" / "mnist").iterdir()
                if path.name.startswith((name, "."))]


def test_a_file_that_is_not_there_is_told(served, tmp_path, capsys):
    assert ask(served, tmp_path / "data") == 1
    said = capsys.readouterr().err
    assert "cannot be fetched (HTTP Error 404: File not found)" in said and said.count("\n") == 1


def test_a_server_that_does_not_answer_is_told(tmp_path, capsys):
    assert main(["mnist", "--data-dir", str(tmp_path), "--mirror", "http://127.0.0.1:1/x"]) == 1
    said = capsys.readouterr().err
    assert "cannot be fetched (Connection refused)" in said and said.count("\n") == 1


def test_a_file_that_does_not_end_is_given_up(served, mnist, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("model.published.LARGEST", 100)
    assert ask(served, tmp_path / "data") == 1
    assert "more than 100 bytes" in capsys.readouterr().err


def packed(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def cifar(served, monkeypatch, *, without: str = "") -> dict[str, bytes]:
    """CIFAR-10's archive on the server, with other files in it."""
    random, chosen = np.random.default_rng(0), PUBLISHED["cifar10"]
    members = {name: b"".join(bytes([number % 10]) + random.bytes(3072) for number in range(20))
               for name in chosen.members if name != without}
    content = packed({f"{chosen.folder}/{name}": text for name, text in members.items()}
                     | {"../outside": b"x", f"{chosen.folder}/readme.html": b"x"})
    (served[0] / "cifar-10-binary.tar.gz").write_bytes(content)
    sums = {"cifar-10-binary.tar.gz": hashlib.md5(content).hexdigest()}
    monkeypatch.setitem(PUBLISHED, "cifar10", replace(chosen, files=sums))
    return members


def test_of_an_archive_the_files_of_the_set_are_unpacked(served, tmp_path, capsys, monkeypatch):
    members = cifar(served, monkeypatch)
    assert ask(served, tmp_path / "data", name="cifar10") == 0
    assert "100 training images and 20 test images of cifar10" in capsys.readouterr().out
    made = {path.name: path.read_bytes() for path in (tmp_path / "data").rglob("*")
            if path.is_file()}
    assert made == members
    assert not (tmp_path / "outside").exists()


def test_an_archive_without_a_file_of_the_set_is_told(served, tmp_path, capsys, monkeypatch):
    cifar(served, monkeypatch, without="test_batch.bin")
    assert ask(served, tmp_path / "data", name="cifar10") == 1
    said = capsys.readouterr().err
    assert "test_batch.bin" in said and said.count("\n") == 1


def test_every_known_set_has_an_address_and_sums():
    assert PUBLISHED.keys() == SETS.keys()
    for name, each in PUBLISHED.items():
        assert each.folder in SETS[name].folders
        assert each.address.startswith("http") and each.address.endswith("/")
        assert all(len(bytes.fromhex(md5)) == 16 for md5 in each.files.values())


def test_a_mirror_is_on_the_net(tmp_path, capsys):
    assert main(["mnist", "--data-dir", str(tmp_path), "--mirror", "file:///etc"]) == 2
    assert "begins with http://" in capsys.readouterr().err
