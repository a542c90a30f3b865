"""Every known board is planned for, and its constraints have the pins that its file tells of."""

import re

import pytest

from boards.board import Board
from boards.catalogue import BOARDS, board
from hw.cores.link import uart
from hw.design.accelerator import Accelerator
from hw.design.clocks import achieved
from hw.design.tops import top
from hw.emit.families import family
from hw.emit.project import platform, project
from hw.network.fold import fold
from hw.network.network import Network
from hw.plan.search import plan
from sim.random_networks import random_checkpoint

PINS = {
    "colorlight_5a75b": ("25k", "P6", "M13", "P11", ""),
    "colorlight_i5": ("25k", "P3", "H18", "J17", "U16"),
    "colorlight_i9": ("45k", "P3", "H18", "J17", "L2"),
    "ecpix5": ("um5g-85k", "K23", "R26", "R24", "T23 R21 T22 W21 K24 R23"),
    "hx8k_evn": ("hx8k", "J3", "B10", "B12", "C3 B3 C4 C5 A1 A2 B4 B5"),
    "gatemate_evb": (
        "device CCGM1A1 --vopt=fpga_mode=2", "IO_SB_A8", "IO_SA_A6", "IO_SA_B6", "IO_SB_B6",
    ),
    "icebreaker": ("up5k", "35", "6", "9", "11 37"),
    "icebreaker_bitsy": ("up5k", "35", "47", "44", "25 6"),
    "icepi_zero": ("25k", "M1", "K16", "K15", "E13 D14 E12 C13 D13"),
    "icesugar": ("up5k", "35", "4", "6", "40 41 39"),
    "icesugar_pro": ("25k", "P6", "A9", "B9", ""),
    "orangecrab": ("25k", "A9", "N17", "M18", "K4 M3 J3"),
    "tinyfpga_bx": ("lp8k", "B2", "A2", "A1", "B3"),
    "tangnano9k": (
        "device GW1NR-LV9QN88PC6/I5 --vopt=family=GW1N-9C", "52", "18", "17", "10 11 13 14 15 16",
    ),
    "tangnano20k": (
        "device GW2AR-LV18QN88C8/I7 --vopt=family=GW2A-18C", "4", "70", "69", "15 16 17 18 19 20",
    ),
    "ulx3s": ("85k", "G2", "M1", "L4", "B2 C2 C1 D2 D1 E2 E1 H3"),
    "upduino_v3": ("up5k", "20", "38", "28", "41 39 40"),
}
"""First options of nextpnr for the default variant, and pins: oscillator, RX, TX, LEDs."""

SITE = re.compile(
    r'^(?:LOCATE COMP|set_io|IO_LOC|Net) "?(\w+?)__io"? (?:SITE |Loc = )?"?(\w+)"?(?: \|.*)?;?$',
    re.MULTILINE,
)
"""A line of constraints: a port and its pin."""


@pytest.fixture(scope="module")
def network() -> Network:
    return fold(random_checkpoint(3))


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_has_a_design_on_its_own_pins(name: str, network: Network) -> None:
    found = board(name)
    planned = plan(network, found, fps=1, clock=achieved(found, found.clock))
    made = project(top(planned, Accelerator(planned)), platform(found, found.default_variant))
    sites = SITE.findall(made.files[family(found).constraints])
    device, oscillator, rx, tx, leds = PINS[name]
    assert f"{' '.join(made.device)} ".startswith(f"--{device} ")
    assert sites == [
        (f"{found.oscillator_pin}_0", oscillator), ("uart_0__rx", rx), ("uart_0__tx", tx),
        *((f"led_{number}", pin) for number, pin in enumerate(leds.split())),
    ]


@pytest.mark.parametrize(("name", "variant"), [
    (name, variant) for name, each in BOARDS.items() for variant in each.devices])
def test_the_platform_of_a_variant_has_its_device_and_oscillator(name: str, variant: str) -> None:
    found = board(name)
    made = platform(found, variant)
    # A plan's name of an iCE40 has the package; a GateMate has but one.
    package = getattr(made, "package", "")
    assert found.devices[variant].name.removesuffix(f"-{package}") == made.device
    clock = made.lookup(found.oscillator_pin).clock
    assert clock.frequency == found.oscillator


@pytest.mark.parametrize("found", BOARDS.values(), ids=list(BOARDS))
def test_the_serial_line_has_its_rate_within_half_a_percent(found: Board) -> None:
    made = float(achieved(found, found.clock))
    assert abs(made / uart.divisor(made, found.baud) / found.baud - 1) < 0.005
