"""Starts: they are kept where the plan says."""

import pytest
from amaranth import signed

from hw.cores.fabric.home import Home
from hw.cores.fabric.rom import STYLES
from hw.cores.mvu.thresholds import ThresholdMemory
from hw.emit.verilog import emit


@pytest.mark.parametrize("home", ["block", "lut"])
def test_starts_are_kept_where_they_were_told_to(home: Home) -> None:
    starts = ThresholdMemory(
        shape=signed(6), values=[[1, 2, 3, 4], [5, 6, 7, 8]], pe=2, passes=2, home=home
    )
    text = emit(starts)
    assert f'ram_style = "{STYLES[home]}"' in text
