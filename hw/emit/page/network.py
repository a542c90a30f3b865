"""The network as a picture: its layers with their shapes, and which reads which."""

from collections.abc import Mapping, Sequence

from hw.emit.page.blocks import Block, Edge, Graph, Stop, Table, Text
from hw.emit.page.section import Section, Told, bottlenecks, shape_text
from hw.emit.report import LayerReport, Report
from hw.network.nodes.node import IMAGE

INPUT = "image"
"""What stands before the first layer."""


def blocks(told: Told) -> Sequence[Block]:
    report = told.report
    edges, lanes = _edges(report.layers), _lanes(report.layers)
    image = Stop(lane=lanes[0], name=INPUT, does="bytes", shape=shape_text(_image(report)))
    slowest = bottlenecks(report)
    stops = [image, *(
        Stop(lane=lane, name=layer.name, does=layer.does, shape=shape_text(layer.outputs),
             mark="bottleneck" if number in slowest else "")
        for number, (layer, lane) in enumerate(zip(report.layers, lanes[1:], strict=True)))]
    return [
        Graph(caption="Layers, and the channels x height x width that each gives",
              name=_said(report), stops=stops, edges=edges),
        Table(caption="Layers and what they read", folded=True, figures=False,
              columns=("layer", "does", "reads", "gives"), rows=[_row(each) for each in
                                                                 report.layers]),
        *(Text(text=f"Note of folding: {note}.") for note in report.network.get("notes", ())),
    ]  # fmt: skip


def _image(report: Report) -> Sequence[int]:
    return report.network.get("input") or report.layers[0].inputs


def _row(layer: LayerReport) -> list[str]:
    reads = ", ".join(map(_named, layer.sources))
    return [layer.name, layer.does, f"{reads}: {shape_text(layer.inputs)}",
            shape_text(layer.outputs)]


def _named(source: str) -> str:
    return INPUT if source == IMAGE else source


def _said(report: Report) -> str:
    """The graph in words."""
    return "; ".join(
        f"{layer.name} reads {' and '.join(map(_named, layer.sources))}" for layer in report.layers)


def _edges(layers: Sequence[LayerReport]) -> list[Edge]:
    rows = _rows(layers)
    return [Edge(first=rows[source], last=rows[layer.name])
            for layer in layers for source in dict.fromkeys(layer.sources)]


def _rows(layers: Sequence[LayerReport]) -> Mapping[str, int]:
    """The row of every layer and of the image, which is the first."""
    return {name: row for row, name in enumerate([IMAGE, *(layer.name for layer in layers)])}


def _lanes(layers: Sequence[LayerReport]) -> list[int]:
    """The lane of every row: what a layer gives stays in its lane down to its last reader, and
    nothing else uses that lane meanwhile."""
    rows = _rows(layers)
    until = {rows[source]: rows[layer.name] for layer in layers for source in layer.sources}
    lanes = [0]
    for row in range(1, len(rows)):
        taken = {lanes[above] for above in range(row) if until.get(above, above) > row}
        lanes.append(next(lane for lane in range(row + 1) if lane not in taken))
    return lanes


SECTION = Section(order=2, heading="Network", blocks=blocks)
