"""Graph of the operations that a module ran, each with what it gave: the same one is there once.

Copies are the tensor they copy, and ``a - b + b`` is ``a``, as straight-through estimators of a
sign have it.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.experimental.proxy_tensor import make_fx

COPIES = ("detach", "clone", "alias", "contiguous", "lift_fresh_copy", "to", "_to_copy", "expand",
          "expand_as", "type_as")
DROPOUTS = ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")


class _Recording(fx.Interpreter):
    """An interpreter that keeps what every node gives."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.given: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        self.given[n] = super().run_node(n)
        return self.given[n]


class Graph:
    """The nodes that the scores of ``network`` depend on, in order.

    Parameters
    ----------
    network : in evaluation mode; it is run.
    images : an example, float32 (N, C, H, W).
    """

    def __init__(self, network: nn.Module, images: Tensor) -> None:
        with torch.no_grad():
            module = make_fx(network, tracing_mode="real", pre_dispatch=True)(images)
            record = _Recording(module)
            record.run(images)
        self.given = record.given
        self._names = {id(value): name for name, value in (
            *network.named_parameters(), *network.named_buffers())}
        self._roots: dict[fx.Node, fx.Node] = {}
        self._sums: dict[fx.Node, dict[fx.Node, float]] = {}
        self._known: dict[Any, fx.Node] = {}
        self._moving: set[fx.Node] = set()
        nodes = list(module.graph.nodes)
        self.image, out = nodes[0], nodes[-1]
        for node in nodes:
            if node is self.image or any(each in self._moving for each in node.all_input_nodes):
                self._moving.add(node)
            if node.op != "output":
                self._settle(node)
        self.scores = out.args[0]
        self.nodes = self._needed(nodes) if isinstance(self.scores, fx.Node) else []

    def root(self, given: Any) -> Any:
        """The node that ``given`` is the same as; anything else is itself."""
        return self._roots[given] if isinstance(given, fx.Node) else given

    def constant(self, given: Any) -> Any:
        """A constant argument: a tensor, a number, a list or None. Raises ValueError for a map."""
        if isinstance(given, fx.Node):
            if self.moves(given):
                raise ValueError("reads two maps at once; there is no layer for that")
            return self.given[self.root(given)]
        return given

    def moves(self, given: Any) -> bool:
        """True if an argument depends on the image."""
        return isinstance(given, fx.Node) and self.root(given) in self._moving

    def readers(self, node: fx.Node) -> list[fx.Node]:
        """The nodes that read one."""
        return [each for each in self.nodes
                if any(self.root(read) is node for read in each.all_input_nodes)]

    def place(self, node: fx.Node) -> str:
        """A node as part of a line: its operation, and the parameter that it reads."""
        waiting = [each for each in node.all_input_nodes if not self.moves(each)]
        for each in waiting:
            if name := self._names.get(id(self.given[each])):
                return f"{operation(node)} with {name}"
            waiting += each.all_input_nodes
        return operation(node)

    def _settle(self, node: fx.Node) -> None:
        """Find the node that ``node`` is the same as: itself, or an earlier one."""
        name, first = operation(node), node.args[0] if node.args else None
        if isinstance(first, fx.Node) and self._copies(name, node):
            self._roots[node] = self._roots[first]
            return
        if (total := self._sum(node, name)) is not None:
            self._sums[node] = total
            if [*total.values()] == [1.0]:
                self._roots[node] = next(iter(total))
                return
        key = (node.op, str(node.target), _plain(self, node.args), _plain(self, node.kwargs))
        self._roots[node] = self._known.setdefault(key, node)

    def _copies(self, name: str, node: fx.Node) -> bool:
        if name in DROPOUTS:
            return not node.args[2]
        return name in COPIES and self.given[node].dtype in (torch.float32, torch.float64)

    def _sum(self, node: fx.Node, name: str) -> dict[fx.Node, float] | None:
        """How often each node counts in a sum of two tensors; None for anything else."""
        pair = node.args[:2]
        if name not in ("add", "sub") or not all(isinstance(each, fx.Node) for each in pair):
            return None
        sign = float(node.kwargs.get("alpha", 1)) * (1 if name == "add" else -1)  # type: ignore[arg-type]
        total: dict[fx.Node, float] = {}
        for each, factor in zip(pair, (1.0, sign), strict=True):
            root = self.root(each)
            for part, count in self._sums.get(root, {root: 1.0}).items():
                total[part] = total.get(part, 0.0) + factor * count
        return {part: count for part, count in total.items() if count}

    def _needed(self, nodes: list[fx.Node]) -> list[fx.Node]:
        wanted, seen = [self.root(self.scores)], set[fx.Node]()
        for node in wanted:
            if node not in seen:
                seen.add(node)
                wanted += [self.root(each) for each in node.all_input_nodes]
        return [node for node in nodes if node in seen and node in self._moving]


def operation(node: fx.Node) -> str:
    """Name of a node's operation, such as conv2d; an in-place one is called as the other."""
    schema = getattr(node.target, "_schema", None)
    return str(node.target if schema is None else schema.name.partition("::")[2]).rstrip("_")


def _plain(graph: Graph, given: Any) -> Any:
    """Arguments that can be compared: nodes as the ones that they are the same as."""
    return tuple(_parts(graph, given))


def _parts(graph: Graph, given: Any) -> Iterator[Any]:
    if isinstance(given, dict):
        given = tuple(given.items())
    for each in given if isinstance(given, list | tuple) else ():
        yield _plain(graph, each) if isinstance(each, list | tuple) else (
            graph.root(each) if isinstance(each, fx.Node) else str(each))
