"""Co-simulation: images through an accelerator's Verilog, every score against the reference."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from amaranth.utils import ceil_log2

from hw.design.accelerator import Accelerator
from hw.emit.energy import Operations
from hw.emit.verilog import emit
from hw.network.layers import Network
from hw.network.reference import Reference, Scores
from sim import beats
from sim.activity import activity
from sim.localise import Mismatch, localise
from sim.player import Engine, Failure, Played, Request, play
from sim.probes import probes
from sim.verilate import build


@dataclass(frozen=True, kw_only=True)
class Cosimulation:
    """What the simulated hardware answered, and where it first differs from the reference.

    Parameters
    ----------
    scores, classes
        int64 (N, classes) and int64 (N,), from the hardware.
    latency_cycles
        From the first pixel taken to the class of the first image.
    cycles_per_frame
        Distance of the answers in the steady state, over the second half of the images; None for
        a single image.
    differing
        int64 (k,): the images of which any score or the class is not the reference's.
    mismatch
        The first place that differs; None if nothing does.
    activity
        Operations of a frame that changed something, by layer; None by cocotb.
    """

    scores: np.ndarray
    classes: np.ndarray
    latency_cycles: int
    cycles_per_frame: float | None
    differing: np.ndarray
    mismatch: Mismatch | None
    activity: dict[str, Operations] | None


def cosimulate(
    design: Accelerator | str,
    network: Network,
    images: np.ndarray,
    *,
    engine: Engine = "native",
    patience: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Cosimulation:
    """Run images back to back through an accelerator, the next entering while the last leaves.

    Parameters
    ----------
    design
        The accelerator, or its Verilog with a module ``top``.
    network
        What the hardware shall compute.
    images
        uint8 (N, C, H, W), at least one.
    engine
        ``native`` plays with compiled code, ``cocotb`` with Python in the simulator (about twenty
        times slower); both give the same answers in the same cycles.
    patience
        Cycles without a beat at either end that mean a deadlock. None takes what the network
        needs at a single multiplication a cycle.
    progress
        Called with the number of images answered, now and then (native).

    Raises
    ------
    Refusal
        Images of another shape or type; a tool is missing.
    sim.player.Failure
        The hardware stopped before the last answer, or broke a stream's rule.
    """
    expected = Reference(network).run(images)
    verilog = design if isinstance(design, str) else emit(design)
    inside = probes(verilog, network)
    model = build(verilog, public=inside.public)
    classes = len(network.classes)
    toggled = [each.path for each in inside.toggled] if engine == "native" else []
    request = Request(
        beats=beats.pixels(images),
        expect=len(images) * classes,
        patience=patience or 10_000 + 2 * sum(product.macs for product in network.products),
        toggles=toggled,
    )
    notify = (lambda received: progress(received // classes)) if progress else None
    played = play(model, request, engine, notify)
    found = answers(played, network, port_width(verilog, "o__payload"))
    differing = _differing(found, expected)
    mismatch = None
    if len(differing):
        mismatch = localise(model, request, inside.taps, network, images, found, int(differing[0]))
    toggles = activity(played, inside, network, len(images)) if toggled else None
    latency, interval = _timing(played, classes)
    return Cosimulation(
        scores=found.scores, classes=found.classes, latency_cycles=latency,
        cycles_per_frame=interval, differing=differing, mismatch=mismatch, activity=toggles,
    )  # fmt: skip


def answers(played: Played, network: Network, width: int) -> Scores:
    """Scores and classes from the beats of `hw.cores.scores.Scores`, ``width`` bits each.

    Raises
    ------
    Failure
        The beats marked as last are not those of the last class.
    """
    classes = len(network.classes)
    received = played.received.beats
    index = ceil_log2(classes)
    score = width - index - 1
    last = beats.field(received, score + index, 1).reshape(-1, classes)
    if (last != (np.arange(classes) == classes - 1)).any():
        raise Failure("the mark of a frame's last score is not on the last class")
    scores = beats.field(received, 0, score, signed=True).reshape(-1, classes)
    winners = beats.field(received, score, index).reshape(-1, classes)[:, -1]
    return Scores(scores, winners)


def port_width(verilog: str, port: str, top: str = "top") -> int:
    """Bits of a port of a module."""
    body = verilog[verilog.index(f"module {top}(") :]
    found = re.search(rf"(?:input|output) +(?:\[(\d+):0\] +)?{re.escape(port)} *;", body)
    if found is None:
        raise ValueError(f"module {top} has no port {port}")
    return int(found[1] or 0) + 1


def _differing(found: Scores, expected: Scores) -> np.ndarray:
    wrong = (found.scores != expected.scores).any(axis=1) | (found.classes != expected.classes)
    return np.flatnonzero(wrong)


def _timing(played: Played, classes: int) -> tuple[int, float | None]:
    """Latency of the first answer, and the mean distance of those in the second half."""
    answered = played.received.cycles[classes - 1 :: classes].astype(int)
    latency = int(answered[0]) - int(played.sent[0])
    start = len(answered) // 2 if len(answered) > 2 else 0
    steps = len(answered) - 1 - start
    return latency, float(answered[-1] - answered[start]) / steps if steps else None
