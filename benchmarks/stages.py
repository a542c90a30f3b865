"""``python -m benchmarks.stages``: the cost model against synthesised and packed stages.

Sixty layers of every kind, drawn with their foldings from seeds, twelve that are not folded,
twelve of which channels side by side have the same weights, and twelve with weights as functions of
a step, are synthesised one by one and packed by nextpnr for the 85F; what they take goes to
``benchmarks/stages.json`` beside what `hw.plan.cost` says. A test holds the model to that table: on
average to what was found, and exactly to what it said. ``--said`` writes the latter alone.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.lib import wiring
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.packing import TOOLS, packed
from boards.resources import Resources
from hw.design.stages.stage import stage
from hw.emit.child import results
from hw.emit.known.ecp5 import count
from hw.network.geometry import Geometry, Pad
from hw.network.nodes.node import BITS, IMAGE
from hw.network.nodes.pool import Pool
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores
from hw.network.nodes.threshold import Threshold
from hw.plan import cost
from hw.plan.formats import Formats
from hw.plan.layers.head import HeadLayer
from hw.plan.layers.hidden import HiddenLayer
from hw.plan.layers.layer import Arriving
from hw.plan.plan import Folding
from model import options
from model.options import Parser
from model.refusal import refusing

FILE = Path(__file__).with_name("stages.json")
KINDS = ("first", "conv", "conv", "conv", "dense", "head")
LANES = 1000
"""Most lanes of a drawn folding, of all its pixels: a stage takes seconds."""

FOLDED, SYNAPSES = 60, 10_000
"""Seeds from there on are of layers that are not folded at all, with up to so many weights, which
live in logic."""

SHARED, STEPPED = 72, 84
"""Seeds from there on are of layers that read copies of channels, two thirds of them in pairs, and
of weights as functions of a step, which the others have not."""

STAGES = 96
"""Number of stages."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A stage as a network could have it: ``arriving`` as of `hw.design.stages.hidden`."""

    layer: HiddenLayer | HeadLayer
    folding: Folding
    formats: Formats
    arriving: Arriving

    @property
    def component(self) -> wiring.Component:
        return stage(self.layer, self.folding, self.formats, self.arriving)

    @property
    def estimate(self) -> Resources:
        return cost.stage(self.layer, self.folding, self.formats, self.arriving)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One drawn stage: its seed, what it is, what it took, and what the model said of it."""

    seed: int
    text: str
    folding: Folding
    found: Resources
    said: Resources


def draw(seed: int) -> Drawn:
    """A layer as networks have them and a folding of it, from ``seed`` alone."""
    rng, kind = np.random.default_rng(seed), KINDS[seed % len(KINDS)]
    if FOLDED <= seed < SHARED:
        return _unfolded(rng, kind)
    if seed >= STEPPED:
        return _stepped(rng, "conv" if kind == "first" else kind)
    layer = _layer(rng, kind) if seed < SHARED else _of_copies(rng, kind)
    formats, arriving = _formats(rng, layer)
    known = [each for each in layer.foldings(formats)
             if each.products <= LANES and each.weights != "steps"]
    if seed >= SHARED:
        units = [layer.unit(each, layer.window(each, formats)) for each in known]
        known = [each for each, unit in zip(known, units, strict=True)
                 if unit.shared > 1 and unit.paired == (seed % 3 > 0)]
    # As many large ones as small ones, though the small ones are fewer, and a pixel at a time as
    # often as several.
    wanted, several = rng.uniform(1, np.log2(LANES)), rng.random() < 0.5
    distances = [
        abs(np.log2(each.products) - wanted) + rng.random() + 2 * ((each.pixels > 1) != several)
        for each in known
    ]
    folding = known[int(np.argmin(distances))]
    return Drawn(layer=layer, folding=folding, formats=formats, arriving=(arriving,))


def measure(seed: int) -> Measured:
    """Synthesise and pack one stage; seconds."""
    drawn = draw(seed)
    (found,) = count(packed(drawn.component), []).values()
    return Measured(seed=seed, text=_text(drawn), folding=drawn.folding, found=found,
                    said=drawn.estimate)  # fmt: skip


def read() -> Iterator[Measured]:
    """The table as it was measured last."""
    for row in json.loads(FILE.read_text())["stages"]:
        folding = Folding(**row.pop("folding"))
        found, said = (Resources(**row.pop(name)) for name in ("found", "said"))
        yield Measured(**row, folding=folding, found=found, said=said)


def _layer(rng: np.random.Generator, kind: str) -> HiddenLayer | HeadLayer:
    inputs, size, kernel = BITS, int(rng.choice([5, 7, 8, 14, 16, 28])), int(rng.choice([1, 3, 3]))
    channels = int(rng.choice([8, 16, 24, 32, 64, 128]))
    outputs = int(rng.choice([16, 32, 64, 128]))
    if kind == "first":
        channels, kernel, size = int(rng.choice([1, 3])), 3, int(rng.choice([16, 28, 32]))
        inputs = [range(-128, 128), range(-32, 32), range(-1, 7)][rng.integers(3)]
    elif kind != "conv":
        size = kernel = int(rng.choice([1, 3, 4, 7]))
    padding = int(kernel == 3 and size > 3 and rng.random() < 0.6)
    pad: Pad = ("zero" if rng.random() < 0.7 else "-1") if padding else "none"
    if kind == "head":
        outputs = 10
    geometry = Geometry(
        channels=channels, height=size, width=size, kernel=(kernel, kernel),
        padding=(padding, padding), pad=pad,
    )
    weights = rng.choice([-1, 1], (outputs, kernel, kernel, channels)).astype(np.int8)
    product = Product(
        name=kind, sources=(IMAGE,), geometry=geometry, weights=weights, inputs=inputs
    )
    if kind == "head":
        scaled = rng.random() < 0.5
        scores = Scores(
            name="scores", sources=(kind,), scale=1.0,
            multipliers=rng.integers(1000, 1 << 17, outputs) if scaled else np.ones(10, np.int64),
            offsets=rng.integers(-(10**6), 10**6, outputs) if scaled else np.zeros(10, np.int64),
        )
        return HeadLayer(product=product, scores=scores)
    spread = np.sqrt(geometry.size) * max(abs(inputs[0]), abs(inputs[-1])) / 2
    thresholds = np.rint(rng.normal(0, spread, outputs)).astype(np.int32)
    pooled = kind != "dense" and rng.random() < 0.4
    return HiddenLayer(
        product=product,
        threshold=Threshold(name="threshold", sources=(kind,), thresholds=thresholds),
        pool=_pool(rng, product) if pooled else None,
    )


def _of_copies(rng: np.random.Generator, kind: str) -> HiddenLayer | HeadLayer:
    """A layer that reads bits, two or four of which have the same weights."""
    layer, times = _layer(rng, "conv" if kind == "first" else kind), int(rng.choice([2, 2, 4]))
    weights = layer.product.weights[..., ::times].repeat(times, axis=-1)
    return replace(layer, product=replace(layer.product, weights=weights))


def _formats(
    rng: np.random.Generator, layer: HiddenLayer | HeadLayer
) -> tuple[Formats, int | None]:
    """Formats as a network could have: of a vector mostly in beats, as dense layers give it."""
    geometry = layer.product.geometry
    takes = geometry.kernel == (geometry.height, geometry.width) and rng.random() < 0.8
    gives = layer.gives_vector and rng.random() < 0.3
    arriving = int(rng.choice([each for each in (1, 2, 4, 8, 16) if geometry.size % each == 0]))
    return Formats(takes=takes, gives=gives), arriving if takes else None


def _pool(rng: np.random.Generator, product: Product) -> Pool:
    geometry = Geometry(
        channels=product.outputs, height=product.geometry.out_height,
        width=product.geometry.out_width, kernel=(2, 2), stride=(2, 2),
    )
    return Pool(name="pool", sources=("threshold",), geometry=geometry,
                any_of=rng.random(product.outputs) < 0.8)


def _unfolded(rng: np.random.Generator, kind: str) -> Drawn:
    while True:
        layer = _layer(rng, kind)
        formats, arriving = _formats(rng, layer)
        if layer.product.weights.size <= SYNAPSES:
            folding = next(each for each in layer.foldings(formats) if each.weights == "logic")
            return Drawn(layer=layer, folding=folding, formats=formats, arriving=(arriving,))


def _stepped(rng: np.random.Generator, kind: str) -> Drawn:
    while True:
        layer = _layer(rng, kind)
        formats, arriving = _formats(rng, layer)
        known = [each for each in layer.foldings(formats)
                 if each.products <= LANES and each.weights == "steps"]
        if known:
            folding = known[rng.integers(len(known))]
            return Drawn(layer=layer, folding=folding, formats=formats, arriving=(arriving,))


def _text(drawn: Drawn) -> str:
    layer, product = drawn.layer, drawn.layer.product
    geometry = product.geometry
    words = [
        f"{product.name} {geometry.channels}x{geometry.height}x{geometry.width} to "
        f"{product.outputs} by {geometry.kernel[0]}, pad {geometry.pad}",
        "pooled" * (isinstance(layer, HiddenLayer) and layer.pool is not None),
        f"in parts of {drawn.arriving[0]}" * drawn.formats.takes,
        "giving parts" * drawn.formats.gives,
    ]
    return ", ".join(filter(None, words))


def _table(rows: Sequence[Measured]) -> Table:
    figures = [text for kind in ("LUT4", "FF", "EBR") for text in (kind, "estimate")]
    shown = Table("stage", "P x PE x SIMD", "weights", "buffers", *figures)
    for row in rows:
        folding, found, said = row.folding, row.found, row.said
        shown.add_row(
            row.text, folding.size, folding.weights, folding.buffers,
            *(str(figure) for pair in zip(asdict(found).values(), asdict(said).values(),
                                          strict=True) for figure in pair),
        )
    return shown


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Measure the grid again and show it beside the model."""
    parser = Parser(prog="python -m benchmarks.stages", description=__doc__)
    parser.add_argument("--stages", type=options.whole("--stages", 1, 10_000), default=STAGES,
                        help=f"how many to draw ({STAGES})")
    parser.add_argument("--said", action="store_true",
                        help="measure nothing; write what the model says now beside the table")
    given = parser.parse_args(argv)
    tools, count_of = [tool.version for tool in TOOLS], given.stages
    if given.said:
        rows = [replace(row, said=draw(row.seed).estimate) for row in read()]
        tools = json.loads(FILE.read_text())["tools"]
    else:
        calls = [partial(measure, number) for number in range(count_of)]
        made = results(calls, os.cpu_count() or 1)
        rows = list(track(made, "synthesising stages", count_of))
    content: dict[str, Any] = {"tools": tools, "stages": [asdict(row) for row in rows]}
    FILE.write_text(json.dumps(content, indent=1) + "\n")
    Console(width=140).print(_table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
