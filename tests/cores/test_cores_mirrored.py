"""Every core has a file of tests of its own, found by its name alone.

The rule: ``hw/cores/<room>/<name>.py`` is tested by ``tests/cores/<room>/test_<room>_<name>.py``,
and ``hw/cores/<name>.py`` by ``tests/cores/test_cores_<name>.py``. That file imports the core, and
has tests. What else looks at a core, such as ``sim/test_window.py`` at the window, comes on top.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORES = ROOT / "hw" / "cores"
HERE = ROOT / "tests" / "cores"
DEFINITIONS = (ast.ClassDef, ast.FunctionDef)
FILES = sorted(
    file.relative_to(CORES)
    for file in CORES.rglob("*.py")
    if any(isinstance(node, DEFINITIONS) for node in ast.parse(file.read_text()).body)
)
"""Files that define something; names of types alone have nothing to be tested."""


def mirrored(core: Path) -> Path:
    """The file of tests of a core, within `HERE`."""
    return core.with_name(f"test_{core.parent.name or 'cores'}_{core.name}")


def imported(tree: ast.Module) -> set[str]:
    """Modules that are imported, whole or in part."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("core", FILES, ids=str)
def test_a_core_has_a_file_of_tests(core: Path) -> None:
    path = HERE / mirrored(core)
    assert path.is_file(), f"hw/cores/{core} has no {path.relative_to(ROOT)}"
    tree = ast.parse(path.read_text())
    module = ".".join(("hw", "cores", *core.with_suffix("").parts))
    assert module in imported(tree), f"{path.relative_to(ROOT)} does not import {module}"
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert any(node.name.startswith("test_") for node in tests)


def test_every_file_of_tests_is_of_a_core() -> None:
    known = {HERE / mirrored(core) for core in FILES} | {Path(__file__).resolve()}
    assert [found for found in HERE.rglob("test_*.py") if found not in known] == []


def test_names_are_mirrored_room_by_room() -> None:
    assert len(FILES) > 40
    assert mirrored(Path("fabric/ram.py")) == Path("fabric/test_fabric_ram.py")
    assert mirrored(Path("pool.py")) == Path("test_cores_pool.py")
