"""Co-simulation: images through an accelerator's Verilog, every score against the reference."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from amaranth.utils import ceil_log2

from hw.design.accelerator import Accelerator
from hw.emit.verilog import emit
from hw.network.layers import Network
from hw.network.reference import Reference, Scores
from sim import beats
from sim.localise import Mismatch, localise
from sim.player import Engine, Failure, Played, Request, play
from sim.verilate import build

FAST_FROM = 200
"""Images from which the better compiled model has paid for its longer compilation."""


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
    """

    scores: np.ndarray
    classes: np.ndarray
    latency_cycles: int
    cycles_per_frame: float | None
    differing: np.ndarray
    mismatch: Mismatch | None


def cosimulate(
    design: Accelerator | str,
    network: Network,
    images: np.ndarray,
    *,
    engine: Engine = "native",
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
    model = build(verilog, fast=len(images) >= FAST_FROM)
    classes = len(network.classes)
    request = Request(beats=beats.pixels(images), expect=len(images) * classes)
    notify = (lambda received: progress(received // classes)) if progress else None
    played = play(model, request, engine, notify)
    found = answers(played, network, port_width(verilog, "o__payload"))
    return _compare(found, expected, played, verilog, network, images)


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


def _compare(
    found: Scores,
    expected: Scores,
    played: Played,
    verilog: str,
    network: Network,
    images: np.ndarray,
) -> Cosimulation:
    wrong = (found.scores != expected.scores).any(axis=1) | (found.classes != expected.classes)
    differing = np.flatnonzero(wrong)
    answered = played.received.cycles[len(network.classes) - 1 :: len(network.classes)].astype(int)
    half = len(answered) // 2 if len(answered) > 2 else 0
    steps = len(answered) - 1 - half
    mismatch = None
    if len(differing):
        mismatch = localise(verilog, network, images, found, int(differing[0]))
    return Cosimulation(
        scores=found.scores,
        classes=found.classes,
        latency_cycles=int(answered[0]) - int(played.sent[0]),
        cycles_per_frame=(answered[-1] - answered[half]) / steps if steps else None,
        differing=differing,
        mismatch=mismatch,
    )
