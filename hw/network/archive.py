"""The archive: a folded network as one ``network.npz``, and the hash of what it computes."""

import hashlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_type_hints

import numpy as np
from numpy.lib import format as npy

from hw.network import nodes
from hw.network.geometry import Geometry
from hw.network.network import Network
from hw.network.nodes.node import Node
from model import files, zipped
from model.refusal import Refusal
from model.rooms import kinds

FORMAT = "purelogic-network 3"

LARGEST = 2**29
"""Bytes of an archive unpacked at most: a weight takes one."""

Arrays = dict[str, np.ndarray]


def save(network: Network, path: str | os.PathLike[str]) -> None:
    """Write ``network`` to ``path``: JSON of all that is small under ``header``, then the arrays.

    Equal networks make equal files. An existing file is replaced only by a whole one.

    Raises
    ------
    Refusal
        When ``path`` cannot be written.
    """
    header, arrays = _taken_apart(network)
    header |= {"format": FORMAT, "notes": list(network.notes), "digest": digest(network)}
    entries: dict[str, Any] = {"header": np.array(json.dumps(header)), **arrays}
    with files.whole(path) as file:
        np.savez_compressed(file, **entries)


@files.quiet()
def load(path: str | os.PathLike[str]) -> Network:
    """Read what `save` wrote. Raises `Refusal` for anything else; nothing in it is executed.

    Every check sum of the archive is looked at, and the network's own digest.
    """
    try:
        records = zipped.records(path, LARGEST, packed=True, hint="hw.build writes network.npz")
        arrays: Arrays = {name.removesuffix(".npy"): npy.read_array(
            io.BytesIO(record), allow_pickle=False) for name, record in records.items()}
        header = json.loads(_text(arrays.pop("header")))
        if header["format"] != FORMAT:
            raise ValueError(f"format {header['format']!r}, expected {FORMAT!r}")
        network = _put_together(header, arrays)
        if header["digest"] != digest(network):
            raise ValueError("another network than its digest says")
        return network
    except Refusal:
        raise
    except Exception as error:
        # Foreign bytes can fail in the zip, the array header, the JSON or the shapes.
        raise Refusal(f"{path}: not a folded network ({files.reason(error)}); fold the checkpoint"
                      " again") from None


def digest(network: Network) -> str:
    """SHA-256 in hexadecimal over everything the network computes and its names, not its notes."""
    header, arrays = _taken_apart(network)
    state = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        state.update(f"{name} {array.dtype.str} {array.shape}".encode())
        state.update(array.tobytes())
    return state.hexdigest()


def _text(array: np.ndarray) -> str:
    """The text of an array, decoded here: NumPy makes a broken str, which later fails anywhere, of
    bytes that are no characters."""
    if array.dtype.kind != "U" or array.ndim:
        raise ValueError("its header is no text")
    plain = array.astype(array.dtype.newbyteorder("<"))
    return plain.tobytes().decode("utf-32-le").rstrip("\0")


def _taken_apart(network: Network) -> tuple[dict[str, Any], Arrays]:
    arrays: Arrays = {"table": network.table.astype(np.int16)}
    for node in network.nodes:
        for field, dtype in node.dtypes.items():
            arrays[f"{node.name}.{field}"] = getattr(node, field).astype(dtype)
    header = {
        "input_shape": list(network.input_shape),
        "classes": list(network.classes),
        "nodes": [_node_header(node) for node in network.nodes],
    }
    return header, arrays


def _node_header(node: Node) -> dict[str, Any]:
    """Its kind, and every field that is no array."""
    small = {field.name: getattr(node, field.name) for field in fields(node)
             if field.name not in node.dtypes}
    return {"kind": node.kind} | {name: _plain(value) for name, value in small.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Geometry):
        return _geometry_header(value)
    if isinstance(value, range):
        return [value.start, value.stop, value.step]
    return value


def _put_together(header: dict[str, Any], arrays: Arrays) -> Network:
    channels, height, width = header["input_shape"]
    every = kinds(nodes, "NODE")
    return Network(
        input_shape=(channels, height, width),
        table=arrays["table"],
        nodes=tuple(_node(every[each["kind"]], each, arrays) for each in header["nodes"]),
        classes=tuple(map(str, header["classes"])),
        notes=tuple(map(str, header["notes"])),
    )


_READ: dict[Any, Callable[[Any], Any]] = {
    str: str,
    int: int,
    float: float,
    range: lambda value: range(*value),
    Geometry: lambda value: _geometry(value),
    tuple[str, ...]: lambda value: tuple(map(str, value)),
}
"""A field of a node from what JSON made of it, by its type."""


def _node(kind: type[Node], header: dict[str, Any], arrays: Arrays) -> Node:
    types, values = get_type_hints(kind), dict[str, Any]()
    for field in fields(kind):
        if field.name in kind.dtypes:
            values[field.name] = arrays[f"{header['name']}.{field.name}"]
        else:
            values[field.name] = _READ[types[field.name]](header[field.name])
    return kind(**values)


def _geometry_header(geometry: Geometry) -> dict[str, Any]:
    return {"channels": geometry.channels, "height": geometry.height, "width": geometry.width,
            "kernel": geometry.kernel, "stride": geometry.stride, "padding": geometry.padding,
            "pad": geometry.pad}


def _geometry(header: dict[str, Any]) -> Geometry:
    pairs = {name: tuple(header[name]) for name in ("kernel", "stride", "padding")}
    return Geometry(**{**header, **pairs})
