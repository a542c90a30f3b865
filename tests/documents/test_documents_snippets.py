"""Python in documents: every block is run, and what it prints is what stands below it."""

import doctest
from pathlib import Path

import pytest
from documents_inputs import put
from documents_pages import PAGES, ROOT, Block, blocks

COMPILED = {"boards.md": "needs a board; tests/boards/test_boards_opened.py simulates one"}
"""Pages whose blocks without a prompt are compiled and not run, each with the reason."""

PYTHON = {page: [each for each in blocks(page) if each.language == "python"] for page in PAGES}


@pytest.mark.parametrize("page", [page for page, found in PYTHON.items() if found],
                         ids=lambda page: page.name)  # fmt: skip
def test_the_python_of_a_page_does_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "mnist")
    shown = [each.text for each in PYTHON[page] if ">>>" in each.text]
    test = doctest.DocTestParser().get_doctest("\n".join(shown), {}, page.name, str(page), 0)
    said: list[str] = []
    assert doctest.DocTestRunner().run(test, out=said.append).failed == 0, "".join(said)
    for block in PYTHON[page]:
        if ">>>" not in block.text:
            code = compile(block.text, block.name, "exec")
            if page.name not in COMPILED:
                exec(code, {})


def test_a_wrong_number_below_a_line_is_found() -> None:
    text = Block(ROOT / "README.md", "python", ">>> 1 + 1\n3\n", 1).text
    test = doctest.DocTestParser().get_doctest(text, {}, "wrong", None, 0)
    assert doctest.DocTestRunner().run(test, out=lambda said: None).failed == 1


def test_pages_have_no_prompt_outside_a_block_of_python() -> None:
    for page in PAGES:
        text = page.read_text()
        assert text.count(">>> ") == sum(each.text.count(">>> ") for each in PYTHON[page]), page
