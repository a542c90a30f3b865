"""The tests that should notice a fault: those whose imports reach its file, the nearest first."""

import ast
import heapq
import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

ROOMS = ("hw", "boards", "model", "sim", "tests", "benchmarks")
NAMED = re.compile(r"\b(?:hw|boards|model|sim)(?:\.[a-z_0-9]+)+\b")
"""A module's name in a string, such as the command that a test runs in a process of its own."""

HARDWARE = ("cores", "design")

ELSEWHERE, SLOW = 2.0, 15.0
"""Distances that count as much as one more import: half of one for another room, and seconds."""


class Noticing:
    """The tests of a source tree, with the modules that they import and the commands they name.

    Parameters
    ----------
    root : folder of the tree.
    seconds : seconds of files of tests, as far as they are known.
    """

    def __init__(self, root: Path, seconds: Mapping[str, float]) -> None:
        self._root, self._seconds = root, seconds

    @cached_property
    def _files(self) -> list[str]:
        found = (path for room in ROOMS for path in sorted((self._root / room).rglob("*.py")))
        return [path.relative_to(self._root).as_posix() for path in found]

    @cached_property
    def _readers(self) -> dict[str, set[str]]:
        """For every file, the files that import or name it."""
        readers: dict[str, set[str]] = {file: set() for file in self._files}
        for file in self._files:
            for module in _modules(ast.parse((self._root / file).read_bytes())):
                for found in self._places(module, file):
                    if found in readers:
                        readers[found].add(file)
            folder = file.rpartition("/")[0]
            conftest = f"{folder}/conftest.py"
            if conftest in readers and file != conftest:
                readers[conftest].add(file)
        return readers

    @staticmethod
    def _places(module: str, asking: str) -> tuple[str, ...]:
        path = module.replace(".", "/")
        beside = f"{asking.rpartition('/')[0]}/{path}.py"  # as tests import modules that they share
        return f"{path}.py", f"{path}/__init__.py", f"{path}/__main__.py", beside

    def tests(self, file: str) -> list[str]:
        """Files of tests for a file: the one with its name first, then near and quick ones."""
        distance, waiting = dict[str, float](), [(0.0, file)]
        while waiting:
            far, here = heapq.heappop(waiting)
            if here not in distance:
                distance[here] = far
                for reader in self._readers[here]:
                    heapq.heappush(waiting, (far + self._steps[reader], reader))
        found = [one for one in distance if _is_test(one)]
        return sorted(found, key=lambda one: self._rank(one, file, distance[one]))

    @cached_property
    def _steps(self) -> dict[str, float]:
        """For every file, its distance from each file that it imports, which grows with their
        number."""
        counts = Counter(reader for readers in self._readers.values() for reader in readers)
        return {file: 1 + math.log2(1 + counts[file]) / 2 for file in self._files}

    def _rank(self, test: str, file: str, distance: float) -> tuple[bool, float, str]:
        path, _, name = file.removesuffix(".py").rpartition("/")
        rooms = path.removeprefix("hw/").split("/")
        room = rooms[0]
        # Hardware is also tested in sim, other rooms only by their own tests.
        near = (f"tests/{room}/", "sim/") if room in HARDWARE else (f"tests/{room}/",)
        far = distance + self.seconds(test) / SLOW + (0 if test.startswith(near) else ELSEWHERE)
        # The name of a test has that of the inner room, where rooms are nested.
        own = any(test.endswith(f"/test_{each}_{name}.py") for each in rooms)
        return not own, far, test

    def seconds(self, test: str) -> float:
        """Seconds of a file of tests, measured or estimated."""
        return self._seconds.get(test, 40.0 if slow(test) else 6.0)


def slow(test: str) -> bool:
    """True if a file of tests builds, simulates or runs whole commands."""
    return test.startswith(("sim/", "tests/commands/"))


def _is_test(file: str) -> bool:
    name = file.rpartition("/")[2]
    return name.startswith("test_") and not file.startswith("tests/benchmarks/")


def _modules(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(NAMED.findall(node.value))
    return found
