"""The critical path of a routed design: nextpnr's report on it, told by layer."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hw.emit.clock import is_own
from hw.emit.family import home

OUTPUT, LOGIC, WIRES, SETUP = "clock to output", "logic", "wire", "setup"
KINDS = {"clk-to-q": OUTPUT, "source": OUTPUT, "logic": LOGIC, "routing": WIRES, "setup": SETUP}
"""What a delay is of, by nextpnr's name for it."""

_MADE = re.compile(r"(_(?=[A-Z])[A-Z0-9]{2,}|\$).*")
"""What tools append to the name of a signal for the cell that drives it."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A delay on the path, in seconds: of one of `KINDS`, in a cell of a layer, or into it.

    ``signal`` is the cell's name within the layer, as far as it is that of a signal in the design.
    """

    layer: str
    signal: str
    kind: str
    seconds: float


def read(path: Path, names: Mapping[str, str], asked: float) -> tuple[Step, ...]:
    """The slowest path from register to register of the design's own clock.

    Parameters
    ----------
    path : nextpnr's report.
    names : the name of every kept module by its path, in which cells are looked for, and of what
        is outside.
    asked : frequency of the clock in Hz, by which it is found.

    Returns
    -------
    Nothing where the report has no such path.
    """
    report = json.loads(path.read_text())
    own = {name for name, clock in report["fmax"].items() if is_own(clock, asked)}
    paths = [each["path"] for each in report.get("critical_paths", ())
             if each["from"] == each["to"] and each["to"].rpartition(" ")[2] in own]
    slowest = max(paths, key=lambda steps: sum(step["delay"] for step in steps), default=())
    return tuple(_step(step, names) for step in slowest)


def _step(step: Mapping[str, Any], names: Mapping[str, str]) -> Step:
    cell = step["to"]["cell"]
    path = home(cell, [*names])
    return Step(layer=names[path], signal=signal(cell, path), kind=KINDS.get(
        step["type"], step["type"]), seconds=step["delay"] * 1e-9)


def signal(cell: str, path: str) -> str:
    """Name of a cell in the kept module at ``path``, as far as it is that of a signal in the
    design."""
    return _MADE.sub("", cell.removeprefix(f"{path}.")).strip(".")
