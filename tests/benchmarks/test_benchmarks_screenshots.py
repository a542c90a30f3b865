"""The page of a whole build in a browser: no fault in any view, and pictures that are small."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from benchmarks import screenshots
from benchmarks.screenshots import VIEWS, browser, check, chromium, main
from hw.emit.page.page import FILE, sections
from hw.flow.sources import ROOT
from sim.roads import OUT, copy

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def started() -> Iterator["Browser"]:
    path = chromium()
    if path is None:
        pytest.skip(f"no Chromium on the PATH ({', '.join(screenshots.CHROMIUM)})")
    pytest.importorskip("playwright", reason="playwright is not installed")
    with browser(path) as found:
        yield found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole build."""
    folder = tmp_path_factory.mktemp("report") / "road"
    return copy("ulx3s", tmp_path_factory.getbasetemp(), folder) / OUT


def test_the_page_of_a_build_has_no_fault_in_any_view(started: "Browser", built: Path) -> None:
    assert check(started, built / FILE) == []


@pytest.mark.parametrize(("broken", "said"), [
    ('<p style="width: 2000px">wide</p>', "pixels wide on a screen of 390"),
    ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "picture without a name: <img"),
    ('<svg viewBox="0 0 1 1"></svg>', "picture without a name: <svg"),
    ('<img alt="x" src="other.png">', "console: "),
    ("<script>1</script>", "console: "),
])
def test_a_page_that_is_broken_has_a_fault(
    broken: str, said: str, started: "Browser", tmp_path: Path
) -> None:
    page = tmp_path / FILE
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    page.write_text(
        '<!DOCTYPE html><html lang="en"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>x</title>{broken}')
    found = check(started, page)
    assert any(said in line for line in found) and found[0].startswith("phone: ")


def test_a_request_is_a_fault(started: "Browser", tmp_path: Path) -> None:
    page = tmp_path / FILE
    page.write_text('<!DOCTYPE html><title>x</title><img alt="x" src="other.png">')
    assert f"phone: asks for {(tmp_path / 'other.png').as_uri()}" in check(started, page)


@pytest.mark.usefixtures("started")
def test_pictures_of_the_screens_and_of_every_section_are_written(
    built: Path, tmp_path: Path
) -> None:
    # In a process of its own: playwright drives one browser at a time.
    words = [sys.executable, "-m", "benchmarks.screenshots", str(built), str(tmp_path / "pictures")]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    written = {path.stem: path for path in (tmp_path / "pictures").iterdir()}
    assert set(written) == {*(view.name for view in VIEWS), *(name for name, _ in sections())}
    assert all(path.stat().st_size <= screenshots.LARGEST for path in written.values())
    for view in VIEWS:
        size = (view.width * view.dots, view.height * view.dots)
        assert Image.open(written[view.name]).size == size
    ground = [Image.open(written[name]).convert("L").getpixel((2, 2))
              for name in ("desktop", "dark")]
    assert ground[0] > 200 > 60 > ground[1]
    assert done.stdout.count(" bytes\n") == len(written)


@pytest.mark.parametrize(("words", "said"), [
    (["{}/none", "{}/out"], "no such file; give the folder of a build"),
    (["{}", "{}/out", "--chromium", "{}/none"], "no Chromium at"),
])
def test_what_is_missing_is_said_in_a_line(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE).write_text("<title>x</title>")
    assert main([word.format(tmp_path) for word in words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
