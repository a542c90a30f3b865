# amaranth: UnusedElaboratable=no
"""The files beside a core's Verilog: names, ports, layouts and registers as they are."""

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from boards.catalogue import board
from hw.cores.link.registers import MAP
from hw.design.core import Core
from hw.emit import core as parts
from hw.emit import naming
from hw.emit.delivery import Delivery
from hw.network.fold import fold
from hw.network.reference import Reference
from hw.plan.search import plan
from model.rooms import kinds
from sim.random_networks import random_checkpoint

PAGE = Path(__file__).resolve().parents[2] / "docs" / "core.md"


@cache
def delivery(interface: str, registers: str = "") -> Delivery:
    network = fold(random_checkpoint(3))
    planned = plan(network, board("ulx3s"), "12F", fill=0.06, clock=60e6, alone=True)
    images = np.random.default_rng(1).integers(0, 256, (2, *network.input_shape), np.uint8)
    answers = Reference(network).run(images)
    return Delivery(
        name="net", core=Core(planned, interface=interface, registers=registers), cells="",
        sources=("net.v",), title="random", images=images, scores=answers.scores,
        classes=answers.classes,
    )  # fmt: skip


def text(part: str, interface: str = "axis", registers: str = "axilite") -> str:
    found: str = kinds(parts, "PART")[part].text(delivery(interface, registers))
    return found


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table behind a heading."""
    lines = page[page.index(heading):].splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    end = next((k for k, line in enumerate(lines) if k > 2 and line.startswith("## ")), len(lines))
    return rows[2 : sum(line.startswith("|") for line in lines[:end])]


@pytest.mark.parametrize(("interface", "registers"), [
    ("axis", "axilite"), ("axis", ""), ("stream", "wishbone"), ("stream", ""),
])  # fmt: skip
def test_the_data_sheet_has_every_port_with_its_width(interface: str, registers: str) -> None:
    core = delivery(interface, registers).core
    rows = {row[0].strip("`"): row[1:3] for row in table(text("sheet", interface, registers),
                                                         "## Ports")}
    signature = {name: member for name, member in core.signature.members.items()}
    assert rows.keys() == signature.keys()
    for name, (way, bits) in rows.items():
        assert int(bits) == len(getattr(core, name))
        assert way == signature[name].flow.name.lower()
    assert ("## Registers" in text("sheet", interface, registers)) == bool(registers)


def test_layouts_are_those_of_the_beats_in_the_test_bench() -> None:
    """Of each byte of the sheet: the same channel and pixel of the image."""
    (image, _), bench = delivery("axis", "axilite").images, text("bench")
    rows = table(text("sheet"), "## Pixels")
    assert len(rows) == image.shape[0]
    for beat in (0, 7, 39):
        word = int(re.search(rf"pixels\[{beat}\] = 32'h([0-9a-f]+);", bench)[1], 16)
        row, column = divmod(beat, image.shape[2])
        for bits, what in rows:
            high, low = map(int, bits.split(":"))
            channel = int(re.fullmatch(r"channel (\d+) of pixel b", what)[1])
            assert word >> low & (1 << high - low + 1) - 1 == image[channel, row, column]


def test_the_page_has_the_registers() -> None:
    page = PAGE.read_text()
    between = page[page.index("<!-- registers -->") : page.index("<!-- end -->")]
    told = [f"| 0x{each.offset:02X} | {each.name} | {each.text} |" for each in MAP]
    assert [line for line in between.splitlines() if line.startswith("| 0x")] == told
    assert all(line in text("sheet") for line in told)


def test_the_description_names_ports_that_there_are() -> None:
    for interface in ("axis", "stream"):
        told = json.loads(text("description", interface, "wishbone"))
        names = {port["name"] for port in told["ports"]}
        assert {told["clock"], told["reset"], *told["entry"].values(), *told["leave"].values()} \
            <= names
        assert told["map"]["STATUS"] == 4
        assert told["beats"] * told["pixels"] == np.prod(told["shape"][1:])


def test_the_clock_is_that_of_the_plan() -> None:
    assert "create_clock -name aclk -period 16.667 [get_ports aclk]" in text("constraints")
    assert "create_clock -name clk " in text("constraints", "stream")


def test_every_module_bears_the_cores_name() -> None:
    verilog = (
        "module top(a);\n  \\top.x.y  first (\n  leaf u (.leaf(a));\nendmodule\n"
        "module \\top.x.y (leaf);\nendmodule\nmodule \\top.x_y (b);\nendmodule\n"
        "module leaf(leaf);\nendmodule\n"
    )
    found = naming.modules(verilog)
    assert found == ["top", "top.x.y", "top.x_y", "leaf"]
    made = naming.names(found, "top", "net")
    assert made == {
        "top": "net", "top.x.y": "net__x_y", "top.x_y": "net__x_y_2", "leaf": "net__leaf",
    }  # fmt: skip
    other = naming.renamed(verilog, made)
    assert naming.modules(other) == list(made.values())
    assert "  net__x_y  first (" in other and "  net__leaf u (" in other
