"""Walk along the operations that a module ran: each becomes a layer, or changes how one is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import fx

from model.files import reason
from model.importers.builder import Builder, affine
from model.importers.modules.advice import ADVICE, OTHERWISE
from model.importers.modules.graph import Graph, operation
from model.importers.modules.maps import Map, fresh

FAULTY = "?"
"""The layer that an operation without one is taken for, so that its readers can be told of too."""

Operation = Callable[["Walk", fx.Node], Map]
"""What an operation makes of the maps it reads. Raises ValueError with what to change."""

@dataclass(kw_only=True)
class Walk:
    """The layers read so far, and the map that each node of the graph is.

    ``faults`` are operations without a layer. ``ties`` are the signs of which ``torch.sign`` makes
    0 at 0. ``softmax`` is the scores' softmax, or its logarithm, that was left out.
    """

    graph: Graph
    builder: Builder
    operations: Mapping[str, Operation]
    maps: dict[fx.Node, Map] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    ties: list[str] = field(default_factory=list)
    softmax: str = ""

    def run(self, scale: int) -> Map | None:
        """The map of the scores, None if there are faults; the image is ``scale`` times as large
        as the module had it."""
        image = fresh(None, self.builder.shape)
        self.maps[self.graph.image] = replace(image, scale=image.scale / scale)
        for node in self.graph.nodes:
            if node is not self.graph.image and all(
                    self.graph.root(each) in self.maps for each in node.all_input_nodes
                    if self.graph.moves(each)):
                self._step(node)
        if isinstance(self.graph.scores, list | tuple | dict):
            self.faults.append(f"it gives {len(self.graph.scores)} results; only one of scores is"
                               " read: let its forward return the scores alone")
            return None
        if not self.graph.nodes:
            self.faults.append("it gives no tensor of scores that depends on the image")
        found = self.maps.get(self.graph.root(self.graph.scores))
        return None if self.faults or found is None else found

    def _step(self, node: fx.Node) -> None:
        name, fault = operation(node), ""
        try:
            if self.softmax:
                raise ValueError("stands behind a softmax")
            if name not in self.operations:
                raise ValueError(f"there is no layer for it; {ADVICE.get(name, OTHERWISE)}")
            self.maps[node] = self.operations[name](self, node)
        except ValueError as wrong:
            fault = str(wrong)
        except (TypeError, IndexError, KeyError, RuntimeError, AttributeError) as error:
            # An argument is of another kind than the operation takes of a map.
            fault = f"cannot be read ({reason(error)})"
        if fault:
            line = f"{self.graph.place(node)}: {fault}"
            self.faults += [] if line in self.faults else [line]
            shape = tuple(getattr(self.graph.given[node], "shape", ()))[1:]
            if shape:
                # What it gives is taken for a layer's, to find the faults of what reads it.
                self.maps[node] = fresh(FAULTY, shape)

    def source(self, node: fx.Node, index: int = 0) -> Map:
        """The map that an operation reads."""
        given = node.args[index]
        if not self.graph.moves(given):
            raise ValueError("does not read a map")
        return self.maps[self.graph.root(given)]

    def constants(self, node: fx.Node, *defaults: Any) -> list[Any]:
        """The arguments behind the first, with defaults for those that are left out."""
        given = [self.graph.constant(each) for each in node.args[1:]]
        return given + list(defaults[len(given):])

    def named(self, kind: str) -> str:
        """A new name for a layer of some kind."""
        there = sum(1 for each in self.builder.records if each["name"].startswith(kind))
        return f"{kind}{there + 1}"

    def reads(self, x: Map) -> None:
        """Let the layer added last read ``x``."""
        name = self.builder.last
        assert name is not None
        if x.layer is None and len(self.builder.records) > 1:
            raise ValueError("reads the image, which only one layer may")
        self.builder.reads[name] = x.layer

    def settled(self, x: Map) -> Map:
        """``x`` as a layer's output itself: what is left of scale and shift becomes a batch norm.
        """
        x.check_real()
        if x.plain:
            return x
        if x.layer is None:
            raise ValueError("reads the image before any convolution or dense layer; put what it"
                             " does into --mean and --std")
        name = self.named("scale")
        self.builder.norm(name, affine(x.scale, x.shift))
        self.reads(x)
        return fresh(name, x.shape)
