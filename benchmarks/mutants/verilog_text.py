"""The faults that can be planted in Verilog which a file of Python holds as text."""

import re
from collections.abc import Iterator

KEYWORDS = re.compile(r"\b(module|assign|always|wire|reg|input|output|endmodule)\b|\.[A-Z]+\d?\(")
"""By which text is known as Verilog."""

PATTERNS = (
    ("inverted", r"\bif \(", "if (!"),
    ("inverted", r"~", ""),
    ("operator", r" & ", " | "),
    ("operator", r" \| ", " & "),
    ("operator", r" \^ ", " | "),
    ("operator", r" \+ ", " - "),
    ("operator", r" - ", " + "),
    ("constant", r"1'b0", "1'b1"),
    ("constant", r"1'b1", "1'b0"),
    ("constant", r"(?<== )0(?=[;,])", "1"),
    ("constant", r"\[0\]", "[1]"),
    ("constant", r'(?<=\(")NO(?="\))', "YES"),
    ("constant", r"\bposedge\b", "negedge"),
)
"""Kind, what is found, and what stands there instead."""


def is_verilog(text: str) -> bool:
    """Whether a literal, with its quotes, holds a piece of a description."""
    return KEYWORDS.search(text) is not None


def replacements(text: str) -> Iterator[tuple[str, int, int, str]]:
    """Kind, first and last character, and the new text of each fault."""
    for kind, pattern, new in PATTERNS:
        for found in re.finditer(pattern, text):
            yield kind, found.start(), found.end(), new
