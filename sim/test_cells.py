"""Cells of ECP5 that are named compute what plain logic does: proved by yosys for all inputs."""

import json
import random
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet
from amaranth import Shape, unsigned
from amaranth.back import rtlil
from amaranth.hdl import signed
from amaranth.lib import wiring

from boards.catalogue import board
from boards.families import ECP5
from hw.cores.fabric.blockrom import BlockRom
from hw.cores.fabric.rom import Table
from hw.cores.mvu.accumulator import Accumulators
from hw.cores.mvu.bitsum import BitSum
from hw.cores.mvu.constantsum import ConstantSum
from hw.cores.mvu.offsets import Offsets
from hw.cores.mvu.pairsum import PairSum
from hw.cores.mvu.reuse import ReusedWords
from hw.cores.window.geometry import WindowGeometry
from hw.cores.window.sizes import WindowSizes
from hw.cores.window.window import Window
from hw.emit.project import platform
from hw.emit.tools import YOSYS, run

MODELS = "read_verilog +/ecp5/common_sim.vh +/ecp5/ccu2c_sim.vh"
FLAT = ("hierarchy -top {0}", "proc", "flatten", "setattr -unset init", "opt -full")
"""yosys commands that flatten a module, and remove initial values of registers."""

WIRES = """
module \\$dff (CLK, D, Q);
  parameter WIDTH = 1; parameter CLK_POLARITY = 1;
  input CLK; input [WIDTH-1:0] D; output [WIDTH-1:0] Q; assign Q = D;
endmodule
"""
"""Verilog that makes registers wires: what is left of a balanced pipeline is its function."""

EQUAL_INSIDE = (
    "dffunmap", "techmap -map wires.v", "techmap", "opt",
    # Equal sums inside are found one after the other, from the leaves up.
    "abc -script +strash;ifraig;fraig;strash;fraig", "opt",
    "sat -verify -prove trigger 0 miter",
)  # fmt: skip


def yosys(folder: Path, *lines: str) -> None:
    (folder / "script.ys").write_text("\n".join(lines) + "\n")
    run(YOSYS, "-q", "script.ys", folder=folder, log="yosys.log")


def read(folder: Path, name: str, component: wiring.Component, *, cells: bool) -> list[str]:
    """yosys commands that read one form of a component as the module ``name``."""
    device = platform(board("ulx3s"), "85F") if cells else None
    (folder / f"{name}.il").write_text(rtlil.convert(component, name=name, platform=device))
    lines = [f"read_rtlil {name}.il"]
    for file, text in (device.extra_files if device else {}).items():
        (folder / file).write_text(text)
        lines.append(f"read_verilog {file}")
    return lines


def miter(folder: Path, gold: wiring.Component, gate: wiring.Component) -> list[str]:
    """yosys commands that compare plain logic with cells in the module ``miter``."""
    lines = []
    for name, component, cells in (("gold", gold, False), ("gate", gate, True)):
        lines += ["design -reset", MODELS, *read(folder, name, component, cells=cells)]
        lines += [line.format(name) for line in FLAT]
        lines += ["opt_clean -purge", f"design -stash {name}"]
    lines += [f"design -copy-from {name} {name}" for name in ("gold", "gate")]
    return [*lines, "miter -equiv -flatten gold gate miter", "hierarchy -top miter"]


def equal_after(cycles: int) -> str:
    """The yosys command that proves both forms equal in all cycles after the first ``cycles``, from
    any content of their registers."""
    return f"sat -verify -seq {cycles + 1} -prove-skip {cycles} -prove trigger 0 miter"


def half(sizes: Sequence[tuple[int, ...]], levels: Sequence[int]) -> list[ParameterSet]:
    """All pairs, every other one of them left to ``make verify``; all sizes and levels in both."""
    return [
        pytest.param(*size, level, marks=pytest.mark.long if (one + other) % 2 else ())
        for (one, size), (other, level) in product(enumerate(sizes), enumerate(levels))
    ]


@pytest.mark.parametrize(
    ("inputs", "levels"), half([(1,), (2,), (3,), (4,), (5,), (8,)], [1, 2, 3, 5])
)
def test_bit_sum_of_cells_equals_plain_logic(inputs: int, levels: int, tmp_path: Path) -> None:
    def unit() -> BitSum:
        return BitSum(outputs=2, inputs=inputs, levels=levels)

    yosys(tmp_path, *miter(tmp_path, unit(), unit()), equal_after(unit().latency))


@pytest.mark.parametrize("levels", [1, 2, 5])
@pytest.mark.parametrize("inputs", [4, 6, 8, 12])
def test_pair_sum_of_cells_equals_plain_logic(inputs: int, levels: int, tmp_path: Path) -> None:
    def unit() -> PairSum:
        return PairSum(outputs=2, inputs=inputs, levels=levels)

    yosys(tmp_path, *miter(tmp_path, unit(), unit()), equal_after(unit().latency))


def constants(seed: int, outputs: int, inputs: int) -> int:
    """Random weights, whose last row is the first one or its complement."""
    rng = random.Random(seed)
    rows = [rng.getrandbits(inputs) for _ in range(outputs)]
    rows[-1] = rows[0] ^ (seed % 2 and (1 << inputs) - 1)
    return sum(row << p * inputs for p, row in enumerate(rows))


@pytest.mark.parametrize(("outputs", "inputs", "element", "levels"), half(
    [(1, 1, 1), (2, 2, 1), (3, 3, 1), (1, 12, 1), (5, 11, 1), (4, 4, 3)], [1, 2, 5]
))
def test_constant_sum_of_cells_equals_plain_logic(
    outputs: int, inputs: int, element: int, levels: int, tmp_path: Path
) -> None:
    def unit() -> ConstantSum:
        return ConstantSum(
            words=[constants(levels, outputs, inputs)], outputs=outputs, inputs=inputs,
            element=element, levels=levels,
        )  # fmt: skip

    yosys(tmp_path, *miter(tmp_path, unit(), unit()), equal_after(unit().latency))


@pytest.mark.parametrize(("outputs", "inputs", "element", "steps"), [
    (8, 63, 1, 1), (16, 40, 1, 1), (12, 128, 1, 1), (8, 9, 8, 1), (8, 63, 1, 2), (5, 40, 1, 7),
    (4, 63, 1, 16), (4, 9, 8, 3),
])
def test_constant_sums_of_every_size_equal_plain_logic(
    outputs: int, inputs: int, element: int, steps: int, tmp_path: Path
) -> None:
    def unit() -> ConstantSum:
        words = [constants(inputs + step, outputs, inputs) for step in range(steps)]
        return ConstantSum(
            words=words, outputs=outputs, inputs=inputs, element=element, levels=2
        )

    (tmp_path / "wires.v").write_text(WIRES)
    yosys(tmp_path, *miter(tmp_path, unit(), unit()), *EQUAL_INSIDE)


@pytest.mark.parametrize("size", [15, 31, 47, 63, 71, 95, 127])
def test_leaves_of_every_size_equal_plain_logic(size: int, tmp_path: Path) -> None:
    def unit() -> BitSum:
        return BitSum(outputs=1, inputs=size + 1, levels=3)  # the last product is not counted

    (tmp_path / "wires.v").write_text(WIRES)
    yosys(tmp_path, *miter(tmp_path, unit(), unit()), *EQUAL_INSIDE)


@pytest.mark.parametrize("pairs", [15, 31, 48, 63])
def test_leaves_of_pairs_of_every_size_equal_plain_logic(pairs: int, tmp_path: Path) -> None:
    def unit() -> PairSum:
        return PairSum(outputs=1, inputs=2 * pairs + 2, levels=3)  # the last pair is apart

    (tmp_path / "wires.v").write_text(WIRES)
    yosys(tmp_path, *miter(tmp_path, unit(), unit()), *EQUAL_INSIDE)


@pytest.mark.parametrize("count", [unsigned(5), signed(6)], ids=str)
@pytest.mark.parametrize(("width", "interleaved"), [(6, 1), (9, 1), (6, 3)])
def test_sums_in_carry_cells_equal_plain_logic(
    width: int, interleaved: int, count: Shape, tmp_path: Path
) -> None:
    """One step from any state, which is loaded a cycle before."""

    def unit() -> Accumulators:
        return Accumulators(total=signed(width), count=count, sums=1, interleaved=interleaved)

    begun = " ".join(
        f"-set-at {cycle} in_add 1 -set-at {cycle} in_first 1"
        for cycle in range(1, interleaved + 1)
    )
    yosys(
        tmp_path, *miter(tmp_path, unit(), unit()),
        f"sat -verify -seq {interleaved + 3} -prove-skip {interleaved + 1} {begun} "
        "-prove trigger 0 miter",
    )  # fmt: skip


@pytest.mark.parametrize("constant", [-32, -1, 0, 21])
def test_a_constant_start_in_carry_cells_equals_plain_logic(constant: int, tmp_path: Path) -> None:
    def unit() -> Offsets:
        return Offsets(total=signed(6), count=unsigned(5), constants=[constant])

    yosys(tmp_path, *miter(tmp_path, unit(), unit()), equal_after(1))


def synthesised(folder: Path, component: wiring.Component, *, cells: bool) -> dict[str, Any]:
    """The module of cells that a component is synthesised to, in yosys' JSON."""
    lines = read(folder, "top", component, cells=cells)
    yosys(folder, *lines, "synth_ecp5 -nowidelut -top top -json top.json")
    module: dict[str, Any] = json.loads((folder / "top.json").read_text())["modules"]["top"]
    return module


def count(module: dict[str, Any], kind: str) -> int:
    """Number of cells of a type in a module."""
    return sum(cell["type"] == kind for cell in module["cells"].values())


def block(folder: Path, component: wiring.Component, *, cells: bool) -> tuple[dict[str, Any], ...]:
    """Parameters and connections of the only DP16KD of a memory, and its module's ports."""
    module = synthesised(folder, component, cells=cells)
    (found,) = (cell for cell in module["cells"].values() if cell["type"] == "DP16KD")
    ports = {name: port["bits"] for name, port in module["ports"].items()}
    return found["parameters"], found["connections"], ports


def places(pins: dict[str, Any], name: str, bits: list[Any]) -> dict[int, int]:
    """Indices of a port's bits by the index k of the pin ``name<k>`` that they are connected to."""
    return {
        k: bits.index(net)
        for k in range(18)
        for net in pins.get(f"{name}{k}", [])
        if net in bits
    }


@pytest.mark.parametrize(("port", "deep"), ECP5.blocks)
def test_a_named_block_is_the_one_that_synthesis_infers(
    port: int, deep: int, tmp_path: Path
) -> None:
    rng = random.Random(port)
    words = [rng.getrandbits(port) for _ in range(deep)]
    table = Table(width=port, words=words, home="block")
    found, found_pins, found_ports = block(tmp_path, table, cells=False)
    named, pins, ports = block(tmp_path, BlockRom(width=port, words=words), cells=True)
    initial = [f"INITVAL_{k:02X}" for k in range(64)]
    assert [named[key] for key in initial] == [found[key] for key in initial]
    read = "B" if port == 36 else "A"  # the port that synthesis reads a wide word through
    address = places(found_pins, f"AD{read}", found_ports["address"])
    assert places(pins, "ADA", ports["address"]) == address
    for side in "AB" if port == 36 else "A":
        data = places(found_pins, f"DO{side}", found_ports["data"])
        assert places(pins, f"DO{side}", ports["data"]) == data
    if port == 36:  # it is two words of 18 bits here
        assert places(pins, "ADB", ports["address"]) == address
        assert (pins["ADA4"], pins["ADB4"]) == (["0"], ["1"])


def test_a_named_block_reads_through_its_register(tmp_path: Path) -> None:
    words = [random.Random(k).getrandbits(30) for k in range(512)]
    parameters, pins, ports = block(tmp_path, BlockRom(width=30, words=words), cells=True)
    for side in "AB":
        assert parameters[f"REGMODE_{side}"] == "OUTREG"
        assert pins[f"CE{side}"] == pins[f"OCE{side}"] == ports["read"]
        assert pins[f"CLK{side}"] == ports["clk"]
        assert pins[f"WE{side}"] == pins[f"RST{side}"] == ["0"]


def test_every_row_of_words_that_are_held_is_told_by_registers_of_its_own(tmp_path: Path) -> None:
    def registers(rows: int) -> int:
        words = [random.Random(k).getrandbits(40) for k in range(300)]
        unit = ReusedWords(width=40, words=words, reuse=2, rows=rows)
        folder = tmp_path / str(rows)
        folder.mkdir()
        return count(synthesised(folder, unit, cells=True), "TRELLIS_FF")

    assert registers(5) == registers(1) + 2 * 4


@pytest.mark.parametrize("reuse", [
    pytest.param(2, marks=pytest.mark.long), 3, pytest.param(4, marks=pytest.mark.long)])
def test_no_window_multiplies_for_an_address(reuse: int, tmp_path: Path) -> None:
    geometry = WindowGeometry.of(
        height=14, width=12, kernel=(3, 3), padding=(1, 1), pixels=12 // reuse, reuse=reuse
    )
    window = Window(WindowSizes(geometry=geometry, channels=64, simd=64, passes=9))
    assert count(synthesised(tmp_path, window, cells=True), "MULT18X18D") == 0


def test_bits_that_are_the_same_in_all_words_take_no_block(tmp_path: Path) -> None:
    words = [0x5_0000_0000_0000 | k << 20 for k in range(512)]
    _, pins, ports = block(tmp_path, BlockRom(width=52, words=words), cells=True)
    data, nets = ports["data"], [net for pin in pins.values() for net in pin]
    read = [k for k, net in enumerate(data) if net not in ("0", "1") and net in nets]
    assert read == list(range(20, 29))
    assert [k for k, net in enumerate(data) if net == "1"] == [48, 50]
    assert data.count("0") == 52 - 9 - 2
