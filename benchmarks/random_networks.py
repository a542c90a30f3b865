"""``python -m benchmarks.random_networks``: networks by Hypothesis, the same at every level.

Networks are drawn first and compared in bundles, as compiling several together takes less time;
then Hypothesis gets the verdicts, and tries smaller networks if one is wrong. A failure is kept in
its database, and tried first in the next run.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from benchmarks.builds import ROOT
from hw.cores.mvu.sizes import MvuSizes
from hw.plan import graph
from hw.plan.layers.affine import AffineLayer
from hw.plan.layers.bits import BitsLayer
from hw.plan.layers.head import HeadLayer
from hw.plan.layers.hidden import HiddenLayer
from hw.plan.layers.product import ProductLayer
from sim.chance import Choices
from sim.levels import Case, Faults, case, levels, netlist

TOGETHER = 5
"""Networks that are compiled together; not more, as Verilator's time grows faster than a design."""

DATABASE = ROOT / "build" / "hypothesis"


TAPE = 300
"""Bytes that decide a case, two for a decision; decisions after the last are the simplest."""


class Tape(Choices):
    """Decisions by bytes: a lower value gives a lower, simpler decision.

    The bytes are a single draw of Hypothesis: it would repeat some of several draws in the next
    examples, and half of all networks would be nearly equal.
    """

    def __init__(self, tape: bytes) -> None:
        self._pairs = zip(tape[::2], tape[1::2], strict=True)

    def between(self, low: int, high: int) -> int:
        first, second = next(self._pairs, (0, 0))
        return low + ((first << 8 | second) * (high - low + 1) >> 16)


def cases() -> st.SearchStrategy[Case]:
    """A strategy for `sim.levels.case`: the smallest images, fewest layers and steps first."""
    return st.binary(min_size=TAPE, max_size=TAPE).map(lambda tape: case(Tape(tape)))


class Wrong(AssertionError):
    """A case that is not the same at every level."""


@dataclass
class Campaign:
    """A comparison of many random networks.

    Parameters
    ----------
    count, start : number of networks, and the seed that they are drawn by.
    compare : function from a bundle of networks to the faults of each.
    database : folder of earlier failures, which are tried first; None keeps none.
    progress : called with the number of networks compared.
    """

    count: int
    start: int = 0
    compare: Callable[[Sequence[Case]], list[Faults]] = levels
    database: Path | None = DATABASE
    progress: Callable[[int], None] = lambda done: None
    known: dict[tuple[int, ...], Faults] = field(default_factory=dict)
    """Faults by the decisions of a case."""

    def run(self) -> list[Case]:
        """Compare the cases, and return them. Raises `Wrong` with the smallest that fails."""
        drawn: dict[tuple[int, ...], Case] = {}
        self._each(lambda one: drawn.setdefault(one.taken, one), Phase.generate)
        every = list(drawn.values())
        for first in range(0, len(every), TOGETHER):
            bundle = every[first : first + TOGETHER]
            found = self.compare(bundle)
            self.known |= {one.taken: each for one, each in zip(bundle, found, strict=True)}
            self.progress(len(self.known))
        if any(self.known.values()) or self.database:
            self._each(self._judge, Phase.reuse, Phase.generate, Phase.shrink)
        return every

    def _each(self, body: Callable[[Case], object], *phases: Phase) -> None:
        kept = self.database and DirectoryBasedExampleDatabase(self.database)

        # In this order: a seed that is set last removes the database.
        @settings(
            max_examples=self.count, phases=phases, deadline=None, database=kept or None,
            suppress_health_check=list(HealthCheck), print_blob=False,
        )
        @seed(self.start)
        @given(cases())
        def each(tried: Case) -> None:
            body(tried)

        each()

    def _judge(self, tried: Case) -> None:
        if tried.taken not in self.known:
            (self.known[tried.taken],) = self.compare([tried])
        if faults := self.known[tried.taken]:
            raise Wrong(f"{'; '.join(faults)}\n{tried}")


def units(one: Case) -> Iterator[MvuSizes]:
    """The matrix-vector units of a plan."""
    for layer, folding, formats in graph.folded(one.network, one.plan.foldings):
        if isinstance(layer, ProductLayer):
            yield layer.unit(folding, layer.window(folding, formats))


def kinds(drawn: Sequence[Case]) -> Iterator[tuple[str, int]]:
    """Features of networks, each with the number of networks that have it."""
    counted: Counter[str] = Counter()
    for one in drawn:
        stages, products = one.plan.stages, one.network.products
        layers = [(layer, folding) for layer, folding, _
                  in graph.folded(one.network, one.plan.foldings)]
        hidden = [layer for layer, _ in layers if isinstance(layer, HiddenLayer)]
        counted.update({
            *(f"weights in {folding.weights}" for layer, folding in layers
              if isinstance(layer, ProductLayer)),
            *(f"products in {folding.weights}" for layer, folding in layers
              if layer.kind == "affine"),
            *("several pixels at once" for stage in stages if stage.folding.pixels > 1),
            *("weights reused" for stage in stages if stage.folding.reuse > 1),
            *("weights that inputs share" for unit in units(one) if unit.shared > 1),
            *("pairs of inputs with one weight" for unit in units(one) if unit.paired),
            *("idle channels in the last pass" for layer, folding in layers
              if isinstance(layer, ProductLayer) and layer.product.outputs % folding.pe),
            *(f"pad {product.geometry.pad}" for product in products),
            *("border classes" for product in products if len(product.geometry.inside) > 1),
            *("strides" for product in products if max(product.geometry.stride) > 1),
            *("pools" for layer in hidden if layer.pool),
            *("two thresholds a sum" for layer in hidden if layer.copies == 2),
            *("more thresholds a sum" for layer in hidden if layer.copies > 2),
            *(f"a layer of {layer.kind}" for layer, _ in layers
              if not isinstance(layer, HiddenLayer | HeadLayer)),
            *("planes of weights" for layer, _ in layers
              if isinstance(layer, AffineLayer) and layer.node.joined > 1),
            *("negated thresholds" for layer, _ in layers
              if isinstance(layer, BitsLayer) and layer.node.negated.any()),
            *("an average before the scores",) * (products[-1].geometry.positions > 1),
            *("several pixels a beat",) * (one.plan.entry > 1),
            *("several pixels a beat of a map that a kernel slides over" for _, folding in layers
              if folding.enters > 1),
            *("several pixels a beat into a pool" for layer, folding in layers
              if folding.leaves > 1 and layer.made != layer.output),
            "one channel" if one.network.input_shape[0] == 1 else "several channels",
            "a first layer of bits" if products[0].binary else "a first layer of integers",
            *("a single layer",) * (len(layers) == 1),
            *("one class",) * (len(one.network.classes) == 1),
        })
    yield from sorted(counted.items())


def main(argv: Sequence[str] | None = None) -> int:
    """Compare networks as the arguments say; 0 if all are equal, 1 if one is not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.random_networks",
                                     description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="networks (default 500)")
    parser.add_argument("--seed", type=int, default=0, help="they are drawn by (default 0)")
    parser.add_argument("--netlists", type=int, default=0, metavar="N",
                        help="so many of them also as synthesised boards, a minute each "
                        "(default 0)")
    given_ = parser.parse_args(argv)
    torch.set_num_threads(1)
    began = time.monotonic()

    def progress(done: int) -> None:
        print(f"{done} networks, {time.monotonic() - began:,.0f} s", flush=True)

    left = given_.netlists

    def compare(bundle: Sequence[Case]) -> list[Faults]:
        nonlocal left
        found, boards = levels(bundle), bundle[:left]
        left -= len(boards)
        for faults, more in zip(found, levels(boards, {"netlist": netlist}), strict=False):
            faults += more
        return found

    campaign = Campaign(given_.count, given_.seed, compare, progress=progress)
    try:
        drawn = campaign.run()
    except Wrong as wrong:
        print(f"failed: {wrong}", file=sys.stderr)
        print("give its decisions to sim/test_random_networks.py, FOUND, under a name",
              file=sys.stderr)
        return 1
    print(f"{len(drawn)} networks of seed {given_.seed}, each with {len(drawn[0].images)} images "
          f"in two ways: the same at every level, {given_.netlists - left} of them as "
          "synthesised boards too")  # fmt: skip
    for kind, count in kinds(drawn):
        print(f"  {count:>4} {kind}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
