"""A step's key changes with every file that it runs, and with no other."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw.flow import sources
from hw.flow.core import CoreSimulateStep, CoreStep
from hw.steps import EXPLORE, STEPS

ALL = {step.name: type(step) for step in (*STEPS, EXPLORE)}

CHANGED = {
    "hw/network/geometry.py": ("fold plan verilog simulate report explore", "load"),
    "hw/network/fold.py": ("fold explore", "load verilog synth place bitstream"),
    "hw/plan/search.py": ("plan", "fold verilog simulate synth place bitstream"),
    "hw/cores/mvu/mvu.py": ("verilog", "load fold plan synth place bitstream"),
    "hw/cores/mvu/sizes.py": ("plan verilog", "load fold synth place bitstream"),
    "hw/design/known/ecp5.py": ("verilog", "load fold plan synth place"),
    "hw/emit/verilog.py": ("verilog", "load fold plan synth place bitstream"),
    "hw/emit/prove.py": ("prove", "load fold plan simulate synth place bitstream report"),
    "hw/emit/blocks.py": ("prove", "load fold plan simulate synth place bitstream report"),
    "hw/emit/gates.py": ("synth", "load fold plan verilog bitstream"),
    "hw/emit/place.py": ("place", "load fold plan verilog synth bitstream"),
    "hw/emit/known/ice40.py": ("verilog prove synth place bitstream report", "load fold plan"),
    "hw/emit/bitstream.py": ("bitstream", "load fold plan verilog synth place"),
    "hw/emit/lifeline.py": ("verilog simulate prove synth place bitstream", "load"),
    "hw/emit/energy.py": ("simulate report", "load fold plan verilog synth place bitstream"),
    "hw/emit/plot.py": ("explore report", "plan verilog"),
    "model/checkpoint.py": ("load fold simulate explore", "plan verilog synth place bitstream"),
    "model/evaluation.py": ("simulate", "load fold plan verilog synth place bitstream"),
    "sim/native/player.cpp": ("simulate", "fold plan verilog synth place bitstream report"),
    "sim/native/signals.h": ("simulate", "verilog"),
    "sim/benches/play.py": ("simulate", "verilog"),
    "model/train.py": ("", " ".join(ALL)),
    "model/evaluate.py": ("", " ".join(ALL)),
    "hw/build.py": ("", " ".join(ALL)),
    "hw/work/build.py": ("", " ".join(ALL)),
    "model/work/train.py": ("", " ".join(ALL)),
}
"""By the file that is changed: the steps that are run again, and some that are not."""


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_left_behind() -> Iterator[None]:
    """Other tests of this process build, and ask for the keys of the program as it is."""
    yield
    sources.code.cache_clear()


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    """The keys of the program as it is."""
    return keys()


@pytest.fixture(scope="module")
def tree(before: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The program's text elsewhere, to change; it is parsed once, which no change here minds."""
    root = tmp_path_factory.mktemp("tree")
    for room in sources.OURS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(sources.ROOT / room, root / room, ignore=ignored)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "ROOT", root)
        forget()
        yield root
    forget()


def forget() -> None:
    """As in another process."""
    for known in (sources._tree, sources._parsed, sources._direct, sources._is_ours):
        known.cache_clear()


def keys() -> dict[str, str]:
    sources.code.cache_clear()
    return {name: sources.code(step) for name, step in ALL.items()}


@pytest.mark.parametrize("file", CHANGED)
def test_steps_that_run_a_file_are_made_again_when_it_changes(
    file: str, tree: Path, before: dict[str, str]
) -> None:
    text = (tree / file).read_bytes()
    (tree / file).write_bytes(text + (b"\n" if file.endswith(".py") else b"// changed\n"))
    try:
        after = keys()
    finally:
        (tree / file).write_bytes(text)
    changed = {name for name in ALL if before[name] != after[name]}
    again, not_again = (set(words.split()) for words in CHANGED[file])
    assert changed >= again
    assert not changed & not_again


def test_a_definition_of_the_flow_counts_for_the_steps_that_use_it(
    tree: Path, before: dict[str, str]
) -> None:
    front = tree / "hw" / "flow" / "front.py"
    text = front.read_text()
    front.write_text(text.replace('note.say("board top")', 'note.say("the top")'))
    forget()
    try:
        after = keys()
    finally:
        front.write_text(text)
        forget()
    assert {name for name in ALL if before[name] != after[name]} == {"verilog"}


def test_the_same_text_elsewhere_has_the_same_keys(tree: Path, before: dict[str, str]) -> None:
    assert keys() == before


def test_another_version_of_a_package_makes_the_steps_that_import_it_again(
    monkeypatch: pytest.MonkeyPatch, before: dict[str, str]
) -> None:
    known = sources.distributions

    def other(name: str) -> list[str]:
        return [*known(name), "another"] if name == "scipy" else known(name)

    monkeypatch.setattr(sources, "distributions", other)
    after = keys()
    # Which places memories, and reads SVHN.
    assert {name for name in ALL if before[name] != after[name]} >= {"place"}
    assert before["verilog"] == after["verilog"]


def test_what_is_named_in_a_text_is_reached() -> None:
    simulate = sources.reached(ALL["simulate"])
    assert {"sim.benches.play", "sim.streams"} <= simulate.modules
    assert {file.name for file in simulate.beside} >= {
        "player.cpp", "player.h", "signals.h", "main.cpp", "lifeline.py",
    }
    assert "amaranth" in sources.reached(ALL["verilog"]).outside


def test_the_files_of_a_package_of_kinds_are_reached() -> None:
    plan = sources.reached(ALL["plan"]).modules
    assert {"hw.network.nodes.pool", "hw.plan.layers.hidden"} <= plan
    assert "hw.design.stages.hidden" not in plan
    assert "hw.design.stages.hidden" in sources.reached(ALL["verilog"]).modules


@pytest.mark.parametrize("step", [CoreStep, CoreSimulateStep])
def test_a_core_is_made_again_when_its_ports_change(step: type) -> None:
    files = {path.relative_to(sources.ROOT).as_posix() for path in sources.reached(step).files}
    assert {"hw/cores/bus/wishbone.py", "hw/design/interfaces/axis.py"} <= files
    assert ("hw/emit/core/bench.py" in files) == (step is CoreStep)
