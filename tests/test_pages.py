"""Files that documents name are there."""

import re
from pathlib import Path

import pytest

from hw.emit.page.page import sections

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("docs/architecture.md", "docs/extending.md", "docs/glossary.md", "docs/faq.md",
         "CONTRIBUTING.md")
NAMED = re.compile(r"`((?:hw|model|boards|sim|tests|benchmarks)/[a-z_0-9/]*(?:\.py)?)`")


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page: str) -> None:
    named = NAMED.findall((ROOT / page).read_text())
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_glossary_has_a_word_once() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    words = rows[1:]
    assert 25 <= len(words) == len(set(words))


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in
                                                sorted((ROOT / "docs").glob("*.md")))])
def test_every_picture_of_a_page_is_there(page: str) -> None:
    text = (ROOT / page).read_text()
    shown = re.findall(r'!\[[^\]]+\]\(([^)]+)\)|<img src="([^"]+)"', text)
    missing = [path for each in shown for path in each
               if path and not (ROOT / page).parent.joinpath(path).is_file()]
    assert missing == []


def test_the_page_on_reports_has_every_section_in_its_order() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/report.md").read_text(), re.MULTILINE)
    assert headings[:-1] == [section.heading for _, section in sections()]
