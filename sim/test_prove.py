"""A build proves its cells: each fault in them, which simulation cannot see, fails the build."""

import json
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from amaranth.hdl import signed
from amaranth.lib.wiring import Component

from boards.catalogue import board
from hw import build
from hw.cores.fabric import blockrom
from hw.cores.fabric.vendor import Module
from hw.cores.mvu import accumulator, adders, leaf, offsets, reuse
from hw.cores.mvu.rows import Rows
from hw.emit.known.ecp5 import FAMILY as ECP5
from hw.emit.plain import Form, collect
from hw.emit.project import platform
from hw.emit.prove import prove
from hw.emit.report import Proofs, read
from hw.plan.formats import PIXELS, SINGLE, Beats, Formats
from hw.plan.layers.product import ProductLayer
from hw.plan.plan import Folding
from model.checkpoint import Checkpoint, export, save
from model.networks import build as network_of

CONV: dict[str, Any] = {"kind": "conv", "kernel": [3, 3], "padding": [1, 1], "pad": "-1"}
LAYERS: list[dict[str, Any]] = [
    {**CONV, "name": "conv1", "out": 16},
    {"kind": "batch_norm", "name": "bn1"},
    {"kind": "sign", "name": "sign1"},
    {**CONV, "name": "conv2", "out": 32},
    {"kind": "batch_norm", "name": "bn2"},
    {"kind": "sign", "name": "sign2"},
    {"kind": "flatten", "name": "flat"},
    {"kind": "dense", "name": "dense", "out": 3},
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small network, whose plan has one of each: constant sums in the first layer,
    counts of 143 products and words that are held in the second, memory of two blocks and sums of
    12 bits in the last."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = network_of(
            {"input": {"shape": [1, 8, 8], "table": [[byte - 128 for byte in range(256)]]},
             "layers": LAYERS}
        )  # fmt: skip
    save(Checkpoint(
        method="bnn", arch=network.arch.plain(), state_dict=export(network),
        classes=["a", "b", "c"], metrics={}, training={},
    ), tmp_path / "net.pt")  # fmt: skip
    every = ProductLayer.foldings

    def some(
        layer: ProductLayer, formats: Formats = PIXELS, beats: Beats = SINGLE
    ) -> Iterator[Folding]:
        for folding in every(layer, formats, beats):
            of = folding.weights, folding.simd, folding.reuse
            if of in (("logic", 9, 1), ("block", 144, 2), ("block", 64, 1)):
                yield folding

    monkeypatch.setattr(ProductLayer, "foldings", some)
    return tmp_path


def built(folder: Path, *options: str) -> int:
    return build.main([
        "--checkpoint", str(folder / "net.pt"), "--board", "ulx3s", "--out", str(folder / "out"),
        "--simulate", "0", "--stop-after", "prove", *options,
    ])  # fmt: skip


def told(folder: Path) -> Proofs:
    found = read(folder / "out" / "report.json").proofs
    assert found is not None
    return found


def test_a_build_proves_every_module_it_names_and_reads_every_block(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert built(folder) == 0
    said, proofs = capsys.readouterr().out, told(folder)
    kinds = {re.match(r"[a-z]+", name)[0] for name in proofs.proved}  # type: ignore[index]
    assert kinds == {"sums", "offset", "leaves", "copy", "accumulator"}
    assert {"leaves143_every3_rows", "accumulator12_of1"} <= {*proofs.proved}
    assert proofs.memories >= 2 and proofs.words > 0
    assert (proofs.simulated, proofs.refuted) == ({}, {})
    named = {*re.findall(r"^// (\w+)\.v$", (folder / "out" / "tools" / "cells.v").read_text(),
                         re.MULTILINE)}
    assert named == {*proofs.proved}
    assert f"{len(named)} modules of cells proved" in said
    # The outcomes are cached, also for a build in another folder.
    (folder / "out" / "tools" / "proofs.json").unlink()
    assert built(folder, "--prove", "0") == 0
    assert told(folder).proved == proofs.proved


def test_what_there_is_no_time_to_prove_is_counted_as_simulated(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PURELOGIC_CACHE", str(folder / "cache"))
    assert built(folder, "--prove", "0") == 0
    proofs = told(folder)
    assert proofs.proved == () and "leaves143_every3_rows" in proofs.simulated
    assert {*proofs.simulated.values()} == {"no time left of 0 s for proofs"}
    assert "leaves143_every3_rows only simulated: no time left" in capsys.readouterr().out


def edited(
    real: Callable[..., str], old: str, new: str, which: int, when: Callable[..., bool]
) -> Callable[..., str]:
    """Replace a text in the cells that a core writes, for some sizes."""

    def text(*given: Any, **more: Any) -> str:
        right = real(*given, **more)
        if not when(*given, **more):
            return right
        places = [found.start() for found in re.finditer(old, right)]
        at = places[which]
        return right[:at] + re.sub(old, new, right[at:], count=1)

    return text


def permuted(real: Callable[..., Iterator[int]]) -> Callable[..., Iterator[int]]:
    """Rows of a block with two words exchanged, in every second block."""
    calls: list[int] = []

    def rows(port: int, words: list[int]) -> Iterator[int]:
        calls.append(port)
        if len(calls) % 2 == 0:  # a block of 36 bits is followed by that of what is left
            words = [words[1], words[0], *words[2:]]
        return real(port, words)

    return rows


def test_faults_that_no_simulation_sees_fail_the_build_each_by_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change = monkeypatch.setattr
    change(accumulator, "verilog", edited(
        accumulator.verilog, r"start\[9\]", "count[9]", 0, lambda width, interleaved=1: width > 9))
    change(leaf.Leaves, "verilog", edited(
        leaf.Leaves.verilog, r"x\[100\]", "x[101]", 0,
        lambda each: each.products >= 128))
    change(reuse, "_COPY", reuse._COPY.replace("o <= i", "o <= ~i"))
    change(offsets, "verilog", edited(
        offsets.verilog, "posedge", "negedge", 0, lambda width, start: True))
    change(adders.Adders, "module", late(adders.Adders.module))
    change(blockrom, "rows", permuted(blockrom.rows))
    assert built(folder) == 1
    failed = capsys.readouterr().err
    proofs = told(folder)
    for name, core in (
        ("accumulator12_of1", "accumulator"), ("leaves143_every3_rows", "leaf"), ("copy", "reuse"),
        ("memory", "blockrom"), ("sums_", "constantsum"), ("offset", "offsets"),
    ):  # fmt: skip
        assert re.search(rf"^failed: the cells of \S*{name}\S* are not what was simulated, "
                         rf"hw\.cores\.\S*{core}: ", failed, re.MULTILINE), name  # fmt: skip
    assert proofs.proved == () or {re.match("[a-z]+", name)[0]  # type: ignore[index]
                                   for name in proofs.proved} <= {"leaves", "accumulator"}
    assert "prove" in json.loads((folder / "out" / "tools" / "steps.json").read_text())
    assert not (folder / "out" / "tools" / "design.json").exists()


def late(real: Callable[[adders.Adders], tuple[str, str]]) -> Callable[..., tuple[str, str]]:
    """Sums with one register too many on the path from one input."""

    def module(self: adders.Adders) -> tuple[str, str]:
        name, text = real(self)
        text = re.sub(r"\.A\(i\[0\]\)", ".A(held)", text, count=1)
        return name, text.replace(
            "endmodule", "  reg held; always @(posedge clk) held <= i[0];\nendmodule")

    return module




def halves(text: str) -> list[tuple[int, int]]:
    """Begin and end of the INIT of every half of a carry cell that gives or carries something."""
    found = []
    for cell in re.finditer(r"CCU2C #.*", text):
        for half in "01":
            init = re.search(rf"INIT{half}\(16'h(....)\)", cell[0])
            assert init is not None
            if init[1] != "0000" or not re.search(rf"\.S{half}\(\w+_open\[", cell[0]):
                found.append((cell.start() + init.start(1), cell.start() + init.end(1)))
    return found


MODULES: dict[str, tuple[Callable[[], str], Callable[[], Component], dict[str, Any]]] = {
    **{f"leaves{size}_every3_rows": (Rows(products=size, levels=3).verilog,
                              Rows(products=size, levels=3).plain, {})
       for size in (143, 287, 575)},
    **{f"accumulator{width}_of{times}": (
        partial(accumulator.verilog, width, times),
        partial(accumulator.Accumulators, total=signed(width), count=signed(width), sums=1,
                interleaved=times),
        {"begun": ("add", "first"), "settling": times})
       for width, times in ((12, 1), (20, 1), (14, 3))},
}  # fmt: skip


QUICK = "leaves143_every3_rows", "accumulator12_of1"


@pytest.mark.parametrize(("name", "seed"), [
    pytest.param(name, seed, marks=pytest.mark.long if seed or name not in QUICK else ())
    for name in MODULES for seed in range(3)
])
def test_a_fault_in_any_half_of_a_large_module_is_a_difference(
    name: str, seed: int, tmp_path: Path
) -> None:
    write, plain, begun = MODULES[name]
    text, rng = write(), random.Random(f"{name} {seed}")
    begin, end = rng.choice(halves(text))
    # The function of four ones: of pins that are not in use as well, which are 1.
    wrong = f"{text[:begin]}{int(text[begin:end], 16) ^ 0x8000:04x}{text[end:]}"
    device = platform(board("ulx3s"), "85F")
    device.modules[name] = Module(name=name, core="here", plain=plain(), **begun)
    form = collect(device).modules[name]
    found: list[str] = []
    for cells in (text, wrong):
        folder = tmp_path / str(len(found))
        folder.mkdir()
        found.append(prove(folder, name, form, [cells], ECP5.models, 300).kind)
    assert found == ["proved", "refuted"]


REGISTERS = {
    "falling edge": ("posedge", "negedge", "kind \\$_DFF_N_"),
    "no register": ("always @(posedge clk) sum <= next", "always @* sum = next", "0 to 0 reg"),
    "two registers": (
        "always @(posedge clk) sum <= next",
        "reg [4:0] late; always @(posedge clk) begin late <= next; sum <= late; end", "2 to 2 reg",
    ),
    "a loop": ("sum <= next", "sum <= next ^ sum", "for carry = "),
}  # fmt: skip


@pytest.mark.parametrize("fault", REGISTERS)
def test_registers_that_are_not_those_of_the_plain_form_are_a_difference(
    fault: str, tmp_path: Path
) -> None:
    old, new, says = REGISTERS[fault]
    text = offsets.verilog(5, 9)
    assert old in text
    form = Form(core="here", rtlil=PLAIN)
    found = []
    for number, cells in enumerate((text, text.replace(old, new))):
        folder = tmp_path / str(number)
        folder.mkdir()
        found.append(prove(folder, "offset5_9", form, [cells], ECP5.models, 60))
    assert [each.kind for each in found] == ["proved", "refuted"]
    assert re.search(says, found[1].reason)


PLAIN = r"""
module \offset5_9
  wire input 1 \clk
  wire input 2 \carry
  wire width 5 input 3 \count
  wire width 5 output 4 \sum
  wire width 5 \one
  wire width 5 \all
  cell $add \first
    parameter \A_SIGNED 0
    parameter \B_SIGNED 0
    parameter \A_WIDTH 5
    parameter \B_WIDTH 5
    parameter \Y_WIDTH 5
    connect \A \count
    connect \B 5'01001
    connect \Y \one
  end
  cell $add \second
    parameter \A_SIGNED 0
    parameter \B_SIGNED 0
    parameter \A_WIDTH 5
    parameter \B_WIDTH 1
    parameter \Y_WIDTH 5
    connect \A \one
    connect \B \carry
    connect \Y \all
  end
  cell $dff \kept
    parameter \WIDTH 5
    parameter \CLK_POLARITY 1
    connect \CLK \clk
    connect \D \all
    connect \Q \sum
  end
end
"""
