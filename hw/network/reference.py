"""The golden reference: a folded network on real images, in exact integers and nothing else.

It is plain on purpose and shares no trick with the hardware: a padded tap is masked away, a window
is gathered whole, a pool looks at every bit. What hardware does differently must come out equal.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from hw.network.network import Network
from hw.network.nodes.node import BITS, IMAGE, Node
from hw.network.sums import CHUNK
from model.refusal import Refusal


class Classified(NamedTuple):
    """``scores`` int64 (N, classes); ``classes`` int64 (N,), the highest, ties to the lowest."""

    scores: np.ndarray
    classes: np.ndarray


class Reference:
    """Images through a `Network`, node by node along its edges."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._arithmetic = {node.name: node.arithmetic() for node in network.nodes}

    def run(
        self, images: np.ndarray, progress: Callable[[int], None] | None = None
    ) -> Classified:
        """Score images, uint8 (N, C, H, W); ``progress`` is called with the number that are scored.

        Raises `Refusal` for another type or shape.
        """
        self._check(images)
        chunk = max(1, CHUNK // max(map(math.prod, self.network.shapes.values())))
        chunks = []
        for start in range(0, len(images), chunk):
            chunks.append(self._score(images[start:start + chunk]))
            if progress:
                progress(min(start + chunk, len(images)))
        scores = np.concatenate([np.empty((0, self.network.scores.classes), np.int64), *chunks])
        return Classified(scores, scores.argmax(axis=1))

    def trace(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """The map of every node by its name, (N, channels, height, width): sums are int32 (of the
        folded weights: the negative of PyTorch's where fold negated the channel), bits uint8
        {0, 1}, scores int64."""
        self._check(images)
        return {
            node.name: np.ascontiguousarray(values.transpose(0, 3, 1, 2))
            for node, values in self._walk(images)
        }

    def _score(self, images: np.ndarray) -> np.ndarray:
        *_, (_, scores) = self._walk(images)
        return scores.reshape(len(images), -1)

    def _walk(self, images: np.ndarray) -> Iterator[tuple[Node, np.ndarray]]:
        """Every node with its map (N, height, width, channels); a map is kept while it is read."""
        network, maps = self.network, {IMAGE: self._entering(images)}
        for node in network.nodes:
            maps[node.name] = self._arithmetic[node.name](*(maps[name] for name in node.sources))
            yield node, maps[node.name]
            for name in set(node.sources):
                if network.readers(name)[-1] is node:
                    del maps[name]

    def _entering(self, images: np.ndarray) -> np.ndarray:
        """Inputs of the first products, (N, H, W, C): integers, or bits if they are all +-1."""
        channels = range(images.shape[1])
        values = np.stack([self.network.table[c][images[:, c]] for c in channels], axis=-1)
        return (values > 0).astype(np.uint8) if self.network.inputs == BITS else values

    def _check(self, images: np.ndarray) -> None:
        expected = self.network.input_shape
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != expected:
            raise Refusal(
                f"images are {images.dtype} {images.shape}; this network reads uint8 "
                f"(N, {', '.join(map(str, expected))})"
            )
