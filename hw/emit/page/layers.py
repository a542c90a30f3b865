"""The network as a list of layers: shapes, folding, cycles, and which of them is the bottleneck."""

from collections.abc import Sequence

from hw.emit.page.blocks import Bar, Bars, Block, Table, Text
from hw.emit.page.section import Section, Told
from hw.emit.report import LayerReport, Report

COLUMNS = ("layer", "reads", "gives", "P x PE x SIMD", "weights in", "cycles", "lanes busy")


def blocks(told: Told) -> Sequence[Block]:
    report = told.report
    slowest = bottlenecks(report)
    names = ", ".join(report.layers[number].name for number in slowest)
    said = f"Bottleneck: {names}" if slowest else (
        f"No layer is the bottleneck: the image enters {report.entry} pixels at a time")
    return [
        Text(text=f"{said}; a frame takes {report.interval:,} cycles. {_images(report)}"),
        Bars(caption="cycles of a frame, by layer", bars=[
            Bar(label=layer.name, value=f"{layer.cycles:,}",
                share=layer.cycles / report.interval, marked=number in slowest)
            for number, layer in enumerate(report.layers)]),
        Table(caption="Layers and their foldings", columns=COLUMNS,
              rows=[_row(layer) for layer in report.layers],
              marked=dict.fromkeys(slowest, "bottleneck")),
        *(Text(text=f"Note of folding: {note}.") for note in report.network.get("notes", ())),
    ]  # fmt: skip


def bottlenecks(report: Report) -> list[int]:
    """Numbers of the layers that take as many cycles as a frame; none where the input does."""
    return [number for number, layer in enumerate(report.layers)
            if layer.cycles == report.interval]


def _images(report: Report) -> str:
    shape = report.network.get("input")
    return f"Images are {shape_text(shape)}." if shape else ""


def _row(layer: LayerReport) -> list[str]:
    return [
        layer.name, shape_text(layer.inputs), shape_text(layer.outputs), layer.folding.size,
        layer.folding.weights, f"{layer.cycles:,}", f"{layer.utilisation:.0%}",
    ]


def shape_text(shape: Sequence[int]) -> str:
    """Channels, height and width as a text."""
    return " x ".join(map(str, shape))


SECTION = Section(order=2, heading="Network", blocks=blocks)
