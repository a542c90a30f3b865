"""The page of a build: ``report.html``, one file that asks for nothing outside itself."""

import base64
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from hw.emit import page
from hw.emit.page.section import Section, Told
from model.rooms import kinds

FILE = "report.html"


def html(told: Told) -> str:
    """The text of ``report.html``: every section in its order, light and dark, without a script."""
    every = [(name, section, section.blocks(told)) for name, section in sections()]
    return _template().render(told=told, sections=every).lstrip()


def sections() -> list[tuple[str, Section]]:
    """All sections with their names, in the order of the page."""
    return sorted(kinds(page, "SECTION").items(), key=lambda each: each[1].order)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["base64"] = lambda content: base64.b64encode(content).decode()
    environment.globals["style"] = Path(__file__).with_name("page.css").read_text()
    return environment.get_template("page.html")
