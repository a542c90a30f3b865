"""Delays of a routed design in SDF, as far as an endpoint needs them: its clock's, and its setup.

nextpnr counts a signal from the clock's source, through the clock's own wires, to the endpoint.
What is allowed for that is a clock's cycle, and the clock's way to the endpoint, less its setup.
"""

import re
from collections.abc import Mapping
from pathlib import Path

Pin = tuple[str, str]
"""A cell and one of its pins."""

INNER = "_INT"
"""Suffix of some pins' names in some of the files of nextpnr for GateMate."""

_DELAY = r"\(([^:]+):[^:]+:([^:]+)\)"
_CHECK = re.compile(rf"\(SETUPHOLD \(posedge (\S+)\) \(\w+ (\S+)\) {_DELAY}")
_WIRE = re.compile(rf"\(INTERCONNECT \S+ (\S+) {_DELAY}")
_ESCAPED = re.compile(r"\\(.)")


def late(path: Path) -> dict[Pin, int]:
    """Picoseconds to be added to a signal's arrival at a pin, for its delay within a cycle.

    These are the setup of the pin, less the delay of its clock. A pin of several clocks has the
    largest; one that no clock samples is missing.

    Parameters
    ----------
    path : a file that nextpnr wrote with ``--sdf``.
    """
    checks = _checks(path)
    wires = _wires(path, {clock for found in checks.values() for clock in found})
    return {pin: max(setup - wires.get(clock, 0) for clock, setup in found.items())
            for pin, found in checks.items()}


def pin_name(pin: str) -> str:
    """A pin's name, as all of nextpnr's files have it."""
    return pin.removesuffix(INNER)


def _checks(path: Path) -> dict[Pin, dict[Pin, int]]:
    """For every pin that is sampled, its setup by the pin of the clock, in picoseconds."""
    found: dict[Pin, dict[Pin, int]] = {}
    cell = ""
    with path.open() as lines:
        for line in lines:
            words = line.lstrip()
            if words.startswith("(INSTANCE "):
                cell = _plain(words.rstrip()[len("(INSTANCE "):-1])
            elif words.startswith("(SETUPHOLD (posedge ") and (check := _CHECK.match(words)):
                pin, clock, _, most = check.groups()
                known = found.setdefault((cell, pin_name(_plain(pin))), {})
                known[cell, pin_name(_plain(clock))] = round(float(most))
    return found


def _wires(path: Path, ends: set[Pin]) -> Mapping[Pin, int]:
    """The least delay of the wire that ends at each of some pins, in picoseconds."""
    found = {}
    # The file is read again rather than kept: few of its very many wires end at a clock's pin.
    with path.open() as lines:
        for line in lines:
            words = line.lstrip()
            if words.startswith("(INTERCONNECT ") and (wire := _WIRE.match(words)):
                cell, _, pin = _plain(wire[1]).rpartition("/")
                if (end := (cell, pin_name(pin))) in ends:
                    found[end] = round(float(wire[2]))
    return found


def _plain(name: str) -> str:
    return _ESCAPED.sub(r"\1", name)
