"""The highest clock by the real tools: a placed design is given another clock, and nothing else."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boards.board import Board
from boards.catalogue import board
from boards.protocol import Info
from hw.cores.link.answer import score_bytes
from hw.design import clocks, tops
from hw.design.adjustable import Adjustable, around
from hw.emit import highest, place, synth
from hw.emit.families import family
from hw.emit.highest import TUNED, Clocks
from hw.emit.project import platform, project
from hw.emit.retune import retune_file
from hw.network.fold import fold
from sim import pins
from sim.chance import BySeed
from sim.cosimulate import cosimulate
from sim.netlist import RESET, bench, synthesised
from sim.player import Failure
from sim.random_networks import random_checkpoint, random_images
from sim.random_plans import random_plan
from sim.sums import Sums

VARIANTS = {"ulx3s": "12F", "icebreaker": "UP5K"}
"""Of every board, the one with the smallest device."""


def netlist(known: Board, adjustable: Adjustable, clock: float, folder: Path) -> list[str]:
    """Synthesise the smallest design of a board for a clock; returns its device's options."""
    folder.mkdir()
    sums = Sums((1, 4, 4), 3)
    info = Info(
        slots=2, shape=sums.shape, classes=sums.classes,
        score_bytes=score_bytes(sums.o.p.shape()), digest=bytes(16),
    )  # fmt: skip
    made = project(
        tops.of(known)(sums, board=known, info=info, clock=clock, adjustable=adjustable),
        platform(known, VARIANTS[known.name]),
    )
    made.write(folder)
    synth.synthesise(family(known), folder, made.sources, [])
    return list(made.device)


def cells(path: Path) -> dict[str, Any]:
    """Of the top: type, parameters and nets of every cell."""
    found = json.loads(path.read_text())["modules"]["top"]["cells"]
    kept = ("type", "parameters", "connections")
    return {name: {each: cell[each] for each in kept} for name, cell in found.items()}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_clock_found_is_that_of_the_bitstream(name: str, tmp_path: Path) -> None:
    known = board(name)
    adjustable, tools = around(known, known.clock), family(known)
    folder = tmp_path / "found"
    device = netlist(known, adjustable, known.clock, folder)
    made = highest.search(tools, folder, device, [], seeds=[1], clocks=Clocks(
        first=known.clock, lowest=adjustable.lowest,
        highest=lambda reached: clocks.highest(adjustable, reached),
        settings=lambda clock: clocks.settings(adjustable, clock),
    ))  # fmt: skip
    assert made.met and known.clock < made.asked <= made.achieved
    assert made.asked == clocks.highest(adjustable, made.achieved)

    # What synthesis makes for this clock is what the netlist was changed to, in every cell.
    netlist(known, adjustable, made.asked, tmp_path / "asked")
    wanted = cells(tmp_path / "asked" / synth.NETLIST)
    assert cells(folder / TUNED) == wanted != cells(folder / synth.NETLIST)

    assert (folder / tools.configuration).stat().st_size > 10_000
    assert place.read(folder) == made


@pytest.mark.parametrize("name", VARIANTS)
def test_a_netlist_that_is_given_another_clock_answers(name: str, tmp_path: Path) -> None:
    known, checkpoint = board(name), random_checkpoint(3, flat=True)
    plan = random_plan(fold(checkpoint), BySeed(3), on=name)
    adjustable = around(known, plan.clock)
    made = synthesised(plan, tmp_path, adjustable)
    clock = clocks.highest(adjustable, adjustable.highest)
    assert clock is not None and clock > 3 * plan.clock
    retune_file(tmp_path, synth.NETLIST, TUNED, clocks.settings(adjustable, clock))
    images, timed = random_images(checkpoint, 2), replace(plan, clock=clock)
    whole = bench(tmp_path / TUNED, made, timed)
    assert len(cosimulate(whole, plan.network, images).differing) == 0
    model = whole.model()
    pins.exchange(model, timed, images[:1], edges=RESET)
    # It does not hear the serial line of the clock that it was made for.
    with pytest.raises(Failure):
        pins.exchange(model, plan, images[:1], edges=RESET)
