"""Command-line options: their types, with bounds for numbers, and refusals in one line."""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from model import files
from model.refusal import Refusal, say

SHOWN = 60
"""Most characters of a value that a refusal repeats."""


class Help(argparse.HelpFormatter):
    """A text of help in which every option says its default and its choices.

    Lines of the epilog that are indented are examples, and stay as they are.
    """

    def _get_help_string(self, action: argparse.Action) -> str:
        said = action.help or ""
        if action.choices is not None and action.metavar:
            said += f": {', '.join(map(str, action.choices))}"
        if isinstance(action, argparse.BooleanOptionalAction) and "default" not in said:
            return f"{said} (default: {'yes' if action.default else 'no'})"
        if action.required or action.nargs == 0 or "default" in said or not action.option_strings:
            return said
        return said + (" (default: none)" if action.default is None else " (default: %(default)s)")

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        return "\n".join(line if line[:2] in ("", "  ") else fill(line, width, indent)
                         for line in text.splitlines())


class Parser(argparse.ArgumentParser):
    """An argument parser that refuses with one line, beginning with ``error: ``, and status 2."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"formatter_class": Help} | given)

    def error(self, message: str) -> NoReturn:
        line = message.removeprefix("argument ")
        say(f"error: {line}; {self.prog} --help says what there is")
        raise SystemExit(2)


def whole(option: str, least: int, most: int) -> Callable[[str], int]:
    """Type of an option for a whole number from ``least`` to ``most``; raises `Refusal`."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise Refusal(f"{option} {_shown(text)}: give a whole number from {least:,} to "
                          f"{most:,}")
        return value

    return number


def real(option: str, least: float, most: float) -> Callable[[str], float]:
    """Type of an option for a finite number from ``least`` to ``most``."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise Refusal(f"{option} {_shown(text)}: give a number from {_figure(least)} to "
                          f"{_figure(most)}")
        return value

    return number


def name(option: str) -> Callable[[str], str]:
    """Type of an option for a name."""

    def text(value: str) -> str:
        if not value.strip():
            raise Refusal(f"{option} {value!r}: an empty name; give one, or leave the option out")
        return value

    return text


def path(option: str) -> Callable[[str], Path]:
    """Type of an option for the path of a file or a folder."""

    def place(text: str) -> Path:
        if not text or "\0" in text:
            raise Refusal(f"{option} {text!r}: no path; give a file or a folder")
        return Path(text)

    return place


@dataclass(frozen=True)
class File:
    """Type of an option for the path of a file to read, or, with ``folder``, of a folder.

    ``hint`` is what a refusal of a missing file advises.
    """

    option: str
    hint: str = ""
    folder: bool = False

    def __call__(self, text: str) -> Path:
        return path(self.option)(text)

    def check(self, place: Path) -> None:
        """Raise `Refusal` if there is no such file that can be read."""
        if not (self.folder and place.is_dir()):
            files.size(place, sys.maxsize, hint=self.hint)


def size(text: str) -> tuple[int, int]:
    """Type of the option --size: pixels of height and width, one number for both or two."""
    parts = text.lower().split("x")
    numbers = [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 5]
    if len(numbers) != len(parts) or len(parts) > 2 or not all(2 <= n <= 4096 for n in numbers):
        raise Refusal(f"--size {_shown(text)}: give a number of pixels from 2 to 4,096, or two as"
                      " 24x32, height first")
    return numbers[0], numbers[-1]


seed = whole("--seed", 0, 2_000_000_000)
"""A seed that all tools accept, also with the number of further attempts added."""
fps = real("--fps", 1e-6, 1e9)
"""Type of the option --fps, in frames/s."""
fill = real("--fill", 1e-3, 1)
"""Type of the option --fill, a share of a device's logic."""
clock = real("--clock", 1e-3, 1e4)
"""Type of the option --clock, in MHz."""


def clock_or_max(text: str) -> float:
    """Type of an option --clock that can be max as well, which is infinite."""
    return math.inf if text == "max" else clock(text)


jobs = whole("--jobs", 1, 1024)
"""Type of the option --jobs, a number of processes at once."""
out = path("--out")
trained = File("--checkpoint", files.TRAINED)
"""Type of the option --checkpoint."""


def _shown(text: str) -> str:
    """A value as it was typed, clipped, with escapes for unprintable characters."""
    whole_text = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return whole_text if whole_text.isprintable() and whole_text.strip() else repr(whole_text)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if 1 <= value < 1e12 and value == int(value) else f"{value:g}"
