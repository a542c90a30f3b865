"""The one way a command says no: a single clear line and exit status 2."""

import functools
import sys
from collections.abc import Sequence
from typing import Protocol


class Main(Protocol):
    """A command: the words after its name, or None for those it was started with."""

    def __call__(self, argv: Sequence[str] | None = None) -> int: ...


class Refusal(Exception):
    """An input that cannot be used: the message says what is wrong, where, and what to do."""


def refusing(main: Main) -> Main:
    """Wrap a command's ``main``: a `Refusal` becomes ``error: ...`` on stderr and status 2."""

    @functools.wraps(main)
    def wrapped(argv: Sequence[str] | None = None) -> int:
        try:
            return main(argv)
        except Refusal as refusal:
            print(f"error: {refusal}", file=sys.stderr)
            return 2

    return wrapped
