"""Reader of an ONNX file as plain nodes and arrays; only this module needs the ``onnx`` package."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from model import files
from model.faults import shown
from model.files import content, reason
from model.refusal import Refusal

LARGEST = 2**28
"""Most bytes of a file, and of all tensors that lie in other files."""

NODES = 20_000
"""Most nodes of a graph."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node: ``kind`` is its operator, ``attributes`` are plain values and arrays.

    An input that is left out, and an output that nobody wants, has an empty name.
    """

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
    """Read the graph in ``path``, and tensors that it keeps in other files of the same folder.

    Raises
    ------
    Refusal
        If the package is missing, the file is no ONNX model, or a tensor of it cannot be read.
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
    if len(model.graph.node) > NODES:
        raise Refusal(f"{path}: {len(model.graph.node):,} nodes, at most {NODES:,} are read; give"
                      " the file of a binarized network")
    try:
        return _Reading(path).graph(model.graph)
    except Refusal:
        raise
    except Exception as error:
        # Such as an attribute without a type.
        raise Refusal(f"{path}: not an ONNX model ({reason(error)}); give an .onnx file") from None


@dataclass
class _Reading:
    """The reading of one file; ``others`` has the bytes that its tensors took from other files."""

    path: Path
    others: int = field(default=0)

    def graph(self, graph: Any) -> Graph:
        constants = {_text(tensor.name): self._array(tensor) for tensor in graph.initializer}
        if graph.sparse_initializer:
            raise Refusal(f"{self.path}: sparse tensors are not understood; save them as dense"
                          " ones")
        nodes = tuple(
            Node(name=_text(node.name) or f"node {number}", kind=_text(node.op_type),
                 domain=_text(node.domain), inputs=tuple(map(_text, node.input)),
                 outputs=tuple(map(_text, node.output)),
                 attributes={_text(given.name): self._attribute(given)
                             for given in node.attribute})
            for number, node in enumerate(graph.node))
        inputs = {_text(value.name): tuple(extent.dim_value or None
                                           for extent in value.type.tensor_type.shape.dim)
                  for value in graph.input if _text(value.name) not in constants}
        return Graph(nodes=nodes, constants=constants, inputs=inputs,
                     outputs=tuple(_text(value.name) for value in graph.output))

    def _attribute(self, attribute: Any) -> Any:
        import onnx

        if attribute.type == onnx.AttributeProto.TENSOR:
            return self._array(attribute.t)
        value = onnx.helper.get_attribute_value(attribute)
        return _text(value) if isinstance(value, bytes) else value

    def _array(self, tensor: Any) -> np.ndarray:
        import onnx

        named = f"{self.path}: tensor {shown(_text(tensor.name))!r}"
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            self._fetch(tensor, named)
        try:
            return np.asarray(onnx.numpy_helper.to_array(tensor))
        except Exception as error:
            # At a damaged tensor, onnx may raise anything.
            raise Refusal(f"{named} cannot be read ({reason(error)})") from None

    def _fetch(self, tensor: Any, named: str) -> None:
        """Bring a tensor's bytes from the file that it names into the tensor."""
        import onnx

        said = {_text(entry.key): _text(entry.value) for entry in tensor.external_data}
        where = said.get("location", "")
        folder = self.path.parent
        there = folder / where
        if not where or Path(where).is_absolute() or ".." in Path(where).parts or (
                folder.resolve() not in there.resolve().parents):
            raise Refusal(f"{named} lies in {shown(where)!r}, which is not in the folder of the"
                          " file; put it there, or save the model as one file")
        try:
            size = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
            start = int(said.get("offset", "0"))
            count = int(said.get("length") or size * math.prod(tensor.dims))
        except Exception as error:
            raise Refusal(f"{named} cannot be read ({reason(error)})") from None
        self.others += count
        if start < 0 or not 0 <= count <= self.others <= LARGEST:
            raise Refusal(f"{named} has {count:,} bytes from byte {start:,} of {shown(where)!r}; at"
                          f" most {LARGEST:,} are read in all")
        known = files.size(there, 2**40, hint="it belongs to the model, and has some of its"
                           " tensors; put it beside it")
        if start + count > known:
            raise Refusal(f"{named} ends at byte {start + count:,} of {there}, which has"
                          f" {known:,}; copy the file again")
        with there.open("rb") as file:
            file.seek(start)
            tensor.raw_data = file.read(count)
        tensor.data_location = onnx.TensorProto.DEFAULT


def _text(name: str | bytes) -> str:
    """A name as text; the parser gives bytes where it is not UTF-8."""
    return name.decode(errors="backslashreplace") if isinstance(name, bytes) else name
