"""Hostile checkpoints: damaged archives, odd tensors, odd records, and good files that look odd."""

import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.hostile.case import Cases, Make
from benchmarks.hostile.network import Content, build_words, edited, saved, write

CODE_RAN = "code-was-run"
"""File that is written in the working directory if code in an input is run."""


class Evil:
    """An object that writes the file `CODE_RAN` when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {CODE_RAN}",)


def cases() -> Cases:
    """Hostile checkpoints for a build that stops after its plan."""
    found = Cases(kind="checkpoint")
    _archives(found)
    _tensors(found)
    _contents(found)
    _records(found)
    _good(found)
    return found


def _archives(to: Cases) -> None:
    kept_of = {"no bytes": 0, "one byte": 1, "100 bytes": 100,
               "the first half": len(saved()) // 2, "all but the last byte": -1}  # fmt: skip
    for name, kept in kept_of.items():
        _file(to, f"{name} of a checkpoint", saved()[:kept])
    for name, at in _records_at(saved()):
        _file(to, f"a bit flipped in its record {name}", _flipped(saved(), at))
    _file(to, "text", b"this is no checkpoint\n")
    _file(to, "a bare pickle with code in it", pickle.dumps(Evil()))
    _file(to, "a pickle of 100,000 nested lists", b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999
          + b".")  # fmt: skip
    _add(to, "records that inflate to 2.5 GB", _inflating)
    _add(to, "a record larger than the file that holds it", _overlong)
    _add(to, "no such file", lambda folder: folder / "nowhere.pt", told="no such file")
    _add(to, "a folder", _folder)
    _add(to, "a pipe that nobody writes to", _pipe)
    _add(to, "a link to itself", _loop)
    _add(to, "a device without an end", lambda folder: Path("/dev/zero"))
    _add(to, "a name of 300 characters", lambda folder: folder / ("n" * 300 + ".pt"))
    _add(to, "a name that is no UTF-8", lambda folder: folder / "net\udcff.pt")
    _add(to, "a name with markup in it", lambda folder: folder / "[/x].pt", told="[/x].pt")
    _edit(to, "code in its metrics", lambda c: {**c, "metrics": {"x": Evil()}})
    _add(to, "saved in torch's form before 1.6, without check sums", _legacy)


def _tensors(to: Cases) -> None:
    for kind in ("bool", "uint8", "uint16", "complex64", "float8_e4m3fn", "float8_e5m2"):
        _tensor(to, f"binary weights of {kind}", "conv1.weight", partial(_as, kind))
    for kind in ("bool", "int64", "uint16", "complex64", "float8_e4m3fn"):
        _tensor(to, f"a batch norm's weight of {kind}", "bn1.weight", partial(_as, kind))
    for key in ("bn1.weight", "bn1.running_mean", "bn2.running_var"):
        for word in ("nan", "inf", "-inf"):
            _tensor(to, f"{word} in {key}", key, partial(_first, float(word)))
    _tensor(to, "a sparse tensor", "conv1.weight", lambda t: t.float().to_sparse())
    _tensor(to, "a compressed sparse tensor", "dense.weight", lambda t: t.float().to_sparse_csr())
    _tensor(to, "a tensor without memory", "conv1.weight",
            lambda t: torch.empty(t.shape, device="meta"))  # fmt: skip
    _tensor(to, "a quantised tensor", "conv1.weight",
            lambda t: torch.quantize_per_tensor(t.float(), 1.0, 0, torch.qint8))  # fmt: skip
    _tensor(to, "numbers in lists instead of a tensor", "conv1.weight", lambda t: t.tolist())
    _tensor(to, "weights that are all 0", "conv1.weight", lambda t: t * 0)
    _tensor(to, "one weight of 2", "dense.weight", partial(_first, 2))
    _tensor(to, "a negative variance", "bn1.running_var", lambda t: -t - 1)
    _tensor(to, "a tensor of another shape", "bn1.bias", lambda t: t[:-1])
    _tensor(to, "a tensor nobody asked for", "extra.weight", lambda t: torch.zeros(1))
    _edit(to, "a missing tensor", lambda c: _drop(c["state_dict"], "conv2.weight"))
    _edit(to, "a tensor under a number", lambda c: c["state_dict"].update({3: torch.zeros(1)}))
    _edit(to, "35 TB of weights in one element", partial(_stretched, 8192))


def _contents(to: Cases) -> None:
    for key, value in (
        ("version", "1"), ("version", True), ("version", 2), ("version", None),
        ("classes", [1, 2, 3]), ("classes", ["a", "b"]), ("classes", [None] * 3),
        ("classes", ["a", "b", ""]), ("classes", "abc"), ("classes", ["a", "b", "\udcff"]),
        ("classes", ["x" * 100_000, "b", "c"]), ("method", 3), ("method", "bnn\n"),
        ("arch", [1]), ("arch", None), ("state_dict", []), ("metrics", None),
        ("metrics", {"accuracy": b"x"}), ("metrics", {("a", 1): 2}),
        ("metrics", {"accuracy": torch.zeros(3)}), ("metrics", {"accuracy": float("nan")}),
        ("training", {"seed": 1j}), ("training", []), ("surprise", 1), ("format", "other"),
    ):  # fmt: skip
        shown = f"{key} is {value!r}"
        name = shown if len(shown) < 60 else f"{shown[:56]}..."
        _edit(to, name.encode("ascii", "backslashreplace").decode(), partial(_put, key, value))
    _edit(to, "metrics 100,000 deep", lambda c: _put("metrics", {"a": _deep(100_000)}, c),
          make=_deep_pickle)  # fmt: skip
    _edit(to, "somebody else's checkpoint", lambda c: {"epoch": 3, "state_dict": c["state_dict"],
          "best_prec1": 91.0}, told="model.convert")  # fmt: skip
    _edit(to, "a bare state dict", lambda c: c["state_dict"], told="model.convert")
    _edit(to, "a tensor alone", lambda c: torch.zeros(3))


def _records(to: Cases) -> None:
    _layer(to, "reads a later layer", 3, {"from": "sign2"})
    _layer(to, "reads itself", 3, {"from": "conv2"})
    _layer(to, "reads nobody", 3, {"from": "x"}, told="'x'")
    _layer(to, "a name twice", 3, {"name": "conv1"}, told="twice")
    _layer(to, "a layer whose name is no UTF-8", 0, {"name": "conv\udcff"})
    _layer(to, "a name of two lines", 0, {"name": "conv\n1"})
    _layer(to, "a kind in a list", 0, {"kind": ["conv"]})
    _layer(to, "an unknown kind", 0, {"kind": "warp"}, told="warp")
    _layer(to, "an unknown field", 0, {"colour": 3}, told="colour")
    _layer(to, "a stride of 0", 0, {"stride": [0, 1]})
    _layer(to, "-8 outputs", 0, {"out": -8})
    _layer(to, "1e9 outputs", 0, {"out": 10**9})
    _layer(to, "an output count of 400 digits", 0, {"out": 10**400})
    _layer(to, "True outputs", 0, {"out": True})
    _layer(to, "8.5 outputs", 0, {"out": 8.5})
    _layer(to, "a kernel larger than the map", 0, {"kernel": [9, 9]})
    _layer(to, "a kernel of three sizes", 0, {"kernel": [3, 3, 3]})
    _layer(to, "an eps of nan", 1, {"eps": float("nan")})
    _layer(to, "an eps of 0", 1, {"eps": 0})
    _layer(to, "an eps that is infinite", 1, {"eps": float("inf")})
    _edit(to, "no layers", lambda c: c["arch"].update(layers=[]))
    _edit(to, "100,000 faulty layers", lambda c: c["arch"].update(
        layers=[{"kind": "nothing", "name": f"l{k}"} for k in range(100_000)]))  # fmt: skip
    _edit(to, "20,000 layers", _long)
    _edit(to, "a fraction in the table", lambda c: _entry(c, 1.5))
    _edit(to, "a table entry of 1e9", lambda c: _entry(c, 10**9))
    _edit(to, "a table of 255 entries", lambda c: _drop(c["arch"]["input"]["table"][0], -1))
    for shape in ([1, 0, 6], [1, 6], [1, 65536, 65536], [65536, 65536, 65536], [-1, 6, 6], "6x6"):
        _edit(to, f"an image of {shape}", lambda c, s=shape: c["arch"]["input"].update(shape=s))


def _good(to: Cases) -> None:
    for kind in ("bfloat16", "float16", "float32", "float64", "int16", "int64"):
        _tensor(to, f"weights of {kind}", "conv1.weight", partial(_as, kind), taken=True)
    for kind in ("bfloat16", "float16"):
        _tensor(to, f"a batch norm in {kind}", "bn1.running_mean", partial(_as, kind), taken=True)
    _tensor(to, "a parameter, not a tensor", "bn1.weight", torch.nn.Parameter, taken=True)
    _tensor(to, "a tensor of odd strides", "conv2.weight",
            lambda t: t.transpose(0, 1).contiguous().transpose(0, 1), taken=True)  # fmt: skip
    _edit(to, "no count of batches", lambda c: _drop(c["state_dict"], "bn1.num_batches_tracked"),
          taken=True)  # fmt: skip
    _tensor(to, "a count of batches in float32", "bn1.num_batches_tracked", partial(_as, "float32"),
            taken=True)  # fmt: skip
    _edit(to, "keys that begin with module.", lambda c: c.update(
        state_dict={f"module.{k}": v for k, v in c["state_dict"].items()}), taken=True)  # fmt: skip
    _layer(to, "an eps of 3", 1, {"eps": 3.0}, taken=True)
    _layer(to, "a kernel of one number", 0, {"kernel": 3}, taken=True)
    _edit(to, "a dropout record", lambda c: c["arch"]["layers"].insert(
        6, {"kind": "dropout", "name": "drop"}), taken=True)  # fmt: skip
    _edit(to, "a flat table", lambda c: c["arch"]["input"].update(
        table=c["arch"]["input"]["table"][0]), taken=True)  # fmt: skip
    _add(to, "a name with spaces, quotes and an umlaut",
         lambda folder: write(folder, "a 'b\" ü$HOME.pt"), taken=True)  # fmt: skip
    _add(to, "the unchanged network", write, taken=True)


def _add(to: Cases, name: str, path: Make | Any, *, told: str = "", taken: bool = False) -> None:
    to.add(name, "hw.build", lambda folder: build_words(path(folder)), told=told, taken=taken)


def _edit(
    to: Cases, name: str, change: Callable[[Content], Any], *, told: str = "",
    taken: bool = False, make: Callable[[Path], Path] | None = None,
) -> None:  # fmt: skip
    _add(to, name, make or edited(change), told=told, taken=taken)


def _file(to: Cases, name: str, raw: bytes) -> None:
    def path(folder: Path) -> Path:
        (folder / "net.pt").write_bytes(raw)
        return folder / "net.pt"

    _add(to, name, path)


def _tensor(
    to: Cases, name: str, key: str, change: Callable[[Tensor], Any], *, taken: bool = False
) -> None:
    def put(fields: Content) -> None:
        tensors = fields["state_dict"]
        tensors[key] = change(tensors.get(key, torch.zeros(1)))

    _edit(to, name, put, taken=taken)


def _layer(
    to: Cases, name: str, number: int, fields: dict[str, Any], *, told: str = "",
    taken: bool = False,
) -> None:  # fmt: skip
    _edit(to, name, lambda c: c["arch"]["layers"][number].update(fields), told=told, taken=taken)


def _as(kind: str, tensor: Tensor) -> Tensor:
    return tensor.float().to(getattr(torch, kind))


def _first(value: float, tensor: Tensor) -> Tensor:
    changed = tensor.clone()
    changed.view(-1)[0] = value
    return changed


def _drop(container: Any, key: Any) -> None:
    del container[key]


def _put(key: str, value: Any, fields: Content) -> None:
    fields[key] = value


def _entry(fields: Content, value: Any) -> None:
    fields["arch"]["input"]["table"][0][0] = value


def _long(fields: Content) -> None:
    layers = fields["arch"]["layers"]
    signs = [{"kind": "sign", "name": f"s{k}"} for k in range(20_000)]
    fields["arch"]["layers"] = [*layers[:3], *signs, *layers[3:]]


def _stretched(size: int, fields: Content) -> None:
    """Tensors of one element that claim to be enormous, by strides of 0."""
    fields["arch"]["layers"][3].update(out=65536, kernel=[size, size], padding=[0, 0], pad="none")
    fields["arch"]["input"]["shape"] = [1, size, size]
    tensors, one = fields["state_dict"], torch.ones(1, dtype=torch.int8)
    tensors["conv2.weight"] = one.as_strided((65536, 8, size, size), (0, 0, 0, 0))
    for name in ("weight", "bias", "running_mean", "running_var"):
        tensors[f"bn2.{name}"] = torch.ones(1).as_strided((65536,), (0,))
    tensors["dense.weight"] = one.as_strided((3, 65536), (0, 0))


def _flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 0x10]) + raw[at + 1 :]


def _records_at(raw: bytes) -> list[tuple[str, int]]:
    """Name and middle byte's position of every record of an archive that is not empty."""
    found = []
    for record in zipfile.ZipFile(io.BytesIO(raw)).infolist():
        head = record.header_offset
        name, extra = struct.unpack("<HH", raw[head + 26 : head + 30])
        if record.file_size:
            name_of = record.filename.partition("/")[2]
            found.append((name_of, head + 30 + name + extra + record.file_size // 2))
    return found


def _inflating(folder: Path) -> Path:
    source = zipfile.ZipFile(write(folder))
    path = folder / "net.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in source.namelist():
            if name.endswith("data/0"):
                with archive.open(name, "w", force_zip64=True) as record:
                    for _ in range(160):
                        record.write(bytes(1 << 24))
            else:
                archive.writestr(name, source.read(name))
    return path


def _overlong(folder: Path) -> Path:
    """A checkpoint whose archive's directory claims 2 GB for every record."""
    raw = bytearray(saved())
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        raw[at + 20 : at + 28] = (2**31).to_bytes(4, "little") * 2
        at = raw.find(b"PK\x01\x02", at + 1)
    path = folder / "net.pt"
    path.write_bytes(raw)
    return path


def _folder(folder: Path) -> Path:
    (folder / "net.pt").mkdir()
    return folder / "net.pt"


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "net.pt")
    return folder / "net.pt"


def _loop(folder: Path) -> Path:
    (folder / "net.pt").symlink_to("net.pt")
    return folder / "net.pt"


def _legacy(folder: Path) -> Path:
    found = torch.load(write(folder), weights_only=True)
    path = folder / "net.pt"
    torch.save(found, path, _use_new_zipfile_serialization=False)
    return path


def _deep(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


def _deep_pickle(folder: Path) -> Path:
    """A checkpoint with metrics nested too deeply for Python's pickle, inserted in its bytes."""
    source = zipfile.ZipFile(write(folder))
    path = folder / "net.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in source.namelist():
            raw = source.read(name)
            if name.endswith("data.pkl"):
                key = b"X\x07\x00\x00\x00metrics"
                at = raw.index(key) + len(key)
                at = raw.index(b"}", at)  # the empty dict, after the memo of its key
                deep = b"]" * 20_000 + b"a" * 19_999
                raw = raw[:at] + b"}X\x01\x00\x00\x00a" + deep + b"s" + raw[at + 1 :]
            archive.writestr(name, raw)
    return path


