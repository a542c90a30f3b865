"""Endpoints of nextpnr's report: their delays, setup and clock included, by layer and register."""

import json
from pathlib import Path
from typing import Any

import pytest

from hw.emit import endpoints, sdf
from hw.emit.endpoints import Endpoints, Register, Slow

CLOCK = "clk$SB_IO_IN_$glb_clk"

SDF = r"""(DELAYFILE
  (TIMESCALE 1ps)
      (ABSOLUTE
        (INTERCONNECT \$gbuf/O a.r_SB_DFF_Q_7_D_SB_LUT4_O_LC/CLK (927:927:927) (927:927:927))
        (INTERCONNECT \$gbuf/O a.b.m.0.0_RAM/RCLK (800:850:900) (800:850:900))
        (INTERCONNECT a.r_SB_DFF_Q_7_D_SB_LUT4_O_LC/O a.b.m.0.0_RAM/RADDR_3 (5:5:5) (5:5:5))
        (INTERCONNECT \$gbuf/O \$auto\[3\]/CLK (30:30:30) (30:30:30))
      )
  (CELL
    (CELLTYPE "ICESTORM_LC")
    (INSTANCE a.r_SB_DFF_Q_7_D_SB_LUT4_O_LC)
    (TIMINGCHECK
      (SETUPHOLD (posedge I3) (posedge CLK) (824:824:824) (0:0:0))
      (SETUPHOLD (negedge I3) (posedge CLK) (824:824:824) (0:0:0))
    )
    )
  (CELL
    (CELLTYPE "ICESTORM_RAM")
    (INSTANCE a.b.m.0.0_RAM)
    (TIMINGCHECK
      (SETUPHOLD (posedge RADDR_3) (posedge RCLK) (90:95:100) (0:0:0))
    )
    )
  (CELL
    (CELLTYPE "CPE_FF")
    (INSTANCE \$auto\[3\])
    (TIMINGCHECK
      (SETUPHOLD (posedge EN) (posedge CLK_INT) (100:100:100) (0:0:0))
    )
    )
)
"""
"""As nextpnr 0.11.1 writes it for iCE40, and its last cell for GateMate."""


def end(cell: str, pin: str, delay: float, event: str = f"posedge {CLOCK}") -> dict[str, Any]:
    return {"cell": cell, "port": pin, "event": event, "delay": [0.1, delay]}


def net(*ends: dict[str, Any], event: str = f"posedge {CLOCK}") -> dict[str, Any]:
    return {"net": "any", "event": event, "endpoints": [*ends]}


SLOWEST = end("a.r_SB_DFF_Q_7_D_SB_LUT4_O_LC", "I3", 18.52199935913086)
NETS = (
    net(SLOWEST, end("a.r_SB_DFF_Q_7_D_SB_LUT4_O_LC", "I3", 17.0)),
    net(end("a.r_SB_DFF_Q_6_D_SB_LUT4_O_LC", "I2", 12.5), end("pin", "I", 99.0, "<async>")),
    net(end("a.b.m.0.0_RAM", "RADDR_3", 11.0), end("a.b.m.0.0_RAM", "RADDR_10", 10.0)),
    net(end("$auto[3]", "EN_INT", 4.0)),
    net(end("a.r_SB_DFF_Q_7_D_SB_LUT4_O_LC", "I3", 99.0), event="<async>"),
    net(end("osc", "I3", 99.0, "posedge osc"), event="posedge osc"),
)
"""The slowest asks 18,522 + 824 - 927 = 18,419 ps, which are 54.29 MHz."""

FOUND = [
    Register(place="a", name="r", pin="I", delays=(18419, 12500)),
    Register(place="a.b", name="m.*", pin="RADDR", delays=(10300, 10000)),
    Register(place="rest", name="", pin="EN", delays=(4070,)),
]


def gathered(folder: Path, achieved: float, *nets: dict[str, Any]) -> list[Register]:
    (folder / "delays.sdf").write_text(SDF)
    clocks = {CLOCK: {"constraint": 12.0, "achieved": achieved},
              "osc": {"constraint": 48.0, "achieved": 1.0}}
    report = {"fmax": clocks, "detailed_net_timings": [*nets]}
    return endpoints.gather(report, folder / "delays.sdf", ["a.b", "a"], 12e6)


def test_what_an_endpoint_asks_beside_its_arrival_is_its_setup_less_its_clock(
    tmp_path: Path
) -> None:
    (tmp_path / "delays.sdf").write_text(SDF)
    assert sdf.late(tmp_path / "delays.sdf") == {
        ("a.r_SB_DFF_Q_7_D_SB_LUT4_O_LC", "I3"): 824 - 927,
        ("a.b.m.0.0_RAM", "RADDR_3"): 100 - 800,
        ("$auto[3]", "EN"): 100 - 30,
    }


def test_endpoints_of_the_designs_own_clock_are_found_by_layer_register_and_pin(
    tmp_path: Path
) -> None:
    assert gathered(tmp_path, 54.29176330566406, *NETS) == FOUND


@pytest.mark.parametrize("achieved", [54.28, 54.3])
def test_endpoints_that_do_not_add_up_to_the_clock_are_none(
    achieved: float, tmp_path: Path
) -> None:
    assert gathered(tmp_path, achieved, *NETS) == []
    assert gathered(tmp_path, achieved) == []
    assert endpoints.told([]) is None


def test_registers_survive_their_file_under_the_names_of_their_layers(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    endpoints.write(path, FOUND)
    assert endpoints.read(path, {each: each for each in ("a", "a.b", "rest")}) == FOUND
    assert len(path.read_text().splitlines()) == len(FOUND)
    named = endpoints.read(path, {"a": "conv1", "a.b": "conv2", "rest": "rest"})
    assert [each.place for each in named] == ["conv1", "conv2", "rest"]
    endpoints.write(path, [])
    assert json.loads(path.read_text()) == [] == endpoints.read(path, {})


def test_endpoints_are_counted_that_hold_the_clock_at_or_below_a_frequency() -> None:
    registers = [
        Register(place="a", name="r", pin="DI", delays=(10000, 9525, 9523, 8000)),
        Register(place="b", name="s", pin="CE", delays=(9091, 9090, 100)),
        Register(place="a", name="t", pin="DI", delays=(7143, 7142)),
    ]
    # 10,000 ps over 1.05, 1.1, 1.2 and 1.4 are 9,523.8, 9,090.9, 8,333.3 and 7,142.9 ps.
    found = endpoints.told(registers)
    assert found == Endpoints(
        clocks=pytest.approx((100e6, 105e6, 110e6, 120e6, 140e6)), count=9,
        holding=(1, 2, 4, 5, 7),
        slowest=(
            Slow(layer="a", name="r", pin="DI", count=4, holding=(1, 2, 3, 3, 4),
                 seconds=pytest.approx(10e-9)),
            Slow(layer="b", name="s", pin="CE", count=3, holding=(0, 0, 1, 2, 2),
                 seconds=pytest.approx(9.091e-9)),
            Slow(layer="a", name="t", pin="DI", count=2, holding=(0, 0, 0, 0, 1),
                 seconds=pytest.approx(7.143e-9)),
        ),
    )  # fmt: skip
    by_layer = [endpoints.counted(each, [120e6]) for each in endpoints.layers(registers)]
    assert [(each.layer, each.count, each.holding) for each in by_layer] == [
        ("a", 6, (3,)), ("b", 3, (2,))]


def test_a_report_names_the_slowest_registers_alone() -> None:
    many = [Register(place="a", name=f"r{number}", pin="DI", delays=(9000 - number,))
            for number in range(30)]
    found = endpoints.told(many)
    assert found is not None and found.count == 30
    assert [each.name for each in found.slowest] == [f"r{n}" for n in range(endpoints.MOST)]
