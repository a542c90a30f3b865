"""A page of HTML as a test sees it: its elements, texts and tables, each closed in its order."""

from html.parser import HTMLParser

EMPTY = ("meta", "img", "br")
SHOWN = {"h1", "h2", "h3", "th", "td", "caption", "strong", "li", "p", "title", "style"}


class Page(HTMLParser):
    """The elements of a page with their attributes, and the texts of those in `SHOWN`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.rows: list[list[str]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.opened: list[str] = []
        self.feed(text)
        self.close()
        assert self.opened == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY:
            self.opened.append(tag)
        if tag in SHOWN:
            self.texts.append((tag, ""))
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag
        if tag == "table":
            caption = [text for kind, text in self.texts if kind == "caption"][-1]
            self.tables[caption], self.rows = self.rows, []

    def handle_data(self, data: str) -> None:
        if self.opened and (inner := [each for each in self.opened if each in SHOWN]):
            kind, text = self.texts[-1]
            self.texts[-1] = (kind, text + data)
            if inner[-1] in ("th", "td"):
                self.rows[-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for each, attributes in self.elements if each == tag]

    @property
    def classes(self) -> set[str]:
        return {name for _, found in self.elements for name in found.get("class", "").split()}

    def said(self, tag: str) -> list[str]:
        return [text for each, text in self.texts if each == tag]
