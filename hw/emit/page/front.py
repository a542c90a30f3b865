"""The Pareto front: what other frame rates would cost, with this build among them."""

from collections.abc import Sequence

from hw.emit.page.blocks import Block, Plot, Table, Text
from hw.emit.page.section import Section, Told
from hw.emit.table import rate
from hw.plan.front import Front, Point

COLUMNS = ("frames/s", "latency", "LUT4", "flip-flops", "EBR", "bound by")


def blocks(told: Told) -> Sequence[Block]:
    report, front = told.report, told.front
    if front is None:
        return [Text(text="Not explored: the same command with --explore, into the same folder, "
                          "lists what every frame rate costs; the next report shows it.")]
    from hw.emit.plot import inline  # takes half a second to import, where there is a front

    ours = (report.frames_per_second, report.counts.estimate.lut)
    return [
        Text(text=f"Each design is the smallest planned at its rate, at {front.clock / 1e6:g} MHz; "
                  f"this build is planned with {ours[1]:,} LUT4, of {front.available.lut:,} in the "
                  f"{front.device}, for {rate(ours[0])} frames/s."),
        Plot(caption="LUT4 against frames/s", svg=inline(front, ours),
             name=f"{len(front.points)} designs from {rate(front.points[0].frames_per_second)} to "
                  f"{rate(front.points[-1].frames_per_second)} frames/s; the table below has them "
                  "in figures"),
        Table(caption="Designs from the smallest to the fastest", columns=COLUMNS, folded=True,
              rows=[_row(front, point) for point in front.points]),
    ]  # fmt: skip


def _row(front: Front, point: Point) -> list[str]:
    used = point.estimate
    bound = point.layer if point.part == "product" else f"{point.layer} {point.part}"
    return [rate(point.frames_per_second), f"{point.latency * 1e6:,.1f} us", f"{used.lut:,}",
            f"{used.ff:,}", f"{used.ebr:,}", bound]


SECTION = Section(order=11, heading="Pareto front", blocks=blocks)
