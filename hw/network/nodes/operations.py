"""Operations: how often each operator of a binarized network works in one frame."""

from dataclasses import dataclass

KINDS = ("xnor", "count", "compare", "multiply", "add")


@dataclass(frozen=True, kw_only=True)
class Operations:
    """Counts by operator, of a node or of several (BNN-DL, arXiv 1904.02823, table 1)."""

    xnor: int = 0
    count: int = 0
    compare: int = 0
    multiply: int = 0
    add: int = 0

    def __add__(self, other: "Operations") -> "Operations":
        return Operations(**{kind: getattr(self, kind) + getattr(other, kind) for kind in KINDS})
