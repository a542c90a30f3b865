"""Files that documents name are there."""

import re
from pathlib import Path

import pytest

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
