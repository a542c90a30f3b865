"""The rooms import in one direction only: the road's arrows, read from the source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ALLOWED = {
    "model": ("model",),
    "boards": (
        "boards", "model.arrays", "model.interruption", "model.progress", "model.refusal",
        "model.rooms",
    ),
    "hw/__init__.py": ("model.interruption",),
    # A kernel that slides is the network's and the window's.
    "hw/sliding.py": (),
    "hw/network": (
        "hw.network", "hw.sliding", "model.files", "model.refusal", "model.rooms", "model.zipped",
    ),
    # Fold is the door between the floating-point room and the integers; agreement looks through.
    "hw/network/fold.py": (
        "hw.network", "model.arch", "model.checkpoint", "model.refusal", "model.settled",
    ),
    "hw/network/agreement.py": (
        "hw.network", "model.checkpoint", "model.evaluation", "model.progress",
    ),
    # The link speaks the protocol that the host side defines; what a core takes is said in cells
    # of a family.
    "hw/cores": (
        "hw.cores", "hw.sliding", "boards.board", "boards.families", "boards.protocol",
        "boards.resources",
    ),
    # A core says its size, latency and cost, which the plan asks for.
    "hw/plan": (
        "hw.plan", "hw.network", "hw.cores", "boards.board", "boards.catalogue", "boards.families",
        "boards.protocol", "boards.resources", "model.files", "model.refusal", "model.rooms",
    ),
    "hw/design": (
        "hw.design", "hw.cores", "hw.plan", "hw.network", "boards.board", "boards.families",
        "boards.protocol", "model.refusal", "model.rooms",
    ),
    # The files beside a core tell its ports and registers; a placed design is given what another
    # clock asks of its cells.
    "hw/emit": (
        "hw.emit", "hw.design.adjustable", "hw.design.core", "hw.design.interface",
        "hw.cores.link.registers", "hw.plan", "hw.network", "boards.board", "boards.catalogue",
        "boards.resources", "model.files", "model.refusal", "model.rooms",
    ),
    "sim": (
        "sim", "hw.emit", "hw.design", "hw.cores", "hw.plan", "hw.network", "boards.board",
        "boards.catalogue", "boards.driver", "boards.protocol", "boards.resources",
        "model.checkpoint", "model.interruption", "model.layers", "model.networks",
        "model.records", "model.refusal", "model.rooms",
    ),
    # The steps of a build, of which some simulate.
    "hw/flow": (
        "hw.flow", "sim.cells", "sim.chunks", "sim.cosimulate", "sim.netlist", "sim.pins",
        "sim.player", "sim.ported", "sim.tools", "sim.verilate", "hw.emit", "hw.design",
        "hw.cores", "hw.plan", "hw.network", "boards.board", "boards.catalogue",
        "boards.resources", "model.checkpoint", "model.evaluation", "model.files",
        "model.labelled", "model.progress", "model.refusal", "model.rooms",
    ),
    "hw/steps.py": ("hw.flow", "hw.emit", "model.refusal"),
    # Command lines: what they need is light, as tests/commands/test_commands_lines.py sees to.
    "boards/options.py": ("boards.catalogue", "model.options"),
    "boards/run.py": (
        "boards.SIMULATED", "boards.options", "model.arrays", "model.command", "model.options",
    ),
    "boards/program.py": ("model.command", "model.options"),
    "sim/run.py": (
        "sim.chunks", "sim.verilate", "boards.options", "model.arrays", "model.command",
        "model.files",
        "model.image_options", "model.options", "model.refusal",
    ),
    "hw/check.py": (
        "boards.catalogue", "boards.options", "model.command", "model.options", "model.refusal",
    ),
    # The kinds of a core's ports and buses by their names alone.
    "hw/core_options.py": (
        "hw.cores.bus", "hw.design.interfaces", "hw.flow.request", "model.options",
        "model.refusal", "model.rooms",
    ),
    "hw/build.py": (
        "hw.core_options", "hw.flow.request", "hw.plan.budget", "boards.options", "model.command",
        "model.image_options", "model.options", "model.refusal",
    ),
    "hw/report.py": ("model.command", "model.options"),
    # What a build has left, and a board that is open: the host's door to the rooms of a design.
    "boards/built.py": (
        "boards.board", "boards.catalogue", "hw.emit.families", "hw.emit.report",
        "hw.flow.prints", "hw.flow.request", "hw.network", "hw.plan", "model.refusal",
    ),
    "boards/opened.py": (
        "boards", "sim.simulated_board", "hw.network.archive", "model.progress", "model.refusal",
    ),
    # The work of commands, which nobody imports but what many tests build by one.
    "model/work/evaluate.py": ("model", "hw.network.agreement"),
    "boards/work": (
        "boards", "sim.simulated_board", "hw.network.archive", "hw.network.fold",
        "hw.network.network", "hw.network.reference", "model.arrays", "model.checkpoint",
        "model.progress", "model.refusal",
    ),
    "boards/work/program.py": ("boards.built", "model.refusal"),
    "sim/work": (
        "sim", "hw.emit", "hw.design", "hw.plan", "hw.network", "boards.catalogue",
        "model.arrays", "model.checkpoint", "model.evaluation", "model.labelled",
        "model.progress", "model.refusal",
    ),
    "hw/work/__init__.py": (),
    "hw/work/check.py": (
        "hw.plan", "hw.network", "boards.board", "boards.catalogue", "model.checkpoint",
        "model.refusal",
    ),
    "hw/work/report.py": ("hw.flow", "hw.emit", "model.files", "model.refusal"),
    "hw/work/build.py": ("hw.steps", "hw.flow", "hw.emit", "model.refusal"),
    "hw/sweep.py": (
        "hw.flow.request", "boards.options", "model.command", "model.image_options",
        "model.options",
    ),
    "hw/work/sweep.py": (
        "hw.emit", "hw.flow.lock", "hw.flow.request", "boards.catalogue", "model.files",
        "model.refusal",
    ),
    "sim/roads.py": ("hw.build", "hw.steps", "hw.flow", "sim.random_networks", "model.checkpoint"),
    "purelogic": (
        "purelogic", "model.command", "model.interruption", "model.options", "model.refusal",
    ),
}  # fmt: skip
"""What of this program a room may import, in functions too; a file's own line goes before its
room's. Every line is allowed nothing but itself and what lies in lines above it."""

FOREIGN = {
    "torch": (
        "model", "hw/network/folding/float32.py", "hw/network/agreement.py", "sim", "tests",
    ),
    "amaranth": ("boards/platforms", "hw/cores", "hw/design", "hw/emit", "sim", "tests"),
    "cocotb": ("sim",),
    "scipy": ("hw/emit/floorplan.py",),
    "PIL": ("model/pictures.py", "hw/emit/page/gallery.py", "tests"),
    "jinja2": ("hw/emit/page/page.py",),
    "onnx": ("model/importers/qonnx/graph.py", "model/exporters/qonnx.py"),
}
"""Where a package from outside may be imported."""

OURS = ("model", "hw", "sim", "boards", "purelogic")


def files(room: str) -> list[str]:
    path = ROOT / room
    return [found.relative_to(ROOT).as_posix() for found in sorted(path.rglob("*.py"))]


def line_of(file: str) -> str:
    """The line of `ALLOWED` for a file, or for a module's path."""
    lines = [line for line in ALLOWED if f"{file}/".startswith(f"{line}/")]
    return max(lines, key=len, default="")


def is_test(file: str) -> bool:
    return Path(file).name.startswith("test_")


def is_command(file: str) -> bool:
    """It tells how it is run."""
    return (ast.get_docstring(tree(file)) or "").startswith("``python -m ")


def is_work(file: str) -> bool:
    """It does the work of a command."""
    return Path(file).parent.name == "work" and not file.endswith("__init__.py")


@cache
def tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text())


def imports(file: str) -> Iterator[str]:
    """The modules a file imports, those included that only a function asks for."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, places: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"{place}.") for place in places)


ROAD = [file for room in OURS for file in files(room) if not is_test(file)]
COMMANDS = tuple(file for file in ROAD if is_command(file))


@pytest.mark.parametrize("line", ALLOWED)
def test_a_room_imports_only_what_lies_before_it(line: str) -> None:
    found = [file for file in ROAD if line_of(file) == line]
    assert found, f"no files in {line}"
    wrong = [
        f"{file} imports {module}"
        for file in found
        for module in imports(file)
        if module.split(".")[0] in OURS and not within(module, ALLOWED[line])
    ]
    assert wrong == []


def test_every_file_is_guarded() -> None:
    assert [file for file in ROAD if not line_of(file)] == []


def test_no_line_allows_what_nobody_imports() -> None:
    asked: dict[str, set[str]] = {line: set() for line in ALLOWED}
    for file in ROAD:
        asked[line_of(file)].update(imports(file))
    wrong = [
        f"{line}: {place}"
        for line, places in ALLOWED.items()
        for place in places
        if not any(within(module, (place,)) for module in asked[line])
    ]
    assert wrong == []


@pytest.mark.parametrize("line", ALLOWED)
def test_the_lines_go_one_way(line: str) -> None:
    lines = list(ALLOWED)
    for module in ALLOWED[line]:
        path = module.replace(".", "/")
        found = line_of(path if (ROOT / path).is_dir() else f"{path}.py")
        assert lines.index(found) <= lines.index(line), f"{line} may import {module}"


def test_a_command_is_the_end_of_the_road() -> None:
    """Wherever its file lies: then what it imports is no arrow of its room."""
    assert "boards/run.py" in COMMANDS
    names = tuple(
        file.removesuffix(".py").replace("/", ".")
        for file in (*COMMANDS, *(file for file in ROAD if is_work(file)))
    )
    wrong = [
        f"{file} imports {module}"
        for file in ROAD
        for module in imports(file)
        if within(module, names) and file != "sim/roads.py"
    ]
    assert wrong == []


@pytest.mark.parametrize("package", FOREIGN)
def test_a_package_is_imported_only_where_it_belongs(package: str) -> None:
    wrong = [
        file
        for room in OURS
        for file in files(room)
        if not any(file == place or file.startswith(f"{place}/") for place in FOREIGN[package])
        and any(within(module, (package,)) for module in imports(file))
    ]
    assert wrong == []


def test_an_arrow_backwards_would_be_seen() -> None:
    assert "hw.design.accelerator.Accelerator" in imports("sim/cosimulate.py")
    assert "sim.simulated_board.simulated_port" in imports("boards/work/run.py")
    assert not within("hw.design.accelerator.Accelerator", ALLOWED["hw/plan"])
    assert not within("hw.networks", ("hw.network",))
