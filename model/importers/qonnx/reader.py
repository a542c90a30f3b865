"""Importer of QONNX: ONNX with quantisers, as Brevitas exports binary networks.

A pixel byte p enters such a graph as ``p / 255``, as torchvision converts images; the file does
not say so. Operators before the first quantiser become part of the input table, computed in
float32. Scales, biases and batch norms between layers are worked out for each channel, and decide
the thresholds of the next quantiser.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from model.arch import CHANNELS, MAP
from model.checkpoint import Checkpoint
from model.faults import ROOM, shown, told
from model.files import quiet, reason
from model.importers.normalisation import Normalisation
from model.importers.qonnx.constants import LARGEST, Constant, folded
from model.importers.qonnx.data import OPERATORS
from model.importers.qonnx.graph import Graph, Node
from model.importers.qonnx.graph import read as read_graph
from model.importers.qonnx.inputs import Input
from model.importers.qonnx.network import Network
from model.importers.qonnx.operators import ATTRIBUTES, ELEMENTWISE, check
from model.importers.qonnx.values import Value
from model.refusal import Refusal

ENDS = ("ArgMax", "TopK", "Softmax", "LogSoftmax")
"""Operators that a graph may end with: what they read are the scores, and they choose the class."""


@quiet()
def read(path: Path, normalisation: Normalisation | None = None) -> Checkpoint:
    """Read the network in an ``.onnx`` file; classes are numbered, as such a file has no names.

    Parameters
    ----------
    normalisation : what the training program did to p / 255 before the graph; None is nothing.

    Raises
    ------
    Refusal
        For a file that is no ONNX model, or with every node that is not understood, and why.
    """
    graph = read_graph(path)
    walk = _Walk(graph, Network(normalisation=normalisation))
    try:
        walk.image(normalisation)
        live = _live(graph)
        walk.examine(live)
        for node in live:
            walk.step(node)
        walk.end()
    except Refusal as refusal:
        walk.faults.append(str(refusal))
    if walk.faults:
        raise Refusal(f"{path}: {told(walk.faults)}")
    return walk.checkpoint(path.name, normalisation)


@dataclass
class _Walk:
    """A walk along the nodes from the image to the scores; ``faults`` has all that is wrong.

    ``values`` are by the names of tensors; those behind a fault are in ``lost``, and nothing more
    is said about them. ``computed`` counts the numbers of constant nodes, scales and levels so far.
    """

    graph: Graph
    network: Network
    values: dict[str, Value | Constant] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    scores: dict[str, str] = field(default_factory=dict)
    computed: int = 0

    def image(self, normalisation: Normalisation | None) -> None:
        """Take in the graph's one input, and its constants."""
        inputs = self.graph.inputs
        if len(inputs) != 1:
            raise Refusal(f"{len(inputs)} inputs ({', '.join(map(shown, inputs))}); a network of"
                          " images has one")
        ((name, given),) = inputs.items()
        if len(given) not in (2, 4) or None in given[1:] or given[0] not in (1, None):
            raise Refusal(f"input {name!r} of shape {list(given)}; expected [1, channels, height,"
                          " width] or [1, values], so export the network with such an input")
        tensor = tuple(extent or 1 for extent in given[1:])
        shape = tensor if len(tensor) == 3 else (1, 1, *tensor)
        if min(shape) < 1 or max(shape) > 2**16 or math.prod(shape) > MAP:
            raise Refusal(f"input {name!r} of shape {list(given)}; at most {CHANNELS:,} channels"
                          f" and {MAP:,} values are read")
        table = np.arange(256, dtype=np.float32)[None, :] / np.float32(255)
        if normalisation is not None:
            mean, std = (np.array(part, np.float32)[:, None] for part in (
                normalisation.mean, normalisation.std))
            if len(mean) != len(std) or len(mean) not in (1, shape[0], shape[2]):
                raise Refusal(f"--mean has {len(mean)} numbers and --std {len(std)} for images of"
                              f" {shape[0]} channels; give one for each")
            table = (table - mean) / std
        self.values = {key: Constant(array) for key, array in self.graph.constants.items()}
        self.values[name] = Value(source=None, kind="image", map=shape, shape=(1, *tensor),
                                  table=table)

    def examine(self, nodes: list[Node]) -> None:
        """Look for all that is wrong with single nodes, whatever stands before them."""
        strange = Counter(node.kind for node in nodes)
        wanted = frozenset(self.graph.outputs).union(*(node.inputs for node in nodes))
        known = {*self.values, ""}
        for node in nodes:
            try:
                check(node, wanted)
                strangers = [name for name in node.inputs if name not in known]
                if strangers:
                    raise Refusal(f"{node} reads {', '.join(map(repr, map(shown, strangers)))},"
                                  " which no node before it makes; export the network again")
            except Refusal as refusal:
                # Of operators that are not understood, one node of each kind stands for all.
                said = node.kind in ATTRIBUTES or strange[node.kind]
                alike = strange.pop(node.kind, 0) - 1 if node.kind not in ATTRIBUTES else 0
                more = f" (and {alike:,} more of this operator)" if alike > 0 else ""
                self.faults += [f"{refusal}{more}"] if said else []
                self.wrong.update(node.outputs)
            known.update(node.outputs)

    def step(self, node: Node) -> None:
        """Take in one node, or note what is wrong with it."""
        if self.lost.intersection(node.inputs):
            self.lost.update(node.outputs)
            return
        given = [self.values.get(name) for name in node.inputs]
        if self.wrong.intersection(node.outputs):
            self._mend(node, given)
            return
        try:
            self._take(node, given)
        except Refusal as refusal:
            self.faults.append(f"{node}: {shown(str(refusal), ROOM)}")
            self._mend(node, given)
        except Exception as error:
            # An attribute or an input has another type or size than the operator takes.
            self.faults.append(f"{node} cannot be read ({reason(error)})")
            self.lost.update(node.outputs)

    def _take(self, node: Node, given: list[Input]) -> None:
        if over := [name for name in node.inputs if name in self.scores]:
            raise Refusal(f"reads the result of {self.scores[over[0]]}, which ends a network")
        if node.kind == "Shape" and isinstance(given[0], Value):
            made: Value | Constant = Constant(np.array(given[0].shape))
        elif not any(isinstance(one, Value) for one in given):
            made = folded(node, [one for one in given if not isinstance(one, Value)])
            self.computed += made.array.size
        elif node.kind in ENDS:
            made = _chosen(node, given)
            self.scores.update(dict.fromkeys(node.outputs, str(node)))
        elif node.kind in OPERATORS:
            made = OPERATORS[node.kind](self.network, node, given)
            self.computed += made.slope.size + made.level.size
            self.computed += 0 if made.order is None else made.order.size
        else:
            raise Refusal("of the data; it is understood for constants only")
        if self.computed > LARGEST:
            raise Refusal(f"constants of more than {LARGEST:,} values in all; export the network"
                          " with fewer")
        self.values.update(dict.fromkeys(filter(None, node.outputs), made))

    def _mend(self, node: Node, given: list[Input]) -> None:
        """Go on behind a node that is wrong: with bits, where the shape at least is known."""
        if node.kind in (*ELEMENTWISE, *_KEEP) and given and isinstance(given[0], Value):
            first = given[0]
            self.values.update(dict.fromkeys(filter(None, node.outputs), Value(
                source=first.source, kind="bits", map=first.map, shape=first.shape,
                order=first.order, averaged=first.averaged)))
        else:
            self.lost.update(filter(None, node.outputs))

    def end(self) -> None:
        """Take in the outputs, which have to be the scores."""
        if self.lost.intersection(self.graph.outputs) or self.faults:
            return
        found = {id(value): value for value in map(self.values.get, self.graph.outputs)}
        named = ", ".join(map(repr, map(shown, self.graph.outputs)))
        ends = list(found.values())
        if len(ends) != 1 or not isinstance(ends[0], Value):
            raise Refusal(f"outputs {named}; one that is made from the image is understood, the"
                          " scores")
        if not self.network.products:
            raise Refusal(f"output {named}: no Conv, MatMul or Gemm before it, so there are no"
                          " scores")
        try:
            self.network.scores(ends[0])
        except Refusal as refusal:
            raise Refusal(f"output {named}: the scores {refusal}") from None

    def checkpoint(self, source: str, normalisation: Normalisation | None) -> Checkpoint:
        """The network that was read."""
        image = self.network.image
        assert image is not None and image.table is not None
        table = np.broadcast_to(image.table, (image.channels, 256)).astype(np.int64)
        arch = {"input": {"shape": list(image.map), "table": table.tolist()},
                "layers": self.network.records}
        (scores, *_) = (self.values[name] for name in self.graph.outputs)
        assert isinstance(scores, Value)
        told = {} if normalisation is None else {
            "mean": list(normalisation.mean), "std": list(normalisation.std),
            "scale_bits": normalisation.scale_bits}
        return Checkpoint(
            method="qonnx", arch=arch, state_dict=self.network.tensors, metrics={},
            classes=[str(number) for number in range(scores.channels)],
            training={"importer": "qonnx", "source": source,
                      "input": "p / 255" if normalisation is None else "(p / 255 - mean) / std",
                      **told})


_KEEP = ("BipolarQuant", "Quant", "IntQuant", "BatchNormalization", "Add", "Sub", "Mul", "Div",
         "Identity", "Dropout", "Cast", "Neg")
"""Operators that keep the shape of their first input."""


def _live(graph: Graph) -> list[Node]:
    """The nodes that an output depends on."""
    wanted, live = set(graph.outputs), list[Node]()
    for node in reversed(graph.nodes):
        if wanted.intersection(filter(None, node.outputs)):
            live.append(node)
            wanted.update(node.inputs)
    return live[::-1]


def _chosen(node: Node, given: list[Input]) -> Value:
    """The scores that a last node chooses a class of."""
    value, attributes = given[0], node.attributes
    if not isinstance(value, Value):
        raise Refusal("of constants; it is understood of the scores only")
    axis = int(attributes.get("axis", 0 if node.kind == "ArgMax" else -1))
    count = given[1].array if len(given) > 1 and isinstance(given[1], Constant) else (
        attributes.get("k", 1))
    one = node.kind != "TopK" or (np.size(count) == 1 and int(np.ravel(count)[0]) == 1
                                  and attributes.get("largest", 1))
    if axis % len(value.shape) != 1 or not one:
        raise Refusal("of the scores; only the choice of the largest along axis 1 is understood")
    return value
