"""The first difference of hardware and reference, by a run with every layer's output recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hw.network.network import Network
from hw.network.reference import Classified, Reference
from hw.plan.graph import layers
from sim import beats
from sim.player import Played, Request, play
from sim.probes import Tap, Thresholding
from sim.verilate import Model


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """The first place that differs; printed, it is one line.

    Parameters
    ----------
    image
        Index into the images of the run.
    layer
        Its name; ``part`` says which of its values differs: ``bit`` of a sum, ``pool``,
        ``integer``, ``score``, or ``class``.
    channel, y, x
        Place in the layer's map; for scores the channel is the class, y and x are None.
    hardware, reference
        The two values.
    accumulator, threshold
        Of the reference. For a pool the accumulator that decides it, for a score the sum over the
        map; both None for an integer and a class.
    """

    image: int
    layer: str
    part: str
    channel: int
    y: int | None = None
    x: int | None = None
    hardware: int
    reference: int
    accumulator: int | None = None
    threshold: int | None = None

    def __str__(self) -> str:
        place = f"image {self.image}, layer {self.layer}, {self.part}, channel {self.channel}"
        if self.y is not None:
            place += f", y {self.y}, x {self.x}"
        values = f"hardware {self.hardware}, reference {self.reference}"
        if self.accumulator is not None:
            values += f" (accumulator {self.accumulator}"
            values += ")" if self.threshold is None else f", threshold {self.threshold})"
        return f"{place}: {values}"


def localise(
    model: Model,
    request: Request,
    taps: Sequence[Tap],
    network: Network,
    images: np.ndarray,
    found: Classified,
    image: int,
) -> Mismatch:
    """Run the first differing image again with every layer recorded.

    The image before it goes first, so that what a frame leaves behind is there; should the layers
    be right in that run, all images up to it are run.

    Parameters
    ----------
    model
        The design, compiled with the streams of ``taps`` public.
    request
        How all images were played.
    found
        What the hardware answered.
    image
        The first image that differs.
    """
    for start in dict.fromkeys((max(0, image - 1), 0)):
        again = range(start, image + 1)
        played = _record(model, request, again, len(images), taps)
        reference = Reference(network).trace(images[start : image + 1])
        if mismatch := _first(taps, played, reference, image, image - start):
            return mismatch
    return _score(network, images[image], found, image)


def _record(
    model: Model, request: Request, again: range, frames: int, taps: Sequence[Tap]
) -> Played:
    """Some images, by their place in the request, with every tap recorded."""
    size, answers = len(request.beats) // frames, request.expect // frames
    given = request.beats[again.start * size : again.stop * size]
    paths = [tap.place for tap in taps]
    expect = answers * len(again)
    looked = replace(request, beats=given, expect=expect, taps=paths, toggles=(), waves="")
    return play(model, looked)


def _first(
    taps: Sequence[Tap],
    played: Played,
    reference: Mapping[str, np.ndarray],
    image: int,
    frame: int,
) -> Mismatch | None:
    """The first layer whose map of the run's image ``frame`` is wrong, and its first wrong bit."""
    for tap in taps:
        expected = reference[tap.node][frame].transpose(1, 2, 0)
        size = expected.size // tap.beat
        came = played.taps[tap.place].beats[frame * size : (frame + 1) * size]
        found = beats.elements(came, tap.beat, tap.width)
        wrong = np.flatnonzero(found != expected.ravel()[: len(found)])
        if len(wrong):
            place = int(wrong[0])
            y, x, channel = map(int, np.unravel_index(place, expected.shape))
            mismatch = Mismatch(
                image=image, layer=tap.layer.name, part=tap.part, channel=channel, y=y, x=x,
                hardware=int(found[place]), reference=int(expected[y, x, channel]),
            )  # fmt: skip
            if not isinstance(tap.layer, Thresholding):
                return mismatch
            (source,) = tap.layer.threshold.sources
            accumulators = reference[source][frame, channel // tap.layer.copies]
            return replace(
                mismatch,
                accumulator=_decisive(tap.layer, tap.part, accumulators, y, x, channel),
                threshold=int(tap.layer.threshold.thresholds[channel]),
            )
    return None


def _decisive(
    layer: Thresholding, part: str, accumulators: np.ndarray, y: int, x: int, channel: int
) -> int:
    """The accumulator behind a bit: of a pool the one that is furthest, for OR to the side where
    bits are 1, for AND to the other."""
    pool = layer.pool
    if part != "pool" or pool is None:
        return int(accumulators[y, x])
    (sy, sx), (ky, kx) = pool.geometry.stride, pool.geometry.kernel
    window = accumulators[y * sy : y * sy + ky, x * sx : x * sx + kx]
    high = pool.any_of[channel] != layer.threshold.negated[channel]
    return int(window.max() if high else window.min())


def _score(network: Network, image: np.ndarray, found: Classified, number: int) -> Mismatch:
    """The layers agree: the first score that differs, or the class."""
    reference = Reference(network)
    scores, classes = reference.run(image[None])
    (source,), head = network.scores.sources, layers(network)[-1].name
    sums = reference.trace(image[None])[source].sum(axis=(2, 3), dtype=np.int64)
    wrong = np.flatnonzero(found.scores[number] != scores[0])
    if not len(wrong):
        return Mismatch(
            image=number, layer=head, part="class", channel=int(classes[0]),
            hardware=int(found.classes[number]), reference=int(classes[0]),
        )  # fmt: skip
    channel = int(wrong[0])
    return Mismatch(
        image=number, layer=head, part="score", channel=channel,
        hardware=int(found.scores[number, channel]), reference=int(scores[0, channel]),
        accumulator=int(sums[0, channel]),
    )  # fmt: skip
