"""The faults that can be planted in Verilog in strings of a Python file."""

import re
from collections.abc import Iterator

KEYWORDS = re.compile(r"\b(module|assign|always|wire|reg|input|output|endmodule)\b|\.[A-Z]+\d?\(")
"""Pattern of strings that are Verilog."""

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
"""Mutations: kind, pattern, and replacement."""


def is_verilog(text: str) -> bool:
    """True if a string literal, with its quotes, contains Verilog."""
    return KEYWORDS.search(text) is not None


def replacements(text: str) -> Iterator[tuple[str, int, int, str]]:
    """Kind, start, end and new text of each fault in a text."""
    for kind, pattern, new in PATTERNS:
        for found in re.finditer(pattern, text):
            yield kind, found.start(), found.end(), new
