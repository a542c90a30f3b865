"""The page of a build: ``report.html``, one file that asks for nothing outside itself.

``report.md`` has its texts and tables too, for where Markdown is read.
"""

import base64
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hw.emit import page
from hw.emit.page.blocks import Block
from hw.emit.page.section import Section, Told
from model.rooms import kinds

FILE, SUMMARY = "report.html", "report.md"

_MARKUP = re.compile(r"([\\`*_\[\]<>|#~&])")

Content = Sequence[tuple[str, Section, Sequence[Block]]]
"""Sections by name, each with its blocks."""


def content(told: Told) -> Content:
    """Every section in its order, as `html` and `markdown` render it."""
    return [(name, section, section.blocks(told)) for name, section in sections()]


def texts(told: Told) -> dict[str, str]:
    """The texts of `FILE` and `SUMMARY`, by their names."""
    sections = content(told)
    return {FILE: html(told, sections), SUMMARY: markdown(told, sections)}


def html(told: Told, sections: Content) -> str:
    """The text of ``report.html``, light and dark, without a script."""
    return _templates().get_template("page.html").render(told=told, sections=sections).lstrip()


def markdown(told: Told, sections: Content) -> str:
    """The text of ``report.md``: all but bars and pictures."""
    text = _templates().get_template("page.md").render(told=told, sections=sections)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def sections() -> list[tuple[str, Section]]:
    """All sections with their names, in the order of the page."""
    return sorted(kinds(page, "SECTION").items(), key=lambda each: each[1].order)


@cache
def _templates() -> Environment:
    """The templates beside this file; what they show is escaped in HTML, and by ``plain`` in
    Markdown."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=lambda name: name == "page.html", undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode()
    environment.filters["plain"] = lambda text: _MARKUP.sub(r"\\\1", " ".join(text.split()))
    environment.filters["code"] = lambda text: f"`` {' '.join(text.split())} ``"
    environment.globals["style"] = Path(__file__).with_name("page.css").read_text()
    return environment
