"""The design's own clock, among those of nextpnr's report."""

from collections.abc import Mapping

ROUNDED = 0.002
"""Relative difference allowed between nextpnr's constraint and the clock that a PLL makes: nextpnr
rounds the period of the PLL's oscillator, a nanosecond at least, to whole picoseconds."""


def is_own(clock: Mapping[str, float], asked: float) -> bool:
    """True if a clock of the report is the one that is constrained to ``asked`` Hz."""
    return abs(clock["constraint"] * 1e6 - asked) <= ROUNDED * asked
