"""A folded network: a graph of integer operations from the input bytes to the scores."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hw.network.nodes.node import IMAGE, Node, Shape
from hw.network.nodes.product import Product
from hw.network.nodes.scores import Scores


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """Nodes in an order in which each reads the image or nodes before it.

    Parameters
    ----------
    input_shape : (channels, height, width) of an image of unsigned bytes.
    table : int16 array (channels, 256), the byte-to-integer input table.
    nodes : all operations; the last gives the scores, and every other is read by some node.
    classes : a name per score.
    notes : what fold found worth telling (thresholds moved to float32, constant channels, ...).

    Raises
    ------
    ValueError
        The nodes are no such graph, or two of them do not fit together.
    """

    input_shape: Shape
    table: np.ndarray
    nodes: tuple[Node, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        channels = self.input_shape[0]
        if self.table.shape != (channels, 256):
            raise ValueError(f"table has shape {self.table.shape}, expected ({channels}, 256)")
        if not self.nodes or not isinstance(self.nodes[-1], Scores):
            raise ValueError("the last node gives no scores")
        if len(self.classes) != self.scores.classes:
            raise ValueError(f"{self.scores.classes} scores for {len(self.classes)} classes")
        twice = [name for name, count in Counter(self._names).items() if count > 1]
        if twice or IMAGE in self._names:
            raise ValueError(f"several nodes are called {(*twice, IMAGE)[0]!r}")
        unread = [name for name in self._names[:-1] if not self.readers(name)]
        if unread:
            raise ValueError(f"nothing reads node {unread[0]!r}")
        if len({product.inputs for product in self._entered}) != 1:
            raise ValueError("no product reads the image, or two read other integers from it")
        _ = self.shapes, self.values

    @property
    def _names(self) -> list[str]:
        return [node.name for node in self.nodes]

    def __getitem__(self, name: str) -> Node:
        """The node of a name. KeyError if there is none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    def readers(self, name: str) -> tuple[Node, ...]:
        """The nodes that read a node or the image, in order."""
        return self._readers.get(name, ())

    @cached_property
    def _readers(self) -> dict[str, tuple[Node, ...]]:
        readers: dict[str, tuple[Node, ...]] = {}
        for node in self.nodes:
            for source in dict.fromkeys(node.sources):
                readers[source] = (*readers.get(source, ()), node)
        return readers

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Shape of every node's map, and of the image, by name."""
        shapes: dict[str, Shape] = {IMAGE: self.input_shape}
        for node in self.nodes:
            if unknown := [source for source in node.sources if source not in shapes]:
                raise ValueError(f"node {node.name!r} reads {unknown[0]!r}, and none before it is "
                                 "called so")
            shapes[node.name] = node.shape(*(shapes[source] for source in node.sources))
        return shapes

    @cached_property
    def values(self) -> Mapping[str, range]:
        """Every number that a node's map may hold, and the image's behind the table, by name."""
        values = {IMAGE: self.inputs}
        for node in self.nodes:
            values[node.name] = node.values(*(values[source] for source in node.sources))
        return values

    @property
    def products(self) -> tuple[Product, ...]:
        """The nodes with weights, in order."""
        return tuple(node for node in self.nodes if isinstance(node, Product))

    @property
    def scores(self) -> Scores:
        """The last node."""
        last = self.nodes[-1]
        assert isinstance(last, Scores)
        return last

    @property
    def inputs(self) -> range:
        """Every integer that the first products may read, their padding included."""
        return self._entered[0].inputs

    @property
    def _entered(self) -> list[Product]:
        return [node for node in self.readers(IMAGE) if isinstance(node, Product)]
