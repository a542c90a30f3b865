"""The link's image buffer in the synthesised top of a board: the blocks that the plan counts."""

from pathlib import Path

import pytest

from boards.catalogue import board
from boards.protocol import Info
from hw.cores.link.answer import score_bytes
from hw.design.tops import of
from hw.emit import synth
from hw.emit.families import family
from hw.emit.project import platform, project
from hw.plan.link import buffer
from hw.plan.plan import Slots
from sim.sums import Sums


@pytest.mark.parametrize(("name", "shape", "slots", "blocks"), [
    pytest.param("ulx3s", (3, 43, 51), Slots(count=2, exact=True), 7, id="ECP5, seven blocks"),
    pytest.param("ulx3s", (1, 45, 47), Slots(count=2), 4, id="ECP5, a power of two apart"),
    pytest.param("icebreaker", (1, 45, 47), Slots(count=1, exact=True), 5, id="iCE40, five"),
    pytest.param("icebreaker", (1, 45, 47), Slots(count=0), 0, id="iCE40, none"),
])
def test_the_synthesised_top_has_the_planned_blocks(
    name: str, shape: tuple[int, int, int], slots: Slots, blocks: int, tmp_path: Path
) -> None:
    target, accelerator = board(name), Sums(shape, 5)
    info = Info(
        slots=slots.window, shape=shape, classes=5, digest=bytes(16),
        score_bytes=score_bytes(accelerator.o.p.shape()),
    )  # fmt: skip
    whole = of(target)(
        accelerator, board=target, info=info, clock=target.clock, slots=slots
    )
    made = project(whole, platform(target, target.default_variant))
    made.write(tmp_path)
    found = synth.synthesise(family(target), tmp_path, made.sources, [], lambda line: None)
    planned = buffer(info.image_bytes, slots, target.family)
    # Requests wait in a block where LUTs are no memory.
    assert planned.ebr == blocks == found.total.ebr - (not target.family.lut_memory)
