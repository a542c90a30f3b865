"""Boards and variants are found by name, or refused with the names there are."""

from importlib import import_module

import pytest

from boards.catalogue import BOARDS, board, device
from model.refusal import Refusal


@pytest.mark.parametrize(
    ("variant", "name", "lut", "ebr"),
    [
        ("12F", "LFE5U-12F", 24_288, 56),
        ("25F", "LFE5U-25F", 24_288, 56),
        ("45F", "LFE5U-45F", 43_848, 108),
        ("85F", "LFE5U-85F", 83_640, 208),
        (None, "LFE5U-85F", 83_640, 208),
    ],
)
def test_every_variant_of_the_ulx3s_is_known(
    variant: str | None, name: str, lut: int, ebr: int
) -> None:
    found = device(board("ulx3s"), variant)
    assert (found.name, found.lut, found.ff, found.ebr) == (name, lut, lut, ebr)


def test_the_icebreaker_is_an_up5k() -> None:
    found = device(board("icebreaker"))
    assert (found.name, found.lut, found.ff, found.ebr) == ("iCE40UP5K-SG48", 5_280, 5_280, 30)


@pytest.mark.parametrize(("name", "cells"), [
    ("tangnano9k", ("GW1NR-9C", 8_640, 6_480, 26)),
    ("tangnano20k", ("GW2AR-18C", 20_736, 15_552, 46)),
    ("gatemate_evb", ("CCGM1A1", 40_960, 40_960, 64)),
])
def test_other_boards_have_what_their_datasheets_say(
    name: str, cells: tuple[str, int, int, int]
) -> None:
    found = device(board(name))
    assert (found.name, found.lut, found.ff, found.ebr) == cells


@pytest.mark.parametrize("name", BOARDS)
def test_all_devices_of_a_board_are_of_its_family(name: str) -> None:
    assert {each.family for each in BOARDS[name].devices.values()} == {BOARDS[name].family}


def test_an_unknown_board_is_refused_with_the_known_ones() -> None:
    known = f"choose one of: {', '.join(BOARDS)}$"
    with pytest.raises(Refusal, match=f"board 'ulx4m' is not known; {known}"):
        board("ulx4m")


def test_an_unknown_variant_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refusal, match="has no variant '95F'; choose one of: 12F, 25F, 45F, 85F"):
        device(board("ulx3s"), "95F")


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_has_the_name_of_its_file_and_a_variant_it_names(name: str) -> None:
    assert import_module(f"boards.known.{name}").BOARD is BOARDS[name]
    assert BOARDS[name].default_variant in BOARDS[name].devices


def test_boards_are_listed_by_their_size() -> None:
    assert [*BOARDS] == [
        "ulx3s", "ecpix5", "orangecrab", "colorlight_i9", "gatemate_evb", "colorlight_5a75b",
        "colorlight_i5", "icepi_zero", "icesugar_pro", "tangnano20k", "tangnano9k", "hx8k_evn",
        "tinyfpga_bx", "icebreaker", "icebreaker_bitsy", "icesugar", "upduino_v3",
    ]
