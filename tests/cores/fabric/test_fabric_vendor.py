"""What a device is told of cells that a design names, and that it is the right device."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from amaranth import Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from boards.catalogue import board
from boards.families import ECP5, ICE40
from hw.cores.fabric.vendor import LUT4, Cells, Ecp5Cells, Ice40Cells, Words, cells, holds, instance
from hw.emit.project import platform


def ecp5() -> Any:
    return platform(board("ulx3s"), "85F")


def ice40() -> Any:
    return platform(board("icebreaker"), "UP5K")


class Inverter(wiring.Component):
    """``o`` is what ``i`` is not."""

    def __init__(self) -> None:
        super().__init__({"i": In(3), "o": Out(3)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.o.eq(~self.i)
        return m


@pytest.mark.parametrize(("device", "kind"), [
    (lambda: None, Cells), (ecp5, Ecp5Cells), (ice40, Ice40Cells),
    (lambda: SimpleNamespace(board=SimpleNamespace(family=SimpleNamespace(name="x"))), Cells),
    (lambda: SimpleNamespace(family="ECP5"), Cells),
], ids=["simulation", "ECP5", "iCE40", "a family without cells of its own", "without a board"])
def test_a_device_is_known_by_its_family(
    device: Callable[[], object], kind: type[Cells]
) -> None:
    assert type(cells(device())) is kind


def test_what_is_named_and_what_memory_there_is() -> None:
    simulated, ours, other = (cells(device) for device in (None, ecp5(), ice40()))
    assert [each.family for each in (simulated, ours, other)] == [ECP5, ECP5, ICE40]
    for name in ("named_sums", "named_blocks", "named_copies"):
        assert [getattr(each, name) for each in (simulated, ours, other)] == [False, True, False]
    assert [each.named_lut4 for each in (simulated, ours, other)] == [False, True, True]
    assert [each.late_address for each in (simulated, ours, other)] == [False, False, True]
    assert [dict(each.models) for each in (simulated, ours, other)] == [{}, {}, {"lut4.v": LUT4}]


@pytest.mark.parametrize("each", [Ecp5Cells, Ice40Cells])
def test_sums_are_named_where_the_plan_counts_them_so(each: type[Cells]) -> None:
    assert each.named_sums == each.family.named_sums


@pytest.mark.parametrize("device", [ecp5, ice40])
def test_a_module_comes_along_once_with_its_plain_form(device: Callable[[], Any]) -> None:
    target = device()
    ports = {"i_i": Signal(3), "o_o": Signal(3)}
    for _ in range(2):
        made = instance(target, "inverter", "module inverter();\n", Inverter, **ports)
        assert isinstance(made, Instance) and made.type == "inverter"
    instance(target, "another", "module another();\n", Inverter, **ports)
    assert list(target.modules) == ["inverter", "another"]
    known = target.modules["inverter"]
    assert (known.name, known.core) == ("inverter", Inverter.__module__)
    assert isinstance(known.plain, Inverter)
    assert target.extra_files["inverter.v"].strip() == "module inverter();"
    assert (target.extra_files.get("lut4.v") == LUT4) == ("lut4.v" in cells(target).models)


def test_two_texts_of_one_name_are_refused() -> None:
    target = ecp5()
    instance(target, "inverter", "one", Inverter, i_i=Signal(3), o_o=Signal(3))
    with pytest.raises(ValueError, match="already exists"):
        instance(target, "inverter", "two", Inverter, i_i=Signal(3), o_o=Signal(3))


def test_how_registers_are_told_is_kept_for_the_proof() -> None:
    target = ecp5()
    instance(
        target, "inverter", "text", Inverter, begun=("i",), settling=4, i_i=Signal(3), o_o=Signal(3)
    )
    known = target.modules["inverter"]
    assert (known.begun, known.settling) == (("i",), 4)


@pytest.mark.parametrize(("ports", "told"), [
    ({"i_i": 3}, "inverter: o_o not of it and its plain form both"),
    ({"i_i": 3, "o_o": 3, "i_x": 1}, "inverter: i_x not of"),
    ({"i_o": 3, "o_i": 3}, "inverter: i_i, i_o, o_i, o_o not of"),
])
def test_ports_that_the_plain_form_has_not_are_refused(ports: dict[str, int], told: str) -> None:
    given = {name: Signal(width) for name, width in ports.items()}
    with pytest.raises(ValueError, match=told):
        instance(ecp5(), "inverter", "text", Inverter, **given)


def test_attributes_are_no_ports() -> None:
    made = instance(
        ecp5(), "inverter", "text", Inverter, i_i=Signal(3), o_o=Signal(3), a_full_adder=3
    )
    assert made.attrs["full_adder"] == 3


def test_words_of_blocks_are_kept_in_order() -> None:
    target = ecp5()
    told = [Words(core="here", inside=Signal(), width=4, words=[k]) for k in range(3)]
    for each in told:
        holds(target, each)
    assert target.words == told
