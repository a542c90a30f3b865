"""A small network becomes a bitstream of each family that no shared build has, in minutes."""

from pathlib import Path

import pytest

from hw.build import main
from hw.emit.report import FILE, read
from model.checkpoint import save
from sim.random_networks import random_checkpoint

MAGIC = {
    "tangnano9k": ("design.fs", b"1111"), "tangnano20k": ("design.fs", b"1111"),
    "gatemate_evb": ("design.bit", b"\xd9\x01"),
}  # fmt: skip
"""Bitstreams by board, and what they begin with."""


@pytest.mark.long
@pytest.mark.parametrize("name", MAGIC)
def test_a_small_network_becomes_a_bitstream(name: str, tmp_path: Path) -> None:
    save(random_checkpoint(3), tmp_path / "net.pt")
    out = tmp_path / "out"
    words = ["--checkpoint", str(tmp_path / "net.pt"), "--out", str(out), "--board", name]
    assert main([*words, "--fps", "1", "--simulate", "5"]) == 0
    bitstream, start = MAGIC[name]
    assert (out / bitstream).read_bytes().startswith(start)
    made = read(out / FILE)
    assert made.simulation is not None and made.netlist is not None and made.timing is not None
    assert (made.simulation.images, made.simulation.differing) == (5, 0)
    assert (made.netlist.differing, made.netlist.at_pins, made.netlist.fault) == (0, 1, None)
    assert made.timing.met and made.timing.endpoints is not None
    slowest = made.timing.endpoints.slowest[0].seconds
    assert round(slowest * 1e12) == round(1e12 / made.timing.achieved)
    synthesised, placed = made.counts.synthesised, made.counts.placed
    assert synthesised is not None and placed is not None
    assert placed.ff == synthesised.ff
    # A memory alone in a block of GateMate takes both of its halves.
    assert 0 <= placed.ebr - synthesised.ebr <= 1
    assert abs(placed.lut / synthesised.lut - 1) < 0.05
