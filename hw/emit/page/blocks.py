"""What a section of a page is made of: texts, answers, tables, bars and pictures, without markup.

A renderer turns each kind into its own form, as ``page.html`` does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

Verdict = Literal["good", "bad", "unknown", "none"]
"""Whether something holds; "none" where there is nothing that could fail."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph, which may end in a command line."""

    kind: ClassVar = "text"
    text: str
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A question with its answer in a word or figure, and sentences that say how it is known."""

    question: str
    answer: str
    verdict: Verdict
    reasons: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Questions that are asked first."""

    kind: ClassVar = "answers"
    answers: Sequence[Answer]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: the first cell of a row is its header.

    Parameters
    ----------
    marked : numbers of the rows that stand out, each with the word that says why.
    figures : whether the other cells are figures, which are aligned to the right.
    folded : whether it is closed at first, for figures that few look up.
    shares : of some rows, by number, a share of a whole that is drawn below the row's header.
    """

    kind: ClassVar = "table"
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: Mapping[int, str] = field(default_factory=dict)
    figures: bool = True
    folded: bool = False
    shares: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A share of a whole, 0 to 1, with the figure it stands for; marked if it stands out."""

    label: str
    value: str
    share: float
    marked: bool = False


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Shares below each other, for comparison."""

    kind: ClassVar = "bars"
    caption: str
    bars: Sequence[Bar]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image as PNG, with what it shows in words, its verdict, and lines on it."""

    png: bytes
    name: str
    verdict: Verdict
    lines: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """Pictures side by side."""

    kind: ClassVar = "gallery"
    caption: str
    pictures: Sequence[Picture]


@dataclass(frozen=True, kw_only=True)
class Area:
    """A part of a map: its name, its colour as an angle of hue, or None for grey, and its places,
    columns and rows of a grid; ``label`` is the place where its name stands, if it is large."""

    name: str
    hue: int | None
    places: Sequence[tuple[int, int]]
    label: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Map:
    """A grid whose squares belong to areas, with what it shows in words.

    ``frame`` is the first column and row, and the number of columns and rows.
    """

    kind: ClassVar = "map"
    caption: str
    name: str
    frame: tuple[int, int, int, int]
    areas: Sequence[Area]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A box of a graph in a row of its own: its lane, its name, what it does, and the shape of what
    it gives; marked with a word if it stands out."""

    lane: int
    name: str
    does: str
    shape: str
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A line of a graph, down the lane of its first row and into the lane of its last."""

    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Boxes below each other with lines between them, from the first to the last."""

    kind: ClassVar = "graph"
    caption: str
    name: str
    stops: Sequence[Stop]
    edges: Sequence[Edge]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Shares, 0 to 1, from the lowest to the highest, with a label and what they say in words."""

    label: str
    value: str
    shares: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """Shares of several kinds below each other, each a curve from the left to the right."""

    kind: ClassVar = "profiles"
    caption: str
    profiles: Sequence[Profile]


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A drawing as SVG, with what it shows in words."""

    kind: ClassVar = "plot"
    caption: str
    name: str
    svg: str


Block = Text | Answers | Table | Bars | Gallery | Map | Graph | Profiles | Plot
