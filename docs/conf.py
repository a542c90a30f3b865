"""Settings of the site: the Markdown pages of the repository, as they lie in it, made into HTML.

The source folder is the repository itself, so that a link between two pages is the same on the
site and where the repository is read. Which pages there are, and in which order, is said by the
lists of docs/index.md; a page that is in none of them ends a build with ``-W``.
"""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FRONT = "docs/index"

project = "Purelogic"
author = "the authors of Purelogic"
copyright = author
root_doc = FRONT
extensions = ["myst_nb"]
include_patterns = ["*.md", "docs/*.md", "benchmarks/*.md", "examples/*/README.md",
                    "examples/notebooks/*.ipynb"]
# The Markdown of GitHub: anchors of headings are made as there.
myst_heading_anchors = 4
suppress_warnings = [
    # A list of pages and a page's own order of headings are the writer's business.
    "myst.header",
    # Code blocks without a language are console text.
    "misc.highlighting_failure",
]
highlight_language = "none"
pygments_style = "friendly"
pygments_dark_style = "github-dark"

# Notebooks lie in the repository without outputs; a build runs them once, and keeps the outputs.
nb_execution_mode = "cache"
nb_execution_cache_path = str(ROOT / "build" / "notebooks")
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_show_tb = True

html_theme = "furo"
html_title = "Purelogic"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["site/static"]
html_css_files = ["site.css"]
# The front page is docs/index.html; this leads there from the top.
html_extra_path = ["site/top"]

LISTED = re.compile(r"^- \[([^\]]+)\]\(([^)#]+?)(?:\.md|\.ipynb)\)", re.MULTILINE)
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def navigation(text: str) -> str:
    """Tables of contents, one for each section of the front page, of the pages that it lists."""
    trees = []
    _, *parts = SECTION.split(text)
    for caption, body in zip(parts[::2], parts[1::2], strict=True):
        pages = "\n".join(f"{title} <{page}>" for title, page in LISTED.findall(body))
        if pages:
            trees.append(f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n")
    return "\n".join(trees)


def _add_navigation(app: Any, name: str, source: list[str]) -> None:
    if name == FRONT:
        source[0] += "\n" + navigation(source[0])


def setup(app: Any) -> dict[str, bool]:
    """Give the front page its table of contents."""
    app.connect("source-read", _add_navigation)
    return {"parallel_read_safe": True}
