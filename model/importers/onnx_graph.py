"""Reader of an ONNX file as plain nodes and arrays; only this module needs the ``onnx`` package."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.faults import shown
from model.files import content, reason
from model.refusal import Refusal

LARGEST = 2**28
"""Most bytes of a file."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node: ``kind`` is its operator, ``attributes`` are plain values and arrays."""

    name: str
    kind: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        return f"node {shown(self.name, 100)!r} ({shown(self.kind, 100)})"


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A graph: its nodes in order, constants by name, inputs and outputs.

    ``inputs`` are shapes by name, without those of constants; an extent that the file leaves open
    is None.
    """

    nodes: tuple[Node, ...]
    constants: dict[str, np.ndarray]
    inputs: dict[str, tuple[int | None, ...]]
    outputs: tuple[str, ...]


def read(path: Path) -> Graph:
    """Read the graph in ``path``; no other file is opened.

    Raises
    ------
    Refusal
        If the package is missing, the file is no ONNX model, or it keeps tensors in other files.
    """
    try:
        import onnx
    except ImportError:
        raise Refusal("reading ONNX files needs the package onnx; install it with"
                      " pip install 'purelogic[qonnx]'") from None
    model = onnx.ModelProto()
    given = content(path, LARGEST, hint="give an .onnx file")
    try:
        model.ParseFromString(given)
    except Exception:
        # The exception is of the parser's own type, from a package that onnx depends on.
        raise Refusal(f"{path}: not an ONNX model; give an .onnx file") from None
    if not model.graph.node:
        raise Refusal(f"{path}: no nodes; give an .onnx file with a network in it")
    try:
        return _graph(model.graph, path)
    except Refusal:
        raise
    except Exception as error:
        # Such as an attribute without a type.
        raise Refusal(f"{path}: not an ONNX model ({reason(error)}); give an .onnx file") from None


def _graph(graph: Any, path: Path) -> Graph:
    constants = {_text(tensor.name): _array(tensor, path) for tensor in graph.initializer}
    nodes = tuple(
        Node(name=_text(node.name) or f"node {number}", kind=_text(node.op_type),
             domain=_text(node.domain), inputs=tuple(map(_text, node.input)),
             outputs=tuple(map(_text, node.output)),
             attributes={_text(given.name): _attribute(given, path) for given in node.attribute})
        for number, node in enumerate(graph.node))
    inputs = {_text(value.name): tuple(extent.dim_value or None
                                       for extent in value.type.tensor_type.shape.dim)
              for value in graph.input if _text(value.name) not in constants}
    return Graph(nodes=nodes, constants=constants, inputs=inputs,
                 outputs=tuple(_text(value.name) for value in graph.output))


def _text(name: str | bytes) -> str:
    """A name as text; the parser gives bytes where it is not UTF-8."""
    return name.decode(errors="backslashreplace") if isinstance(name, bytes) else name


def _attribute(attribute: Any, path: Path) -> Any:
    import onnx

    if attribute.type == onnx.AttributeProto.TENSOR:
        return _array(attribute.t, path)
    return onnx.helper.get_attribute_value(attribute)


def _array(tensor: Any, path: Path) -> np.ndarray:
    import onnx

    named = f"{path}: tensor {shown(_text(tensor.name))!r}"
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise Refusal(f"{named} lies in another file; save the model as one file")
    try:
        return np.asarray(onnx.numpy_helper.to_array(tensor))
    except Exception as error:
        # At a damaged tensor, onnx may raise anything.
        raise Refusal(f"{named} cannot be read ({reason(error)})") from None
