"""``hw.report``: the pages of a build again, of its folder alone, and its tables."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hw import build, report
from hw.design.top import LAYERS
from hw.emit import endpoints
from hw.emit.endpoints import Register
from hw.emit.family import REST
from hw.emit.report import Timing, read

PAGES = ("report.html", "report.md")


@pytest.fixture(scope="module")
def planned(bad: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a build that ended when it was planned."""
    folder = tmp_path_factory.mktemp("planned")
    shutil.copy(bad / "good.pt", folder / "net.pt")
    assert build.main(words(folder, "--stop-after", "plan")) == 0
    return folder


@pytest.fixture
def folder(planned: Path, tmp_path: Path) -> Path:
    """A copy of it, without the checkpoint."""
    shutil.copytree(planned / "out", tmp_path / "out")
    return tmp_path / "out"


def words(folder: Path, *more: str) -> list[str]:
    return ["--checkpoint", str(folder / "net.pt"), "--board", "ulx3s", "--out",
            str(folder / "out"), *more]


def test_a_lost_page_is_made_again_as_it_was(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {name: (folder / name).read_bytes() for name in PAGES}
    (folder / PAGES[0]).unlink()
    (folder / PAGES[1]).write_text("damaged")
    others = {path: path.read_bytes() for path in folder.rglob("*")
              if path.is_file() and path.name not in PAGES}
    capsys.readouterr()
    assert report.main([str(folder)]) == 0
    assert {name: (folder / name).read_bytes() for name in PAGES} == before
    assert {path: path.read_bytes() for path in others} == others
    said = capsys.readouterr().out
    assert "energy of a frame" in said and said.endswith(f"{folder / 'report.html'}\n")


def test_what_was_explored_since_is_shown_and_the_next_build_shows_it_too(
    planned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = planned / "out" / "report.html"
    assert "Not explored" in page.read_text()
    assert build.main(words(planned, "--explore")) == 0
    assert report.main([str(planned / "out")]) == 0
    shown = page.read_text()
    assert "Not explored" not in shown and "this build" in shown
    assert build.main(words(planned, "--stop-after", "plan")) == 0
    assert page.read_text() == shown
    # Of another clock, the front is not this build's.
    slower = words(planned, "--stop-after", "plan", "--clock", "50")
    assert build.main(slower) == 0
    assert "Not explored" in page.read_text()
    # A build does not need it, whatever has become of it.
    assert build.main(words(planned, "--explore", "--clock", "50")) == 0
    (planned / "out" / "explore.json").write_text("damaged")
    assert build.main(slower) == 0
    assert "Not explored" in page.read_text()


def test_open_shows_the_page_in_the_browser(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, noted = tmp_path / "browser", tmp_path / "noted"
    browser.write_text(f"#!{sys.executable}\nimport sys\nopen({str(noted)!r}, 'w').write("
                       "sys.argv[1])\n")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    # The module reads the variable once.
    monkeypatch.setattr("webbrowser._tryorder", None)
    monkeypatch.setattr("webbrowser._browsers", {})
    assert report.main([str(folder), "--open"]) == 0
    assert noted.read_text() == (folder / "report.html").as_uri()


@pytest.fixture
def placed(folder: Path) -> Path:
    """The folder as if its design had been placed, with three registers in two layers."""
    made = read(folder / "report.json")
    first, second = (layer.name for layer in made.layers[:2])
    timing = Timing(asked=80e6, achieved=100e6, met=True, seed=1, tried=(1,))
    (folder / "report.json").write_text(replace(made, timing=timing).text())
    endpoints.write(folder / "tools" / "endpoints.json", [
        Register(place=f"{LAYERS}.{first}", name="skid.full", pin="CE", delays=(10000, 9000)),
        Register(place=f"{LAYERS}.{second}", name="mvu.sum", pin="DI", delays=(7600, 5000, 4000)),
        Register(place=REST, name="link", pin="DI", delays=(2500,)),
    ])
    return folder


def test_the_registers_that_hold_the_clock_are_printed_by_layer(
    placed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (layer.name for layer in read(placed / "report.json").layers[:2])
    for more, rows in (
        ([], [[second, "mvu.sum", "DI", "7.60", "ns", "3", *"----1"],
              [first, "skid.full", "CE", "10.00", "ns", "2", *"11122"],
              [first, "10.00", "ns", "2", *"11122"], [second, "7.60", "ns", "3", *"----1"],
              ["rest", "2.50", "ns", "1", *"-----"], ["all", "10.00", "ns", "6", *"11123"]]),
        (["--at", "250", "90"],
         [[second, "mvu.sum", "DI", "7.60", "ns", "3", "3", "-"],
          [first, "skid.full", "CE", "10.00", "ns", "2", "2", "-"],
          [first, "10.00", "ns", "2", "2", "-"], [second, "7.60", "ns", "3", "3", "-"],
          ["rest", "2.50", "ns", "1", "-", "-"], ["all", "10.00", "ns", "6", "5", "-"]]),
    ):  # fmt: skip
        capsys.readouterr()
        assert report.main([str(placed), "--timing", *more]) == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert [words for words in lines if "ns" in words] == rows
        assert lines[-1] == [str(placed / "report.html")]


@pytest.mark.parametrize(("content", "said"), [
    (None, "endpoints.json: no such file; run hw.build again"),
    ("[", "endpoints.json: a damaged file"),
    ('[["elsewhere", "r", "DI", [5]]]', "endpoints.json: a damaged file"),
    ("[]", "endpoints.json: no endpoints that add up to the clock"),
])  # fmt: skip
def test_timing_without_endpoints_is_refused_in_a_line(
    content: str | None, said: str, placed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = placed / "tools" / "endpoints.json"
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    capsys.readouterr()
    assert report.main([str(placed), "--timing"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line and str(placed) in line


def test_timing_needs_a_placed_design_and_at_needs_timing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report.main([str(folder), "--timing"]) == 2
    assert "not placed; --timing needs a build that was" in capsys.readouterr().err
    for words, said in ((["--at", "90"], "--at: says for which clocks --timing counts"),
                        (["--timing", "--at", "0"], "--at 0: give a number")):
        with pytest.raises(SystemExit) as ended:
            raise SystemExit(report.main([str(folder), *words]))
        assert ended.value.code == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(("name", "content", "said"), [
    ("report.json", None, "no such file; give the folder of a build"),
    ("report.json", "{}", "no report of a build; run hw.build again"),
    ("report.json", "[", "no report of a build; run hw.build again"),
    ("explore.json", "{}", "is damaged"),
])  # fmt: skip
def test_a_folder_without_a_report_is_refused_in_a_line(
    name: str, content: str | None, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    before = {page: os.stat(folder / page).st_mtime_ns for page in PAGES}
    capsys.readouterr()
    assert report.main([str(folder)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line and str(folder) in line
    assert {page: os.stat(folder / page).st_mtime_ns for page in PAGES} == before
