"""``python -m benchmarks.steps``: units with weights as functions of a step, counted and placed."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from rich.progress import track

from benchmarks import lanes
from benchmarks.lanes import ASKED, ROOT, TOOLS, UNIT
from boards.resources import Resources
from hw.cores.mvu.adders import Adders
from hw.cores.mvu.constantsum import STEPS
from hw.cores.mvu.mvu import Mvu
from hw.cores.mvu.sharing import LEVELS, Sharing, rows_of
from hw.cores.mvu.sizes import MvuSizes, passes
from hw.cores.mvu.weights import weight_words
from hw.emit import place
from hw.emit.known.ecp5 import FAMILY as ECP5
from hw.network.fold import fold
from hw.network.nodes.product import Product
from model import options
from model.checkpoint import load
from model.options import Parser
from model.refusal import Refusal, refusing

TABLE = ROOT / "benchmarks" / "STEPS.md"
BUILD = ROOT / "build" / "benchmark-steps"
CHECKPOINT = ROOT / "examples" / "mnist" / "net.pt"
COUNTED = (1, 2, 3, 4, 6, 7, 8, 10, 11, 16)
"""Numbers of steps that are counted."""
LARGE = 40_000
"""Lanes from which on nothing is counted, as no device has them."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A unit of some outputs of a layer that reads the whole window at every step."""

    product: Product
    steps: int
    outputs: int
    plain: bool = False

    @property
    def sizes(self) -> MvuSizes:
        pe, size = passes(self.outputs, self.steps), self.product.geometry.size
        home = "steps" if self.steps > 1 else "logic"
        return MvuSizes(outputs=self.outputs, inputs=size, pe=pe, simd=size, home=home)

    @property
    def possible(self) -> bool:
        """True where there are so many passes, and lanes that a device may have."""
        pe = passes(self.outputs, self.steps)
        small = pe * self.product.geometry.size <= LARGE
        return small and self.steps <= STEPS and passes(self.outputs, pe) == self.steps

    @property
    def lanes(self) -> int:
        return self.sizes.lanes

    @property
    def weights(self) -> np.ndarray:
        return self.product.weights[: self.outputs].reshape(self.outputs, -1) > 0

    def unit(self) -> Mvu:
        """The unit, with limits that are near half of the inputs."""
        size = self.product.geometry.size
        limits = size // 2 + np.random.default_rng(1).integers(-30, 31, (1, 1, 1, self.outputs))
        return Mvu(self.sizes, self.weights, limits)


def counted(point: Point) -> Resources:
    """Named cells of the sums alone."""
    sizes, inputs = point.sizes, point.sizes.simd
    rows = rows_of(weight_words(sizes, point.weights), sizes.pe, inputs)
    sharing = Sharing(rows, inputs=inputs, steps=point.steps)
    text = Adders(sharing, LEVELS, inputs.bit_length() + 2).module()[1]
    return Resources(
        lut=text.count("LUT4 #") + 2 * text.count("CCU2C #"), ff=text.count(" <= "))


def counts(products: Sequence[Product]) -> str:
    """LUT4 and flip-flops a lane by layer and steps, as a Markdown table."""
    lines = ["| outputs on inputs, layer |" + "".join(f" {steps} |" for steps in COUNTED)]
    lines.append("|---|" + "---|" * len(COUNTED))
    for product in track(products, "counting"):
        shown = [f"{product.outputs} on {product.geometry.size}, {product.name}"]
        for steps in COUNTED:
            point = Point(product=product, steps=steps, outputs=product.outputs)
            shown.append("")
            if point.possible:
                cells = counted(point)
                shown[-1] = f"{cells.lut / point.lanes:.2f} ({cells.ff / point.lanes:.2f})"
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def placed(points: Sequence[Point], clock: float) -> str:
    """Units with thresholds and control, placed and routed, as a Markdown table."""
    lines = [
        "| outputs on inputs, layer | steps | lanes | LUT4 | FF | LUT4 a lane | Fmax, MHz |",
        "|---|---|---|---|---|---|---|",
    ]
    for point in track(points, "placing"):
        product, name = point.product, f"{point.product.name}-{point.steps}-{point.outputs}"
        folder = BUILD / name
        made = lanes.synthesised(point, folder, ECP5)
        found = place.place(ECP5, folder, made.device, [UNIT], clock=clock, seeds=[1])
        cells = found.modules[UNIT]
        lines.append(
            f"| {point.outputs} on {product.geometry.size}, {product.name} | {point.steps}"
            f" | {point.lanes:,} | {cells.lut:,} | {cells.ff:,} | {cells.lut / point.lanes:.2f}"
            f" | {found.achieved / 1e6:.1f} |"
        )
    return "\n".join(lines) + "\n"


def asked(products: Sequence[Product], text: str) -> list[Point]:
    """Points by their text, ``LAYER:STEPS`` or ``LAYER:STEPS:OUTPUTS`` and commas between."""
    known = {product.name: product for product in products}
    points = []
    for each in filter(None, text.split(",")):
        name, *numbers = each.split(":")
        whole = all(number.isdecimal() and int(number) for number in numbers)
        if name not in known or not whole or not 1 <= len(numbers) <= 2:
            raise Refusal(f"--place {each}: LAYER:STEPS or LAYER:STEPS:OUTPUTS, of the layers "
                          f"{', '.join(known)}")
        product = known[name]
        steps, outputs = (*map(int, numbers), product.outputs)[:2]
        point = Point(product=product, steps=steps, outputs=min(outputs, product.outputs))
        if not point.possible:
            raise Refusal(f"--place {each}: {point.outputs} outputs have no {steps} passes that "
                          "a device has room for")
        points.append(point)
    return points


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Count, place what is asked for, and write the page."""
    parser = Parser(prog="python -m benchmarks.steps", description=__doc__)
    parser.add_argument("--checkpoint", type=options.path("--checkpoint"), default=CHECKPOINT,
                        help="the network whose layers are counted (default: the MNIST example)")
    parser.add_argument("--place", default="", metavar="LAYER:STEPS[:OUTPUTS],...",
                        help="units that are placed and routed, each in minutes")
    parser.add_argument("--clock", type=options.whole("--clock", 1, 1000), default=int(ASKED / 1e6),
                        help="MHz that nextpnr is asked for (default %(default)s)")
    given = parser.parse_args(argv)
    products = [each for each in fold(load(given.checkpoint)).products if each.binary]
    points = asked(products, given.place)
    tools = ", ".join(f"{name} {metadata.version(name)}" for name in TOOLS)
    command = f"python -m benchmarks.steps --checkpoint {Path(given.checkpoint).name}"
    command += f" --place {given.place} --clock {given.clock}" if given.place else ""
    text = (
        "# Units whose weights are functions of a step, on LFE5U-85F\n\n"
        f"Written by `{command}`. Every step computes as many outputs, of the whole window. LUT4 a"
        " lane, and in brackets flip-flops, of the sums alone before placement, by the number of"
        " steps; carry cells count as two LUT4. With a single step weights are constants.\n\n"
        f"{counts(products)}\n"
    )
    if points:
        text += (
            "## Placed\n\nA unit's own cells with thresholds and control, between registers that"
            f" are not counted; speed grade 6, nextpnr aims at {given.clock} MHz with one seed.\n\n"
            f"{placed(points, given.clock * 1e6)}\n"
        )
    text += f"Tools: {tools}.\n"
    TABLE.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
