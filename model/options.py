"""Command-line options: their types, with bounds for numbers, and refusals in one line."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from model.refusal import Refusal, say

SHOWN = 60
"""Most characters of a value that a refusal repeats."""


class Parser(argparse.ArgumentParser):
    """An argument parser that refuses with one line, beginning with ``error: ``, and status 2."""

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


seed = whole("--seed", 0, 2_000_000_000)
"""A seed that all tools accept, also with the number of further attempts added."""
fps = real("--fps", 1e-6, 1e9)
"""Type of the option --fps, in frames/s."""
fill = real("--fill", 1e-3, 1)
"""Type of the option --fill, a share of a device's logic."""
clock = real("--clock", 1e-3, 1e4)
"""Type of the option --clock, in MHz."""
jobs = whole("--jobs", 1, 1024)
"""Type of the option --jobs, a number of processes at once."""
out = path("--out")


def _shown(text: str) -> str:
    """A value as it was typed, clipped, with escapes for unprintable characters."""
    whole_text = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return whole_text if whole_text.isprintable() and whole_text.strip() else repr(whole_text)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if 1 <= value < 1e12 and value == int(value) else f"{value:g}"
