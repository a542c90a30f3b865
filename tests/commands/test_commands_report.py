"""``hw.report``: the pages of a build again, of its folder alone, and its tables."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from hw import build, report

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
