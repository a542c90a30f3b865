"""The operator model reproduces the paper's tables 2 and 3 within the paper's own rounding."""

import pytest

from benchmarks.energy import LARGEST, LAYER, TABLES, differs, main
from hw.emit.energy import joules
from hw.emit.paper import binary_layer

HERE = {
    "table 2, BNN": ("1.415", "15.84"), "table 2, XNOR-Net": ("4.322", "18.75"),
    "table 2, ABC-Net": ("24.56", "154.4"), "table 3, net 1": ("0.295", "3.279"),
    "table 3, net 2": ("0.469", "5.231"), "table 3, net 3": ("0.9116", "10.2"),
    "table 3, net 4": ("1.856", "20.8"), "table 3, net 5": ("4.161", "46.71"),
    "table 3, net 6": ("0.07685", "0.8449"), "table 3, net 7": ("0.1198", "1.323"),
    "table 3, net 8": ("0.2657", "2.954"), "table 3, net 9": ("0.469", "5.231"),
}  # fmt: skip
"""Microjoules as the paper adds up, and with the counter, which its tables leave out."""


def test_table_2_layer_has_the_paper_s_operations() -> None:
    layer = binary_layer(size=9 * 256, **LAYER)
    assert (layer.xnor, layer.compare) == (1_849_688_064, 802_816)


@pytest.mark.parametrize("row", TABLES)
def test_a_row_is_as_added_up_and_near_the_paper_s(row: str) -> None:
    operations, paper = TABLES[row]
    found = 1e6 * joules(operations, "count")
    assert (f"{found:.4g}", f"{1e6 * joules(operations):.4g}") == HERE[row]
    assert differs(found, paper) <= LARGEST


def test_a_figure_that_rounds_to_the_printed_one_does_not_differ() -> None:
    assert differs(0.4749, "0.47") == 0
    assert differs(0.565, "0.47") == pytest.approx(0.09 / 0.47)


def test_the_command_prints_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert "| table 2, ABC-Net | 24.6 | 24.56 | 154.4 |" in said
    assert said.count("\n") == 2 + len(TABLES)
