"""The archive: a folded network as one ``network.npz``, and the hash of what it computes."""

import hashlib
import io
import json
import os
from typing import Any

import numpy as np
from numpy.lib import format as npy

from hw.network.geometry import Geometry
from hw.network.layers import Head, Layer, Network, Pool, Product
from model import files, zipped
from model.refusal import Refusal

FORMAT = "purelogic-network 1"

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
    for layer in network.layers:
        arrays[f"{layer.name}.weights"] = layer.product.weights.astype(np.int8)
        arrays[f"{layer.name}.thresholds"] = layer.thresholds.astype(np.int32)
        if layer.pool:
            arrays[f"{layer.name}.any_of"] = layer.pool.any_of.astype(bool)
    head = network.head
    arrays[f"{head.name}.weights"] = head.product.weights.astype(np.int8)
    arrays[f"{head.name}.multipliers"] = head.multipliers.astype(np.int64)
    arrays[f"{head.name}.offsets"] = head.offsets.astype(np.int64)
    header = {
        "input_shape": list(network.input_shape),
        "classes": list(network.classes),
        "scale": head.scale,
        "layers": [_product_header(layer.product) | {
            "pool": _geometry_header(layer.pool.geometry) if layer.pool else None,
        } for layer in network.layers],
        "head": _product_header(head.product),
    }
    return header, arrays


def _put_together(header: dict[str, Any], arrays: Arrays) -> Network:
    product = _product(header["head"], arrays)
    head = Head(product=product, scale=float(header["scale"]),
                multipliers=_shaped(arrays, f"{product.name}.multipliers", product.outputs),
                offsets=_shaped(arrays, f"{product.name}.offsets", product.outputs))
    channels, height, width = header["input_shape"]
    return Network(
        input_shape=(channels, height, width),
        table=_shaped(arrays, "table", channels, 256),
        layers=tuple(_layer(layer, arrays) for layer in header["layers"]),
        head=head,
        classes=tuple(map(str, header["classes"])),
        notes=tuple(map(str, header["notes"])),
    )


def _layer(header: dict[str, Any], arrays: Arrays) -> Layer:
    product = _product(header, arrays)
    thresholds = arrays[f"{product.name}.thresholds"]
    channels = product.outputs * (2 if len(thresholds) == 2 * product.outputs else 1)
    pool = header["pool"] and Pool(
        geometry=_geometry(header["pool"]),
        any_of=_shaped(arrays, f"{product.name}.any_of", channels))
    return Layer(product=product, pool=pool,
                 thresholds=_shaped(arrays, f"{product.name}.thresholds", channels))


def _product_header(product: Product) -> dict[str, Any]:
    inputs = product.inputs
    return {"name": product.name, "geometry": _geometry_header(product.geometry),
            "inputs": [inputs.start, inputs.stop, inputs.step]}


def _product(header: dict[str, Any], arrays: Arrays) -> Product:
    name, geometry = str(header["name"]), _geometry(header["geometry"])
    weights = arrays[f"{name}.weights"]
    _shaped(arrays, f"{name}.weights", len(weights), *geometry.kernel, geometry.channels)
    return Product(name=name, geometry=geometry, weights=weights, inputs=range(*header["inputs"]))


def _geometry_header(geometry: Geometry) -> dict[str, Any]:
    return {"channels": geometry.channels, "height": geometry.height, "width": geometry.width,
            "kernel": geometry.kernel, "stride": geometry.stride, "padding": geometry.padding,
            "pad": geometry.pad}


def _geometry(header: dict[str, Any]) -> Geometry:
    pairs = {name: tuple(header[name]) for name in ("kernel", "stride", "padding")}
    return Geometry(**{**header, **pairs})


def _shaped(arrays: Arrays, name: str, *shape: int) -> np.ndarray:
    array = arrays[name]
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
    return array
