"""The sources that a step depends on: code of this program that it can reach, and packages.

Nothing is listed by hand. A step's class names functions, their modules import others, inside
functions too, and so on. Also reached are a module that a string names (as cocotb and Amaranth's
boards have it), a file that a string names, in the folder of the module with that string, and every
module of a package that is imported itself.

The modules of `hw.flow` together import nearly everything. Of them only those definitions are
followed that a step's class leads to: functions, and the attributes of the job that it uses.
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
"""A module, and the name imported from it; None for the module itself."""


@dataclass
class Reached:
    """Sources that code can reach.

    Parameters
    ----------
    modules : modules of this program.
    beside : other files that a module's strings name, in its folder.
    definitions : single definitions in `hw.flow`, as (module, name).
    outside : packages that are not of this program.
    """

    modules: set[str] = field(default_factory=set)
    beside: set[Path] = field(default_factory=set)
    definitions: set[tuple[str, str]] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)

    @property
    def files(self) -> list[Path]:
        """All files that are reached as a whole."""
        return sorted({_path(module) for module in self.modules} | self.beside)


@cache
def code(step: type) -> str:
    """A key that changes with the sources of a step's class, so that the step is run again."""
    sources, state = reached(step), hashlib.sha256(platform.python_version().encode())
    for file in sources.files:
        state.update(f"\0{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes())
    for module, name in sorted(sources.definitions):
        state.update(f"\0{module} {name}\0{_parsed(module).text(name)}".encode())
    for package in sorted(_distributions(sources.outside)):
        state.update(f"\0{package} {distributions(package)}".encode())
    return state.hexdigest()


@cache
def tree() -> str:
    """A hash of every file of this program, by its name and content."""
    state = hashlib.sha256()
    for room in OURS:
        for file in sorted((ROOT / room).rglob("*")):
            if file.is_file() and file.parent.name != "__pycache__":
                name = file.relative_to(ROOT).as_posix()
                state.update(f"\0{name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return state.hexdigest()


def reached(step: type) -> Reached:
    """The sources that a class of `hw.flow` can reach."""
    sources = Reached()
    _follow(step.__module__, step.__name__, sources)
    waiting = sorted(sources.modules)
    while waiting:
        direct = _direct(waiting.pop())
        sources.beside |= direct.beside
        sources.outside |= direct.outside
        waiting += direct.modules - sources.modules
        sources.modules |= direct.modules
    return sources


@dataclass(frozen=True)
class _Parsed:
    """A parsed module: its definitions by name, also ``Class.method``, and its imports by name."""

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


def _follow(module: str, name: str, sources: Reached) -> None:
    """Add a definition of `hw.flow` to the sources, and all that it uses."""
    parsed = _parsed(module)
    if (module, name) in sources.definitions:
        return
    if name not in parsed.definitions:
        if name in parsed.imports:
            _add(parsed.imports[name], sources)
        return
    sources.definitions.add((module, name))
    owner = name.split(".")[0]
    definition: ast.AST = parsed.definitions[name]
    if isinstance(definition, ast.AnnAssign) and module == JOB:
        definition = definition.annotation  # the code of a field is that of its class
    for node in _run(definition):
        for _, target in _imported(node):
            _add(target, sources)
        if isinstance(node, ast.Name):
            _follow(module, node.id, sources)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "job":
                _follow(JOB, f"Job.{node.attr}", sources)
            elif node.value.id == "self" and "." in name:
                _follow(module, f"{owner}.{node.attr}", sources)


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Every node of a syntax tree but annotations, which are not run."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _run(child)


def _add(target: Target, sources: Reached) -> None:
    module, name = target
    if f"{module}.".startswith(FLOW):
        if name and module != __name__:
            _follow(module, name, sources)
    elif _is_ours(module):
        sources.modules |= _with_packages(module)
        if name is None:
            sources.modules |= _members(module)
    else:
        sources.outside.add(module.split(".")[0])


@cache
def _direct(module: str) -> Reached:
    """The sources that one module itself imports or names."""
    sources, path = Reached(), _path(module)
    for node in ast.walk(_tree(module)):
        for _, target in _imported(node):
            assert not f"{target[0]}.".startswith(FLOW), f"{module} imports {target[0]}"
            _add(target, sources)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            _add_named(node.value, path, sources)
    return sources


def _add_named(text: str, path: Path, sources: Reached) -> None:
    """Add the module or the file that a string in the file ``path`` names, if it names one."""
    if len(text) > 100:
        return
    if _DOTTED.fullmatch(text):
        if _is_ours(text):
            sources.modules |= _with_packages(text)
        else:
            sources.outside.add(text.split(".")[0])
    if re.fullmatch(r"\w[\w.-]*", text):
        beside = path.with_name(text)
        if beside.is_file():
            sources.beside.add(beside)
        elif beside.is_dir() and not (beside / "__init__.py").exists():
            sources.beside |= {each for each in beside.rglob("*") if each.is_file()}


@cache
def _members(module: str) -> set[str]:
    """The modules of a package that is imported itself: any may be looked for by its name."""
    folder = _path(module).parent
    if _path(module).name != "__init__.py":
        return set()
    return {f"{module}.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__"}


def _with_packages(module: str) -> set[str]:
    names = module.split(".")
    return {".".join(names[:end]) for end in range(1, len(names) + 1)}


@cache
def _is_ours(module: str) -> bool:
    return module.split(".")[0] in OURS and _path(module).is_file()


def _path(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")


def _distributions(modules: set[str]) -> set[str]:
    """The installed packages that provide some modules; those of Python itself are left out."""
    providers = _providers()
    return {name for module in modules for name in providers.get(module, ())}


@cache
def _providers() -> dict[str, list[str]]:
    providers = metadata.packages_distributions()
    return {name: list(providers[name]) for name in providers.keys() - sys.stdlib_module_names}
