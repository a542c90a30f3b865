"""Co-simulation: images through an accelerator's Verilog, every score against the reference."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from amaranth.utils import ceil_log2

from hw.design.accelerator import Accelerator
from hw.emit.verilog import emit
from hw.network.network import Network
from hw.network.nodes.operations import Operations
from hw.network.reference import Classified, Reference
from sim import beats
from sim.activity import activity
from sim.chunks import CHUNK, chunks, play_chunks
from sim.localise import Mismatch, localise
from sim.netlist import DIRECT, RESET, Bench, entering
from sim.player import Engine, Failure, Played, Request
from sim.probes import Probes, probes
from sim.verilate import BRIEF, FEW, OPTIMISE, Model, Waves, build


@dataclass(frozen=True, kw_only=True)
class Cosimulation:
    """The answers of simulated hardware, and the first difference from the reference.

    Parameters
    ----------
    scores, classes
        int64 (N, classes) and int64 (N,), from the hardware.
    latency_cycles
        Cycles from the first beat accepted to the class of the first image.
    cycles_per_frame
        Cycles between answers in the steady state, over the second half of the first chunk's
        images (`sim.chunks`); None for a single image.
    cycles, seconds
        Clock cycles from reset to the last answer, summed over all chunks, and the wall-clock time
        of the simulation without compilation.
    differing
        int64 (k,): the images of which any score or the class is not the reference's.
    mismatch
        The first value that differs; None if none does.
    activity
        Operations in a frame whose result toggled, by layer; None with cocotb.
    """

    scores: np.ndarray
    classes: np.ndarray
    latency_cycles: int
    cycles_per_frame: float | None
    cycles: int
    seconds: float
    differing: np.ndarray
    mismatch: Mismatch | None
    activity: dict[str, Operations] | None


def cosimulate(
    design: Accelerator | str | Bench,
    network: Network,
    images: np.ndarray,
    *,
    engine: Engine = "native",
    patience: int | None = None,
    jobs: int = 1,
    stall: float = 0.0,
    waves: Path | None = None,
    frame: int | None = None,
    high: Sequence[str] = (),
    cycles: int | None = None,
    probed: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Cosimulation:
    """Run images back to back through an accelerator: one enters while earlier ones leave.

    Chunks of `sim.chunks.CHUNK` images are played by separate processes.

    Parameters
    ----------
    design
        The accelerator, its Verilog with a module ``top``, or the netlist of a board.
    network
        The network that the hardware has to compute.
    images
        uint8 (N, C, H, W), at least one.
    engine
        ``native`` plays with compiled code, ``cocotb`` with Python in the simulator (about twenty
        times slower); both give the same answers in the same cycles.
    patience
        Cycles without a beat at either end that count as a deadlock. None takes the cycles that
        the network needs at one multiplication a cycle.
    jobs
        Processes at once; the answers and counts are the same for any number.
    stall
        Probability that a cycle offers no new beat, and that it accepts none.
    high
        Ports that are 1 all the time.
    cycles
        Estimated cycles of the whole run; for a short one the model is compiled with less
        optimisation. None takes the plan's for an accelerator, and assumes a long run for Verilog.
    probed
        Verilog has the layers of an accelerator below its top; otherwise nothing inside is looked
        at: no activity is counted, and a mismatch names no layer.
    waves
        A file for every signal, VCD or, by its suffix, FST (native only).
    frame
        The image of which ``waves`` are recorded, from its first beat to its last score, while
        others leave and enter; None: the first `sim.chunks.CHUNK` images.
    progress
        Called from time to time with the number of images answered (native only).

    Raises
    ------
    Refusal
        Images of another shape or type; a tool is missing.
    sim.player.Failure
        The hardware stopped before the last answer, or broke a stream's rule.
    """
    expected = Reference(network).run(images)
    edges, ports = 2, [*high]
    if isinstance(design, Bench):
        verilog, inside = design.verilog, design.probes
        pixels, edges = entering(network, images, design.entry), RESET
        ports.append(DIRECT)
    else:
        verilog = design if isinstance(design, str) else emit(design)
        inside = probes(verilog, network) if probed else Probes((), ())
        bytes_ = beats.size(port_width(verilog, "i__payload"))
        pixels = beats.pixels(images, bytes_ // images.shape[1])
    format: Waves | None = None
    if waves:
        format = "fst" if waves.suffix == ".fst" else "vcd"
    if isinstance(design, Bench):
        model = design.model(waves=format)
    else:
        if cycles is None and isinstance(design, Accelerator):
            cycles = len(images) * design.plan.interval
        optimise = OPTIMISE if cycles is None or cycles > FEW else BRIEF
        model = build(verilog, public=inside.public, waves=format, optimise=optimise)
    classes = len(network.classes)
    toggled = [each.path for each in inside.toggled] if engine == "native" and not stall else []
    request = Request(
        beats=pixels,
        expect=len(images) * classes,
        patience=patience or 10_000 + 2 * sum(product.macs for product in network.products),
        toggles=toggled,
        edges=edges,
        high=ports,
        source_stall=stall,
        sink_stall=stall,
    )
    requests = chunks(request, len(images))
    if waves:
        _record(requests, waves, frame, len(pixels) // len(images), classes)
    notify = (lambda received: progress(received // classes)) if progress else None
    began = time.monotonic()
    played = play_chunks(model, requests, engine, jobs=jobs, progress=notify)
    seconds = time.monotonic() - began
    width = port_width(verilog, "o__payload")
    answered = [answers(each, network, width) for each in played]
    scores = Classified(*map(np.concatenate, zip(*answered, strict=True)))
    differing = _differing(scores, expected)
    mismatch = None
    if len(differing):
        mismatch = _first(model, requests, inside, network, images, scores, int(differing[0]))
    toggles = activity(_added(played), inside, network, len(images)) if toggled else None
    latency, interval = _timing(played[0], classes)
    return Cosimulation(
        scores=scores.scores, classes=scores.classes, latency_cycles=latency,
        cycles_per_frame=interval, seconds=seconds,
        cycles=sum(int(each.received.cycles[-1]) + 1 for each in played),
        differing=differing, mismatch=mismatch, activity=toggles,
    )  # fmt: skip


def _record(
    requests: list[Request], waves: Path, frame: int | None, sent: int, answered: int
) -> None:
    """Have the waves of a frame recorded by the request that plays it; of all if it is None."""
    number, place = divmod(frame or 0, CHUNK)
    recorded = None if frame is None else (sent * place, answered * (place + 1))
    requests[number] = replace(requests[number], waves=str(waves.absolute()), recorded=recorded)


def answers(played: Played, network: Network, width: int) -> Classified:
    """Decode scores and classes from the beats of `hw.cores.scores.Scores`, ``width`` bits each.

    Raises
    ------
    Failure
        A beat that is marked as last is not that of the last class.
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
    return Classified(scores, winners)


def port_width(verilog: str, port: str, top: str = "top") -> int:
    """Width in bits of a port of a module."""
    body = verilog[verilog.index(f"module {top}(") :]
    found = re.search(rf"(?:input|output) +(?:\[(\d+):0\] +)?{re.escape(port)} *;", body)
    if found is None:
        raise ValueError(f"module {top} has no port {port}")
    return int(found[1] or 0) + 1


def _first(
    model: Model,
    requests: Sequence[Request],
    inside: Probes,
    network: Network,
    images: np.ndarray,
    scores: Classified,
    image: int,
) -> Mismatch:
    """The first value that differs in an image, found by playing its chunk again."""
    start = image - image % CHUNK
    chunk = slice(start, start + CHUNK)
    answered = Classified(scores.scores[chunk], scores.classes[chunk])
    mismatch = localise(
        model, requests[image // CHUNK], inside.taps, network, images[chunk], answered,
        image - start,
    )  # fmt: skip
    return replace(mismatch, image=image)


def _added(played: Sequence[Played]) -> dict[str, int]:
    """Toggles of all chunks together."""
    return {path: sum(each.toggles[path] for each in played) for path in played[0].toggles}


def _differing(scores: Classified, expected: Classified) -> np.ndarray:
    wrong = (scores.scores != expected.scores).any(axis=1)
    wrong |= scores.classes != expected.classes
    return np.flatnonzero(wrong)


def _timing(played: Played, classes: int) -> tuple[int, float | None]:
    """Latency of the first answer, and mean cycles between the answers of the second half."""
    answered = played.received.cycles[classes - 1 :: classes].astype(int)
    latency = int(answered[0]) - int(played.sent[0])
    start = len(answered) // 2 if len(answered) > 2 else 0
    steps = len(answered) - 1 - start
    return latency, float(answered[-1] - answered[start]) / steps if steps else None
