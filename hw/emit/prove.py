"""Equivalence proofs by yosys: a module of cells equals its plain form, in all cycles and inputs.
"""

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
from model.files import write_text

LOG, FOUND = "yosys.log", "found.txt"

_GATES = (
    "hierarchy -check -top {0}", "proc", "flatten", "setattr -unset init",
    "opt -nodffe -nosdff", "techmap", "opt -nodffe -nosdff", "opt_clean -purge",
)  # fmt: skip
"""yosys commands that reduce a module to gates and plain registers without initial values.

A net without a driver stays one: it may have any value, of which ``opt -full`` would choose one.
"""

WIRES = """module \\$_DFF_P_ (input C, input D, output Q); assign Q = D; endmodule
"""
"""Verilog that makes registers wires: what is left of a pipeline with as many registers on every
path is its function."""

_MITER = "miter -equiv -flatten -make_outputs gold gate miter", "hierarchy -top miter"

_FUNCTION = (
    "techmap -map wires.v", "opt", "write_rtlil miter.il",
    # Equal sums inside are found one after the other, from the leaves up.
    "abc -script +strash;ifraig;fraig;strash;fraig", "opt",
    f"tee -q -o {FOUND} sat -verify -show-ports -prove trigger 0 miter",
)  # fmt: skip

_DIRECTLY = ("read_rtlil miter.il", _FUNCTION[-1])
"""yosys commands that compare without abc, which crashes over some modules that are not equal."""

DIFFERS = "model found: FAIL"
"""Text that yosys prints when it has found inputs for which two modules differ."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a proof; ``reason`` says why a module is not proved."""

    kind: Literal["proved", "refuted", "undecided"]
    reason: str = ""


PROVED = Outcome(kind="proved")


def prove(
    folder: Path, name: str, form: Form, texts: Sequence[str], models: Sequence[str], limit: float
) -> Outcome:
    """Compare a module of cells with its plain form.

    The function of a pipeline is compared by SAT with its registers made wires, and registers are
    counted on every path from an input to an output: all paths must have the same number, in both
    modules. Any other module must have inputs that load its registers (`hw.emit.plain.Form`): after
    a load, all sequences of inputs that are `_cycles` long are compared. Neither proof assumes
    anything of the registers' initial content.

    Parameters
    ----------
    folder : an empty folder for the files of the proof.
    texts : Verilog of the module and of all that it instantiates.
    models : files with models of the device's cells, as in `hw.emit.family.Family`.
    limit : most seconds for the proof.

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
    # Also after a proof that failed: a register with another clock can be the reason for that.
    balanced = _balanced(folder, name, form)
    return found if balanced.kind != "refuted" and found.kind == "undecided" else balanced


def _ran(folder: Path, script: str, limit: float) -> Outcome:
    """Run a yosys script that ends with ``sat``; returns the outcome of the proof."""
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


def _cycles(settling: int) -> int:
    """Number of cycles to compare, for shift registers that a load fills in ``settling`` cycles.

    The load takes ``settling`` cycles and one more, as its inputs are registered. From then on any
    content is possible, and is shifted out in as many cycles. One further cycle shows a content
    that differs: both modules have as many registers, so that each content of one belongs to
    exactly one of the other.
    """
    return 2 * settling + 4


def _sequence(form: Form) -> str:
    settling = form.settling
    told = [
        f"-set-at {cycle} in_{port} 1" for cycle in range(1, settling + 1) for port in form.begun
    ]
    length = f"-seq {_cycles(settling)} -prove-skip {settling + 1}"
    sat = f"tee -q -o {FOUND} sat -verify -show-ports"
    return " ".join([sat, length, *told, "-prove trigger 0 miter"])


def _balanced(folder: Path, name: str, form: Form) -> Outcome:
    """The outcome of comparing registers: as many bits, or as many stages, as in the plain form."""
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
    """The inputs and outputs for which two modules differ, from a table that yosys prints."""
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
    """A cache of outcomes in a folder, from build to build, by a key of all that decides them.

    Undecided outcomes depend on the time that there was, and are not kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Outcome | None:
        """The outcome kept for a key; None if there is none, or its file cannot be read."""
        try:
            return Outcome(**json.loads((self._folder / f"{key}.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def keep(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome, unless it is undecided; `OSError` if the folder cannot be written."""
        if outcome.kind != "undecided":
            self._folder.mkdir(parents=True, exist_ok=True)
            write_text(self._folder / f"{key}.json", json.dumps(asdict(outcome)) + "\n")


def key(name: str, form: Form, texts: Sequence[str], models: Sequence[str]) -> str:
    """The key of a proof: changes with the texts, the plain form, yosys and the code of proofs."""
    own = [Path(__file__), Path(__file__).with_name("pipeline.py")]
    inputs: Mapping[str, Any] = {
        "name": name, "form": [form.rtlil, form.begun, form.settling], "texts": list(texts),
        "models": list(models), "yosys": YOSYS.versions, "by": [file.read_text() for file in own],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:32]
