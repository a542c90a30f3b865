"""Sections of a page that commands write, between two marks."""

import re


def between(mark: str, text: str, page: str) -> str:
    """The page with its text between ``<!-- mark -->`` and ``<!-- end -->`` replaced.

    Raises
    ------
    ValueError
        The page has no such marks.
    """
    marks = rf"(<!-- {re.escape(mark)} -->\n).*?(<!-- end -->)"
    made, count = re.subn(marks, lambda found: found[1] + text + found[2], page, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{count} marks called {mark} in the page, wanted one")
    return made
