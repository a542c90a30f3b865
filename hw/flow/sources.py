"""What a step runs: the text of this program that it can reach, and the packages behind it.

Nothing is listed by hand. A step's class names functions; the modules they are from import others,
inside functions too, and so on. A module that is named in a text (as cocotb and Amaranth's boards
want it), a file beside a module that its text names, and every module of a package that is imported
itself are reached as well.

The files of `hw.flow` use everything there is, for one step or another. Of them only what a step's
class leads to is followed: functions, and those attributes of the job that it asks for.
"""

import ast
import hashlib
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

from hw.emit.tools import distributions

ROOT = Path(__file__).resolve().parents[2]
OURS = ("hw", "model", "sim", "boards")
FLOW, JOB = "hw.flow.", "hw.flow.job"

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[\w{}]+)+")

Target = tuple[str, str | None]
"""A module, and what is imported from it; None is the module itself."""


@dataclass
class Reached:
    """Modules of this program, files beside them, single definitions in `hw.flow` as (module,
    name), and packages from outside."""

    modules: set[str] = field(default_factory=set)
    beside: set[Path] = field(default_factory=set)
    definitions: set[tuple[str, str]] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)

    @property
    def files(self) -> list[Path]:
        """Every whole file."""
        return sorted({_path(module) for module in self.modules} | self.beside)


@cache
def code(step: type) -> str:
    """A key of all that a step's class runs: a changed program makes its steps again."""
    found, state = reached(step), hashlib.sha256(platform.python_version().encode())
    for file in found.files:
        state.update(f"\0{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes())
    for module, name in sorted(found.definitions):
        state.update(f"\0{module} {name}\0{_parsed(module).text(name)}".encode())
    for package in sorted(_distributions(found.outside)):
        state.update(f"\0{package} {distributions(package)}".encode())
    return state.hexdigest()


def reached(step: type) -> Reached:
    """Everything that a class of `hw.flow` leads to."""
    found = Reached()
    _follow(step.__module__, step.__name__, found)
    waiting = sorted(found.modules)
    while waiting:
        one = _direct(waiting.pop())
        found.beside |= one.beside
        found.outside |= one.outside
        waiting += one.modules - found.modules
        found.modules |= one.modules
    return found


@dataclass(frozen=True)
class _Parsed:
    """A module's text: definitions by name, ``Class.method`` too, and what it imports as what."""

    lines: list[str]
    definitions: dict[str, ast.stmt]
    imports: dict[str, Target]

    def text(self, name: str) -> str:
        node = self.definitions[name]
        above = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        return "".join(self.lines[above - 1 : node.end_lineno])


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_path(module).read_bytes())


@cache
def _parsed(module: str) -> _Parsed:
    text, tree = _path(module).read_text(), _tree(module)
    definitions: dict[str, ast.stmt] = {}
    for node in tree.body:
        for name in _defined(node):
            definitions[name] = node
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                for name in _defined(inner):
                    definitions[f"{node.name}.{name}"] = inner
    named = dict(each for node in tree.body for each in _imported(node))
    return _Parsed(text.splitlines(keepends=True), definitions, named)


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    for target in getattr(node, "targets", [getattr(node, "target", None)]):
        for name in ast.walk(target) if target else ():
            if isinstance(name, ast.Name):
                yield name.id


def _imported(node: ast.AST) -> Iterator[tuple[str, Target]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.asname or alias.name, (alias.name, None)
    elif isinstance(node, ast.ImportFrom):
        assert node.module and not node.level, "relative import"
        for alias in node.names:
            yield alias.asname or alias.name, _target(node.module, alias.name)


def _target(module: str, name: str) -> Target:
    whole = f"{module}.{name}"
    return (whole, None) if _is_ours(whole) else (module, name)


def _follow(module: str, name: str, found: Reached) -> None:
    """Add a definition of `hw.flow`, and what it uses."""
    parsed = _parsed(module)
    if (module, name) in found.definitions:
        return
    if name not in parsed.definitions:
        if name in parsed.imports:
            _add(parsed.imports[name], found)
        return
    found.definitions.add((module, name))
    owner = name.split(".")[0]
    definition: ast.AST = parsed.definitions[name]
    if isinstance(definition, ast.AnnAssign) and module == JOB:
        definition = definition.annotation  # a field of the job has its code in its class
    for node in _run(definition):
        for _, target in _imported(node):
            _add(target, found)
        if isinstance(node, ast.Name):
            _follow(module, node.id, found)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "job":
                _follow(JOB, f"Job.{node.attr}", found)
            elif node.value.id == "self" and "." in name:
                _follow(module, f"{owner}.{node.attr}", found)


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but annotations, which run nothing."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _run(child)


def _add(target: Target, found: Reached) -> None:
    module, name = target
    if f"{module}.".startswith(FLOW):
        if name and module != __name__:
            _follow(module, name, found)
    elif _is_ours(module):
        found.modules |= _with_packages(module)
        if name is None:
            found.modules |= _members(module)
    else:
        found.outside.add(module.split(".")[0])


@cache
def _direct(module: str) -> Reached:
    """What one module imports or names."""
    found, path = Reached(), _path(module)
    for node in ast.walk(_tree(module)):
        for _, target in _imported(node):
            assert not f"{target[0]}.".startswith(FLOW), f"{module} imports {target[0]}"
            _add(target, found)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            _add_named(node.value, path, found)
    return found


def _add_named(text: str, path: Path, found: Reached) -> None:
    """A module or a file that a text names, if it is one."""
    if len(text) > 100:
        return
    if _DOTTED.fullmatch(text):
        if _is_ours(text):
            found.modules |= _with_packages(text)
        else:
            found.outside.add(text.split(".")[0])
    if re.fullmatch(r"\w[\w.-]*", text):
        beside = path.with_name(text)
        if beside.is_file():
            found.beside.add(beside)
        elif beside.is_dir() and not (beside / "__init__.py").exists():
            found.beside |= {each for each in beside.rglob("*") if each.is_file()}


@cache
def _members(module: str) -> set[str]:
    """The modules of a package that is imported itself: any may be looked for by its name."""
    folder = _path(module).parent
    if _path(module).name != "__init__.py":
        return set()
    return {f"{module}.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__"}


def _with_packages(module: str) -> set[str]:
    parts = module.split(".")
    return {".".join(parts[:end]) for end in range(1, len(parts) + 1)}


@cache
def _is_ours(module: str) -> bool:
    return module.split(".")[0] in OURS and _path(module).is_file()


def _path(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")


def _distributions(modules: set[str]) -> set[str]:
    """The installed packages that bring modules; what is of Python itself, or none, is left out."""
    known = _known()
    return {name for module in modules for name in known.get(module, ())}


@cache
def _known() -> dict[str, list[str]]:
    known = metadata.packages_distributions()
    return {name: list(known[name]) for name in known.keys() - sys.stdlib_module_names}
