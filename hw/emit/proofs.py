"""The proofs of a design: its modules of cells equal their plain forms, its memories their words.
"""

import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hw.emit import blocks, prove
from hw.emit.child import results
from hw.emit.family import Family
from hw.emit.plain import Form
from hw.emit.project import Project
from hw.emit.prove import Known, Outcome
from hw.emit.report import Proofs

Say = Callable[[str, str], None]

LIMIT = 60.0
"""Most seconds for one proof: those of the MNIST example take a few each."""

TOP = "top.il"


def check(
    project: Project, family: Family, folder: Path, known: Known, *, jobs: int, seconds: float,
    say: Say,
) -> Proofs:
    """Prove as many modules as ``seconds`` allow, small ones first, and compare all memories.

    Parameters
    ----------
    folder : folder for the files of the proofs.
    known : outcomes of earlier builds, which are not proved again.
    jobs : number of proofs at the same time.

    Raises
    ------
    Refusal, Failure, OSError
        yosys is not installed or cannot read what it is given; the disk is full.
    """
    outcomes = _modules(project, family, folder, known, jobs, seconds, say)
    say("reading block memories", "")
    memories = _memories(project, folder)
    every = outcomes | memories
    cores = {name: form.core for name, form in project.plain.modules.items()}
    cores |= {name: held.core for name, held in project.plain.memories.items()}
    others, strange = _others(project)
    return Proofs(
        proved=tuple(name for name, each in outcomes.items() if each.kind == "proved"),
        memories=sum(each.kind == "proved" for each in memories.values()),
        words=sum(len(project.plain.memories[name].words) for name, each in memories.items()
                  if each.kind == "proved"),
        simulated=strange | {
            name: each.reason for name, each in every.items() if each.kind == "undecided"
        },
        refuted={name: f"{cores[name]}: {each.reason}" for name, each in every.items()
                 if each.kind == "refuted"},
        others=others,
    )  # fmt: skip


def _modules(
    project: Project, family: Family, folder: Path, known: Known, jobs: int, seconds: float,
    say: Say,
) -> dict[str, Outcome]:
    forms = project.plain.modules
    library = [text for name, text in project.files.items()
               if name.endswith(".v") and name.removesuffix(".v") not in forms]  # fmt: skip
    texts = {name: [*library, project.files[f"{name}.v"]] for name in forms}
    keys = {name: prove.key(name, form, texts[name], family.models)
            for name, form in forms.items()}  # fmt: skip
    found = {name: each for name in forms if (each := known.find(keys[name])) is not None}
    waiting = sorted(forms.keys() - found.keys(), key=lambda name: (len(texts[name][-1]), name))
    end = time.monotonic() + seconds

    def one(name: str, form: Form) -> Outcome:
        left = end - time.monotonic()
        if left <= 0:
            return Outcome(kind="undecided", reason=f"no time left of {seconds:g} s for proofs")
        with tempfile.TemporaryDirectory(dir=folder) as work:
            return prove.prove(
                Path(work), name, form, texts[name], family.models, min(LIMIT, left)
            )

    say("proving cells", f"({len(found)} of {len(forms)} known)")
    calls = [partial(one, name, forms[name]) for name in waiting]
    for name, outcome in zip(waiting, results(calls, jobs), strict=True):
        known.keep(keys[name], outcome)
        found[name] = outcome
        say("proving cells", f"({len(found)} of {len(forms)})")
    return {name: found[name] for name in forms}


def _memories(project: Project, folder: Path) -> dict[str, Outcome]:
    held = project.plain.memories
    if not held:
        return {}
    modules = blocks.modules(folder, project.files[TOP], held)
    found = {}
    for name, words in held.items():
        try:
            wrong = blocks.difference(modules[name], words)
        except blocks.Unreadable as why:
            wrong = str(why)
        found[name] = Outcome(kind="refuted", reason=wrong) if wrong else prove.PROVED
    return found


_INSTANCE = re.compile(r"^  cell \\(\S+) \\?(\S+)$", re.MULTILINE)


def _others(project: Project) -> tuple[dict[str, int], dict[str, str]]:
    """Cells of the device that have no plain form, as two dictionaries.

    The first is the number of cells by type in the board's part of the top, such as pins and
    clocks. The second has those inside the accelerator, each with the reason why it is not proved.
    """
    modules = dict(blocks.texts(project.files[TOP]))
    counts: Counter[str] = Counter()
    strange: dict[str, str] = {}
    for module, text in modules.items():
        for kind, _ in _INSTANCE.findall(text):
            if kind in modules or kind in project.plain.modules:
                continue
            if _is_of_board(module):
                counts[kind] += 1
            elif module not in project.plain.memories:
                strange[f"{kind} in {module}"] = "a cell that comes with no plain form"
    return dict(sorted(counts.items())), strange


def _is_of_board(module: str) -> bool:
    """True if a module is part of the board's top and not of the logic within it."""
    return not f"{module}.".startswith("top.logic.")


