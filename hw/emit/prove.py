"""Proofs by yosys that a module of cells equals its plain form, for all inputs and for ever."""

import hashlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from hw.emit.pipeline import Foreign, Registers, registers
from hw.emit.plain import Form
from hw.emit.tools import YOSYS, Failure, Overdue, run
from hw.emit.verilog import write

LOG, FOUND = "yosys.log", "found.txt"

_GATES = (
    "hierarchy -check -top {0}", "proc", "flatten", "setattr -unset init",
    "opt -nodffe -nosdff", "techmap", "opt -nodffe -nosdff", "opt_clean -purge",
)  # fmt: skip
"""Gates and plain registers, whatever these begin with. A net that nothing drives stays one: it
may be anything, which ``opt -full`` would choose as it suits."""

WIRES = """module \\$_DFF_P_ (input C, input D, output Q); assign Q = D; endmodule
"""
"""Registers as wires: in a pipeline with as many on every way, this is its function."""

_MITER = "miter -equiv -flatten -make_outputs gold gate miter", "hierarchy -top miter"

_FUNCTION = (
    "techmap -map wires.v", "opt", "write_rtlil miter.il",
    # Equal sums inside are found one after the other, from the leaves up.
    "abc -script +strash;ifraig;fraig;strash;fraig", "opt",
    f"tee -q -o {FOUND} sat -verify -show-ports -prove trigger 0 miter",
)  # fmt: skip

_DIRECTLY = ("read_rtlil miter.il", _FUNCTION[-1])
"""What finds a difference where abc has crashed, as it does over some that are not equal."""

DIFFERS = "model found: FAIL"
"""What yosys says when it has found inputs for which the two differ."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a proof; ``reason`` says why it is none."""

    kind: Literal["proved", "refuted", "undecided"]
    reason: str = ""


PROVED = Outcome(kind="proved")


def prove(
    folder: Path, name: str, form: Form, texts: Sequence[str], models: Sequence[str], limit: float
) -> Outcome:
    """Compare a module of cells with its plain form.

    A pipeline's function is compared by SAT with its registers as wires, and registers are counted
    on every way from an input to an output: there must be as many on all, in both. Anything else
    must say how its registers are told what they hold (`hw.emit.plain.Form`): from there on every
    sequence of inputs is compared, `_cycles` long. Both hold whatever registers held before.

    Parameters
    ----------
    folder : an empty one, to work in.
    texts : in Verilog: the module, and what it uses.
    models : what the device's cells do, as of `hw.emit.family.Family`.
    limit : seconds.

    Raises
    ------
    Refusal
        yosys is not installed.
    """
    for number, text in enumerate(texts):
        (folder / f"cells{number}.v").write_text(text)
    (folder / "plain.il").write_text(form.rtlil)
    (folder / "wires.v").write_text(WIRES)
    cells = [f"read_verilog -defer +/{model}" for model in models]
    cells += (f"read_verilog cells{number}.v" for number in range(len(texts)))
    (folder / "prove.ys").write_text("\n".join(_script(name, form, cells)) + "\n")
    (folder / "directly.ys").write_text("\n".join(_DIRECTLY) + "\n")
    begun = time.monotonic()
    found = _ran(folder, "prove.ys", limit)
    left = limit - (time.monotonic() - begun)
    if found.kind == "undecided" and left > 0 and (folder / "miter.il").exists():
        found = _ran(folder, "directly.ys", left)
    if found.kind == "refuted" or not (folder / "gate.json").exists():
        return found
    # Looked at in any case: what is no register of the clock can also be why there is no proof.
    balanced = _balanced(folder, name, form)
    return found if balanced.kind != "refuted" and found.kind == "undecided" else balanced


def _ran(folder: Path, script: str, limit: float) -> Outcome:
    """What a script of yosys proves that ends with `sat`."""
    try:
        run(YOSYS, "-q", script, folder=folder, log=LOG, limit=limit)
    except Overdue:
        return Outcome(kind="undecided", reason="no proof in the time there is")
    except Failure as failure:
        found = folder / FOUND
        text = found.read_text(errors="replace") if found.exists() else ""
        if DIFFERS in text:
            return Outcome(kind="refuted", reason=_counterexample(text))
        return Outcome(kind="undecided", reason=str(failure).partition(" (see ")[0])
    return PROVED


def _script(name: str, form: Form, cells: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for side, read in (("gold", ["read_rtlil plain.il"]), ("gate", cells)):
        lines += ["design -reset", *read, *(line.format(name) for line in _GATES)]
        lines += [f"write_json {side}.json", f"rename {name} {side}", f"design -stash {side}"]
    lines += ["design -reset", *(f"design -copy-from {side} {side}" for side in ("gold", "gate"))]
    lines += _MITER
    return [*lines, _sequence(form)] if form.begun else [*lines, *_FUNCTION]


def _cycles(turns: int) -> int:
    """How many cycles are compared, told how registers that shift in ``turns`` begin.

    Told in ``turns`` cycles, a cycle later as these inputs are registered: then every content can
    be had, and what it is comes out in as many turns. One cycle more, and a content that is not
    the other's would have shown: as both have as many registers, each content of one belongs to
    just one of the other.
    """
    return 2 * turns + 4


def _sequence(form: Form) -> str:
    turns = form.turns
    told = [
        f"-set-at {cycle} in_{port} 1" for cycle in range(1, turns + 1) for port in form.begun
    ]
    length = f"-seq {_cycles(turns)} -prove-skip {turns + 1}"
    sat = f"tee -q -o {FOUND} sat -verify -show-ports"
    return " ".join([sat, length, *told, "-prove trigger 0 miter"])


def _balanced(folder: Path, name: str, form: Form) -> Outcome:
    """What is left to prove: that registers are where the plain form has them."""
    found: list[Registers] = []
    for side in ("gold", "gate"):
        modules = json.loads((folder / f"{side}.json").read_text())["modules"]
        try:
            found.append(registers(modules[name]))
        except Foreign as foreign:
            kind: Literal["undecided", "refuted"] = "undecided" if side == "gold" else "refuted"
            return Outcome(kind=kind, reason=str(foreign))
    plain, cells = found
    if form.begun:
        if plain.count != cells.count:
            return Outcome(kind="refuted", reason=(
                f"it has {cells.count} bits of registers where {plain.count} are to be"
            ))  # fmt: skip
        return PROVED
    if plain.stages is None or plain.stages[0] != plain.stages[1]:
        return Outcome(kind="undecided", reason="its plain form is no pipeline")
    if cells.stages != plain.stages:
        ways = "a loop of" if cells.stages is None else "{} to {}".format(*cells.stages)
        return Outcome(kind="refuted", reason=(
            f"{ways} registers on the ways from inputs to outputs, where {plain.stages[0]} are "
            "to be"
        ))  # fmt: skip
    return PROVED


def _counterexample(text: str) -> str:
    """Inputs and outputs of a table that yosys prints, in hexadecimal."""
    row = re.compile(r"^\s*(\d+ +)?\\(in|gold|gate)_(\S+) +\S+ +([0-9a-fx]+|--)? *([01x]+)\s*$")
    known = [each.groups() for each in map(row.match, text.splitlines()) if each]
    if not known or any(cycle for cycle, *_ in known):
        return "it gives something else after some cycles"
    values = {f"{side} {port}": f"{int(bits.replace('x', '0'), 2):x}"
              for _, side, port, _, bits in known}  # fmt: skip
    given = ", ".join(f"{port[3:]} = {value}" for port, value in values.items()
                      if port[:2] == "in" and port != "in clk")  # fmt: skip
    outs = [
        f"{port[5:]} = {value} instead of {values[f'gold {port[5:]}']}"
        for port, value in values.items()
        if port[:4] == "gate" and values.get(f"gold {port[5:]}") != value
    ]
    return f"for {given} (hexadecimal) it gives {', '.join(outs)}"


class Known:
    """Outcomes that are kept from build to build, by all that decides them.

    Only those are kept that time has no part in.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Outcome | None:
        """What was found for a key; None if nothing was, or if it cannot be read."""
        try:
            return Outcome(**json.loads((self._folder / f"{key}.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def keep(self, key: str, outcome: Outcome) -> None:
        """Raises `OSError` where the folder cannot be written."""
        if outcome.kind != "undecided":
            self._folder.mkdir(parents=True, exist_ok=True)
            write(self._folder / f"{key}.json", json.dumps(asdict(outcome)) + "\n")


def key(name: str, form: Form, texts: Sequence[str], models: Sequence[str]) -> str:
    """Changes with the texts, the plain form, yosys and this program's way to prove."""
    own = [Path(__file__), Path(__file__).with_name("pipeline.py")]
    parts: Mapping[str, Any] = {
        "name": name, "form": [form.rtlil, form.begun, form.turns], "texts": list(texts),
        "models": list(models), "yosys": YOSYS.versions, "by": [file.read_text() for file in own],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
