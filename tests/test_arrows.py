"""The rooms import in one direction only: the road's arrows, read from the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ALLOWED = {
    "model": ("model",),
    "boards": ("boards", "model.arrays", "model.interruption", "model.options", "model.refusal"),
    "hw/network": ("hw.network", "hw.sliding", "model.files", "model.refusal", "model.zipped"),
    "hw/plan": ("hw.plan", "hw.cores", "hw.network", "boards", "model.files", "model.refusal"),
    # The link speaks the protocol that the host side defines, in a family's blocks of memory.
    "hw/cores": (
        "hw.cores", "hw.sliding", "boards.protocol", "boards.families", "boards.board",
        "boards.resources",
    ),
    "hw/design": ("hw.design", "hw.cores", "hw.plan", "hw.network", "boards", "model.refusal"),
    "hw/emit": ("hw.emit", "hw.plan", "hw.network", "boards", "model.refusal"),
}
"""What of this program a room may import."""

EXCEPTIONS = {
    # Fold is the door between the floating-point room and the integers; agreement looks through.
    "hw/network/fold.py": ("model",),
    "hw/network/agreement.py": ("model",),
}

FOREIGN = {
    "torch": ("model", "hw/network/fold.py", "hw/network/agreement.py", "sim", "tests"),
    "amaranth": ("hw/cores", "hw/design", "hw/emit", "sim", "tests"),
    "cocotb": ("sim",),
    "scipy": ("hw/emit/floorplan.py",),
    "onnx": ("model/importers/onnx_graph.py",),
}
"""Where a package from outside may be imported."""

OURS = ("model", "hw", "sim", "boards")


def files(room: str) -> list[str]:
    path = ROOT / room
    return [found.relative_to(ROOT).as_posix() for found in sorted(path.rglob("*.py"))]


def imports(file: str, *, nested: bool) -> Iterator[str]:
    """The modules a file imports; ``nested`` includes those that only a function asks for."""
    tree = ast.parse((ROOT / file).read_text())
    for node in ast.walk(tree) if nested else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, places: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"{place}.") for place in places)


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_lies_before_it(room: str) -> None:
    found = files(room)
    assert found, f"no files in {room}"
    # A command of model or boards may ask for a later room while it runs, never to be imported.
    nested = room.startswith("hw")
    wrong = [
        f"{file} imports {module}"
        for file in found
        for module in imports(file, nested=nested)
        if module.split(".")[0] in OURS
        and not within(module, ALLOWED[room] + EXCEPTIONS.get(file, ()))
    ]
    assert wrong == []


@pytest.mark.parametrize("package", FOREIGN)
def test_a_package_is_imported_only_where_it_belongs(package: str) -> None:
    wrong = [
        file
        for room in OURS
        for file in files(room)
        if not any(file == place or file.startswith(f"{place}/") for place in FOREIGN[package])
        and any(within(module, (package,)) for module in imports(file, nested=True))
    ]
    assert wrong == []


def test_an_arrow_backwards_would_be_seen() -> None:
    assert "hw.design.accelerator.Accelerator" in imports("sim/cosimulate.py", nested=True)
    assert not within("hw.design.accelerator.Accelerator", ALLOWED["hw/plan"])
    assert not within("hw.networks", ("hw.network",))
