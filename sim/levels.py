"""Levels: what networks answer in PyTorch, as integers, as Verilog and in synthesised cells.

Every level is a function, and is compared with the integers; those of `LEVELS` take many networks
compiled as one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from amaranth import Shape

from hw.design.accelerator import Accelerator
from hw.emit.synth import NETLIST
from hw.network.agreement import parting
from hw.network.fold import fold
from hw.network.network import Network
from hw.network.reference import Classified, Reference
from hw.plan import latency
from hw.plan.plan import Plan
from model.checkpoint import Checkpoint
from sim import beats
from sim.chance import BySeed, Choices, Listed, Recorded
from sim.cosimulate import answers, cosimulate
from sim.netlist import RESET, bench, synthesised
from sim.pins import exchange
from sim.pytorch import differing
from sim.random_clamps import drawn_clamped
from sim.random_networks import SIDE, drawn_checkpoint, random_images
from sim.random_plans import random_plan
from sim.random_streams import drawn_stream
from sim.workbench import Way, Workbench

IMAGES = 8
PATIENCE = 30_000
PACES = (None, 1, 3, 10)
"""Factors by which foldings of a network of dense layers may be slower than the fastest."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A network, its plan and images; ``taken`` are the decisions that `listed` draws it by."""

    checkpoint: Checkpoint
    plan: Plan
    images: np.ndarray
    ways: tuple[Way, ...]
    taken: tuple[int, ...]

    @property
    def network(self) -> Network:
        return self.plan.network

    @cached_property
    def expected(self) -> Classified:
        """By integers, as `hw.network.reference` has them."""
        return Reference(self.network).run(self.images)

    def __str__(self) -> str:
        layers = ", ".join(
            f"{stage.name} {stage.folding.size} {stage.folding.weights}"
            for stage in self.plan.stages
        )
        shape = " x ".join(map(str, self.network.input_shape))
        return f"{shape}, {self.plan.entry} a beat: {layers}; listed({list(self.taken)})"


def case(chance: Choices) -> Case:
    """Any network that hardware takes, small, with any plan, images of noise and ways to play."""
    noted = Recorded(chance)
    kind = noted.pick(["any", "pairs", "flat", "stream", "clamped"])
    if kind == "stream":
        checkpoint = drawn_stream(noted)
    elif kind == "clamped":
        checkpoint = drawn_clamped(noted)
    else:
        checkpoint = drawn_checkpoint(
            noted, pairs=kind == "pairs", flat=kind == "flat", sides=(1, SIDE), classes=(1, 20)
        )
    pace = noted.pick(PACES) if kind == "flat" else None
    plan = random_plan(
        fold(checkpoint), noted, pace=pace, on=noted.pick(["ulx3s", "icebreaker"])
    )
    seed = noted.between(0, 2**16)
    stalled = noted.pick([Way(0.8, seed), Way(0.3, seed), Way(0.3, seed, "cocotb")])
    return Case(
        checkpoint=checkpoint, plan=plan, ways=(Way(), stalled), taken=tuple(noted.taken),
        images=random_images(checkpoint, IMAGES, seed),
    )  # fmt: skip


def listed(taken: Sequence[int]) -> Case:
    """The case of these decisions: how a failure that was found is drawn again."""
    return case(Listed(taken))


def by_seed(seed: int) -> Case:
    """The case of a seed."""
    return case(BySeed(seed))


Faults = list[str]
Level = Callable[[Sequence[Case]], list[Faults]]
"""Faults of each of the cases; an exception is a fault of one of them."""


def pytorch(cases: Sequence[Case]) -> list[Faults]:
    """Every bit of every layer, and the class but for ties that float32 rounds, is PyTorch's."""
    return [[*_bits(each), *_classes(each)] for each in cases]


def verilog(cases: Sequence[Case]) -> list[Faults]:
    """Scores, class, latency and distance of frames of design.v are the reference's and the
    plan's, however it is stalled."""
    bench = Workbench({f"n{number}": Accelerator(each.plan) for number, each in enumerate(cases)})
    return [_played(each, bench, f"n{number}") for number, each in enumerate(cases)]


def netlist(cases: Sequence[Case]) -> list[Faults]:
    """Scores, class and distance of frames of the synthesised board are the reference's and the
    plan's, stalled or not, and the board answers at its pins. Each is compiled for itself: some
    forty seconds of CPU."""
    return [_in_cells(each) for each in cases]


LEVELS: Mapping[str, Level] = {"PyTorch": pytorch, "design.v": verilog}


def levels(
    cases: Sequence[Case], compared: Mapping[str, Level] = LEVELS
) -> list[Faults]:
    """Faults of each case at any level; where a level fails for many, each is tried alone."""
    found: list[Faults] = [[] for _ in cases]
    for name, level in compared.items():
        try:
            answered = level(cases)
        except Exception as error:
            if len(cases) == 1:
                answered = [[f"{type(error).__name__}: {error}"]]
            else:
                answered = [_alone(each, level) for each in cases]
        for faults, more in zip(found, answered, strict=True):
            faults += [f"{name}: {fault}" for fault in more]
    return found


def _alone(only: Case, level: Level) -> Faults:
    try:
        return level([only])[0]
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def _bits(only: Case) -> Faults:
    found = differing(only.checkpoint, only.network, only.images)
    return [f"layer {name}: it does not give what PyTorch's gives" for name in found]


def _classes(only: Case) -> Faults:
    with torch.no_grad():
        classes = only.checkpoint.module()(torch.from_numpy(only.images)).argmax(dim=1).numpy()
    parted = parting(
        only.checkpoint, only.network, only.images, only.expected.classes, classes
    )
    return [parted.told] if len(parted.real) else []


def _played(only: Case, bench: Workbench, name: str) -> Faults:
    faults: Faults = []
    entering = beats.unpack(beats.pixels(only.images, only.plan.entry))
    width = Shape.cast(bench.components[name].o.p.shape()).width
    for way in only.ways:
        expected = only.expected
        played = bench.play(name, entering, expected.scores.size, way, patience=PATIENCE).played
        found = answers(played, only.network, width)
        if not all(map(np.array_equal, found, expected)):
            design = Accelerator(only.plan)
            named = cosimulate(design, only.network, only.images).mismatch
            faults.append(f"{way}: {named or 'only when stalled, or among others'}")
        if not way.stall:
            faults += _timing(only, played.received.cycles, int(played.sent[0]))
    return faults


def _in_cells(only: Case) -> Faults:
    with TemporaryDirectory(prefix="levels") as name:
        made = synthesised(only.plan, Path(name))
        board = bench(Path(name) / NETLIST, made, only.plan)
    faults = []
    for stall in (0.0, 0.4):
        found = cosimulate(board, only.network, only.images, stall=stall, patience=PATIENCE)
        if len(found.differing):
            faults.append(f"stalled {stall:.0%}: {found.mismatch}")
        elif not stall and found.cycles_per_frame != only.plan.interval:
            faults.append(f"frames follow after {found.cycles_per_frame}, planned "
                          f"{only.plan.interval}")
    exchange(board.model(), only.plan, only.images[:1], edges=RESET)
    return faults


def _timing(only: Case, cycles: np.ndarray, start: int) -> Faults:
    classes = len(only.network.classes)
    answered = cycles[classes - 1 :: classes].astype(int) - start
    planned = latency.latency(only.network, only.plan.foldings, only.plan.entry)
    steady = np.diff(answered)[IMAGES // 2 :]
    faults = []
    if answered[0] != planned:
        faults.append(f"latency {answered[0]}, planned {planned}")
    if (steady != only.plan.interval).any():
        faults.append(f"frames follow after {steady.tolist()}, planned {only.plan.interval}")
    return faults
