"""The site: built strictly from the pages, asking nobody for anything, and every page listed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents_pages import ROOT

from benchmarks.figures import FIGURES, FOLDER, draw

PAGE = re.compile(r"^(?:.*\.md|docs/.*|examples/.*\.ipynb)$")


def made(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Build the site without running notebooks."""
    words = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-D",
             "nb_execution_mode=off", "-c", str(source / "docs"), str(source), str(out)]
    return subprocess.run(words, capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the repository's pages."""
    folder = tmp_path_factory.mktemp("site")
    done = made(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_on_the_site(site: Path) -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md"),
             *ROOT.glob("examples/*/README.md"), *ROOT.glob("examples/notebooks/*.ipynb")]
    assert len(pages) > 30
    for page in pages:
        assert (site / page.relative_to(ROOT).with_suffix(".html")).is_file(), page
    assert "docs/index.html" in (site / "index.html").read_text()


def test_a_page_asks_nobody_for_anything(site: Path) -> None:
    fetched = re.compile(
        r"<(?:script|img|iframe|source)[^>]*\ssrc=[\"'](?:https?:)?//|"
        r"<link(?![^>]*rel=[\"'](?:canonical|author))[^>]*\shref=[\"'](?:https?:)?//|"
        r"@import\s|url\([\"']?(?:https?:)?//")
    files = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert len(files) > 30
    assert [str(path) for path in files if fetched.search(path.read_text())] == []


def test_the_search_has_its_words_in_a_file(site: Path) -> None:
    assert "threshold" in (site / "searchindex.js").read_text()


@pytest.mark.parametrize(("edit", "told"), [
    pytest.param(("docs/files.md", "[gone](nowhere.md)"), "nowhere.md", id="a page"),
    pytest.param(("docs/files.md", "[gone](glossary.md#nothing-there)"), "nothing-there",
                 id="a heading"),
    pytest.param(("docs/unlisted.md", "# Unlisted"), "toctree", id="a page in no list"),
])  # fmt: skip
@pytest.mark.long
def test_a_link_to_nothing_ends_a_build(
    edit: tuple[str, str], told: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.splitlines()  # fmt: skip
    for name in filter(PAGE.match, names):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    with (source / edit[0]).open("a") as page:
        page.write(f"\n{edit[1]}\n")
    done = made(source, tmp_path / "out")
    assert done.returncode == 1 and told in done.stderr, done.stderr


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_those_that_the_command_draws(name: str, tmp_path: Path) -> None:
    draw(tmp_path)
    assert (FOLDER / f"{name}.svg").read_bytes() == (tmp_path / f"{name}.svg").read_bytes()
    assert f"pictures/{name}.svg" in (ROOT / "docs/folding.md").read_text()
