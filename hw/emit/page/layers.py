"""Folding: how much of each layer is done at once, its cycles, and who is the bottleneck."""

from collections.abc import Sequence

from hw.emit.page.blocks import Block, Table, Text
from hw.emit.page.section import Section, Told, bottlenecks
from hw.emit.report import LayerReport, Report

COLUMNS = ("layer", "cycles", "lanes busy", "P x PE x SIMD", "weights in")


def blocks(told: Told) -> Sequence[Block]:
    report = told.report
    slowest = bottlenecks(report)
    return [
        Text(text=f"{_slowest(report, slowest)} A frame takes {report.interval:,} cycles. "
                  "Of a layer, P output pixels, PE channels and SIMD inputs are worked on at once; "
                  "the bar is its share of the frame's cycles."),
        Table(caption="Layers and their foldings", columns=COLUMNS,
              rows=[_row(layer) for layer in report.layers],
              shares={number: layer.cycles / report.interval
                      for number, layer in enumerate(report.layers)},
              marked=dict.fromkeys(slowest, "bottleneck")),
    ]  # fmt: skip


def _slowest(report: Report, slowest: Sequence[int]) -> str:
    if not slowest:
        return (f"No layer is the bottleneck: the image enters, {report.entry} pixels at a time, "
                "more slowly than any of them works.")
    names = " and ".join(report.layers[number].name for number in slowest)
    return f"Bottleneck: {names}."


def _row(layer: LayerReport) -> list[str]:
    folding = layer.folding
    return [layer.name, f"{layer.cycles:,}", f"{layer.utilisation:.0%}", folding.size,
            folding.weights]


SECTION = Section(order=3, heading="Folding", blocks=blocks)
