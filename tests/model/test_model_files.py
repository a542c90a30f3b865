"""Files that people name: what is opened, what is refused before it is, and how one is replaced."""

import os
import stat

import pytest

from model import files
from model.refusal import Refusal


def said(call, *words, **options):
    with pytest.raises(Refusal) as caught:
        call(*words, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def pipe(folder):
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def loop(folder):
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


@pytest.mark.parametrize(("make", "expected"), [
    (lambda folder: folder / "none", "none: no such file; give another"),
    (lambda folder: folder, "no such file, but a folder; give another"),
    (pipe, "pipe: a pipe or device, not a regular file"),
    (lambda folder: "/dev/zero", "/dev/zero: a pipe or device"),
    (loop, "loop: cannot be read (Too many levels of symbolic links)"),
    (lambda folder: folder / ("n" * 300), "cannot be read (File name too long)"),
    (lambda folder: folder / "a\0b", "cannot be read (embedded null byte)"),
    (lambda folder: folder / "\ud800", "cannot be read ("),
    (lambda folder: folder / "\udcff", "no such file"),
    (lambda folder: "", "no such file"),
])
def test_what_is_no_file_is_refused_before_it_is_opened(tmp_path, make, expected):
    path = make(tmp_path)
    assert expected in said(files.size, path, 10, hint="give another")
    assert expected in said(files.content, path, 10, hint="give another")


def test_a_file_is_read_up_to_its_bound_and_refused_beyond_it(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert files.content(path, 10) == b"0123456789"
    assert "file: 10 bytes, at most 9 are read" in said(files.content, path, 9)
    os.truncate(path, 1 << 40)
    assert "1,099,511,627,776 bytes, at most 9" in said(files.content, path, 9)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file"
    with files.whole(path) as file:
        file.write(b"first")
        assert not path.exists()
    with pytest.raises(KeyError), files.whole(path) as file:
        file.write(b"half of the sec")
        raise KeyError
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["file"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600


def test_a_link_goes_on_pointing_to_what_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there" / "net.pt", tmp_path / "link.pt"
    real.write_bytes(b"old")
    link.symlink_to(real)
    with files.whole(link) as file:
        file.write(b"new")
    assert link.is_symlink() and real.read_bytes() == b"new"


@pytest.mark.parametrize(("make", "expected"), [
    (lambda folder: folder / "none" / "file", "there is no folder"),
    (lambda folder: folder, "is a folder; change --out"),
    (pipe, "is not a regular file; change --out"),
    (lambda folder: "/dev/null", "/dev/null: is not a regular file"),
    (lambda folder: folder / ("n" * 300), "cannot be written (File name too long)"),
    (lambda folder: folder / "a\0b", "cannot be written (embedded null byte)"),
    (lambda folder: loop(folder) / "file", "cannot be written (Too many levels"),
])
def test_a_place_for_no_file_is_refused_before_and_while_writing(tmp_path, make, expected):
    path = type(tmp_path)(make(tmp_path))
    assert expected in said(files.check_target, path)

    def write():
        with files.whole(path) as file:
            file.write(b"lost")

    assert "cannot be written" in said(write)
    assert not [name for name in os.listdir(tmp_path) if "partial" in name]
