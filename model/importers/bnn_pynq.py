"""Importer of BNN-PYNQ's folders of parameters: cnvW1A1 and lfcW1A1 (github.com/Xilinx/BNN-PYNQ).

Files ``L-P-weights.bin`` and ``L-P-thres.bin`` hold layer L and processing element P in words of 64
bits, low byte first. Word ``ng * (MW / SIMD) + sg`` of the weights is row ``ng * PE + P``, inputs
``sg * SIMD`` and up, lowest bit first, 1 = +1; word ng of the thresholds is row ``ng * PE + P``.
A row is flattened (ky, kx, channel). The bit is ``acc > T``, strictly, where acc counts agreeing
bits; the first layer of cnvW1A1 sums integers, and compares twice their sum with T.

The last layer's counts are the scores. Ours are sums of +-1: ``score = 2 * count - MW``.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model import tables
from model.checkpoint import Checkpoint
from model.files import content, reason
from model.refusal import Refusal

CLASSES = 2**16
"""Most bytes of classes.txt."""

PARAMETERS = re.compile(r"\d+-\d+-(weights|thres)\.bin")


@dataclass(frozen=True)
class Engine:
    """The matrix of one layer, rows (MH) by columns (MW), and the folding of its files."""

    rows: int
    columns: int
    pe: int
    simd: int
    kind: str = "dense"
    pool: bool = False
    thresholds: bool = True

    def files(self, layer: int) -> dict[str, int]:
        """Names and sizes in bytes of all files of this layer."""
        words = self.rows // self.pe
        sizes = {"weights": 8 * words * (self.columns // self.simd)}
        if self.thresholds:
            sizes["thres"] = 8 * words
        return {f"{layer}-{element}-{what}.bin": size
                for element in range(self.pe) for what, size in sizes.items()}


@dataclass(frozen=True, kw_only=True)
class Topology:
    """A network of BNN-PYNQ. Convolutions are 3x3, without padding; pools are 2x2."""

    name: str
    shape: tuple[int, int, int]
    table: list[int]
    engines: tuple[Engine, ...]

    @property
    def files(self) -> dict[str, int]:
        return {name: size for layer, engine in enumerate(self.engines)
                for name, size in engine.files(layer).items()}


TOPOLOGIES = (
    Topology(name="cnvW1A1", shape=(3, 32, 32), table=tables.pynq(), engines=(
        Engine(64, 27, 16, 3, "conv"),
        Engine(64, 576, 32, 32, "conv", pool=True),
        Engine(128, 576, 16, 32, "conv"),
        Engine(128, 1152, 16, 32, "conv", pool=True),
        Engine(256, 1152, 4, 32, "conv"),
        Engine(256, 2304, 1, 32, "conv"),
        Engine(512, 256, 1, 4),
        Engine(512, 512, 1, 8),
        Engine(64, 512, 4, 1, thresholds=False),
    )),
    Topology(name="lfcW1A1", shape=(1, 28, 28), table=tables.threshold(128), engines=(
        Engine(1024, 832, 32, 64),
        Engine(1024, 1024, 64, 32),
        Engine(1024, 1024, 32, 64),
        Engine(64, 1024, 16, 8),
    )),
)


def read(folder: Path) -> Checkpoint:
    """Read the network in ``folder``, whose ``classes.txt`` has the name of a class in each line.

    The thresholds of lfcW1A1's last layer are left out, since the scores are its counts.

    Raises
    ------
    Refusal
        For a folder that does not have exactly the files of one `Topology`.
    """
    topology = _recognised(folder)
    classes = _classes(folder, topology)
    building = _Building(folder=folder, topology=topology, classes=len(classes))
    for layer, engine in enumerate(topology.engines):
        building.add(layer, engine)
    arch = {"input": {"shape": list(topology.shape),
                      "table": [topology.table] * topology.shape[0]},
            "layers": building.records}
    return Checkpoint(
        method="bnn-pynq", arch=arch, state_dict=building.tensors, classes=classes, metrics={},
        training={"importer": "bnn-pynq", "topology": topology.name, "source": folder.name})


def matrix(folder: Path, layer: int, engine: Engine) -> np.ndarray:
    """The weights of a layer as bits, uint8 (rows, columns)."""
    bits = np.empty((engine.rows, engine.columns), np.uint8)
    places = np.arange(engine.simd, dtype=np.uint64)
    for element in range(engine.pe):
        path = folder / f"{layer}-{element}-weights.bin"
        words = _words(path, "<u8").reshape(-1, engine.columns // engine.simd)
        if engine.simd < 64 and (words >> np.uint64(engine.simd)).any():
            raise Refusal(f"{path}: a word with more than its {engine.simd} bits (SIMD) in use; the"
                          " file is damaged or of another program")
        folded = (words[..., None] >> places) & np.uint64(1)
        bits[element::engine.pe] = folded.reshape(-1, engine.columns)
    return bits


def thresholds(folder: Path, layer: int, engine: Engine) -> np.ndarray:
    """The thresholds of a layer as published, int64 (rows,)."""
    rows = [_words(folder / f"{layer}-{element}-thres.bin", "<i8") for element in range(engine.pe)]
    return np.stack(rows, axis=1).reshape(-1)


@dataclass
class _Building:
    """The network so far: records and tensors, and the shape (channels, height, width) after them.
    """

    folder: Path
    topology: Topology
    classes: int

    def __post_init__(self) -> None:
        self.map = self.topology.shape
        self.records: list[dict[str, Any]] = []
        self.tensors: dict[str, torch.Tensor] = {}

    def add(self, layer: int, engine: Engine) -> None:
        name, last = f"{engine.kind}{layer}", engine is self.topology.engines[-1]
        channels, height, width = self.map
        kernel = (3, 3) if engine.kind == "conv" else (height, width)
        out = self.classes if last else engine.rows
        bits, extra = self._trimmed(layer, engine, channels * kernel[0] * kernel[1], out)
        self._product(name, engine.kind, bits, kernel)
        self.map = (out, height - kernel[0] + 1, width - kernel[1] + 1)
        if not last:
            published = thresholds(self.folder, layer, engine)
            integers = layer == 0 and set(self.topology.table) != {-1, 1}
            least = _of_integers(published, bits.shape[1], self.topology.table) if integers else (
                _of_counts(published, bits.shape[1], extra))
            self.records.append({"kind": "threshold", "name": f"threshold{layer}"})
            self.tensors[f"threshold{layer}.threshold"] = torch.from_numpy(
                least.astype(np.float32))
        if engine.pool:
            self.records.append({"kind": "max_pool", "name": f"pool{layer}", "kernel": [2, 2]})
            self.map = (out, self.map[1] // 2, self.map[2] // 2)

    def _trimmed(
        self, layer: int, engine: Engine, columns: int, rows: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The weight bits without padding, and the count that padded columns add to each row.

        A padded input is 0, so it agrees with a weight bit of 0.
        """
        bits = matrix(self.folder, layer, engine)
        if not bits[rows:].all():
            raise Refusal(f"{self.folder}: layer {layer} has weights of more classes than the"
                          f" {rows} in classes.txt; complete that file")
        return bits[:rows, :columns], (bits[:rows, columns:] == 0).sum(axis=1)

    def _product(self, name: str, kind: str, bits: np.ndarray, kernel: tuple[int, int]) -> None:
        record = {"kind": kind, "name": name, "out": len(bits)}
        if kind == "conv":
            record["kernel"] = list(kernel)
        elif not any(known["kind"] == "flatten" for known in self.records):
            self.records.append({"kind": "flatten", "name": "flatten"})
        self.records.append(record)
        # The published rows are in the order (ky, kx, channel), also of a dense layer on a map.
        signs = (2 * bits.astype(np.int8) - 1).reshape(len(bits), *kernel, -1)
        ours = np.ascontiguousarray(signs.transpose(0, 3, 1, 2))
        self.tensors[f"{name}.weight"] = torch.from_numpy(
            ours if kind == "conv" else ours.reshape(len(bits), -1))


def _of_integers(published: np.ndarray, size: int, table: list[int]) -> np.ndarray:
    """Thresholds of the layer that reads integers: the least sum with ``2 * sum > T``."""
    reach = size * max(map(abs, table))
    return np.clip(published >> 1, -reach - 1, reach) + 1


def _of_counts(published: np.ndarray, size: int, extra: np.ndarray) -> np.ndarray:
    """Thresholds of counts: the least sum of ``size`` +1 and -1 with
    ``(sum + size) / 2 + extra > T``."""
    # T may be a sentinel at the end of int64's range, and must not overflow.
    least = np.clip(published, -1, size + extra) - extra + 1
    return 2 * np.maximum(least, 0) - size


def _recognised(folder: Path) -> Topology:
    try:
        there = folder.is_dir()
    except (OSError, ValueError) as error:
        raise Refusal(f"{folder}: cannot be read ({reason(error)})") from None
    if not there:
        raise Refusal(f"{folder}: no such folder; give one with BNN-PYNQ's .bin files")
    try:
        sizes = {path.name: path.stat().st_size for path in folder.iterdir()
                 if PARAMETERS.fullmatch(path.name)}
    except OSError as error:
        raise Refusal(f"{folder}: cannot be read ({reason(error)})") from None
    for topology in TOPOLOGIES:
        if sizes == topology.files:
            return topology
    names = " and ".join(topology.name for topology in TOPOLOGIES)
    if not sizes:
        raise Refusal(f"{folder}: no BNN-PYNQ parameters, such as 0-0-weights.bin; {names} are read"
                      " from the folder that holds their files")
    if wide := _more_bits(folder, sizes):
        raise Refusal(f"{folder}: a network of {wide}, such as cnvW1A2 or cnvW2A2; only those of"
                      f" one bit each are read, {names}")
    nearest = max(TOPOLOGIES, key=lambda topology: len(topology.files.items() & sizes.items()))
    name, wanted, given = _difference(nearest.files, sizes)
    raise Refusal(f"{folder}: neither {names.replace(' and ', ' nor ')}; {name} is {given},"
                  f" {nearest.name} has {wanted}; other networks of BNN-PYNQ are not read")


def _more_bits(folder: Path, sizes: dict[str, int]) -> str | None:
    """Advice if these are the files of a `Topology` with more than one bit; None otherwise.

    A row has a threshold for each step of its activation, one after the other; weights of two bits
    make words of twice SIMD bits. The folding may be another one.
    """
    for topology in TOPOLOGIES:
        if {name.split("-")[0] for name in sizes} != set(map(str, range(len(topology.engines)))):
            continue
        steps, bits = 1, 1
        for layer, engine in enumerate(topology.engines):
            pe = sum(name.startswith(f"{layer}-") and name.endswith("-weights.bin")
                     for name in sizes)
            rows = engine.rows / max(1, pe)
            steps = max(steps, int(sizes.get(f"{layer}-0-thres.bin", 0) / 8 / rows))
            words = sizes.get(f"{layer}-0-weights.bin", 0) / 8 / rows
            simd = round(engine.columns / words) if words else 64
            if pe and simd <= 32:
                used = int(_words(folder / f"{layer}-0-weights.bin", "<u8").max(initial=0))
                bits = max(bits, -(-used.bit_length() // simd))
        named = [f"{bits}-bit weights"] if bits > 1 else []
        # Two steps are three levels, -1, 0 and +1.
        named += [f"{steps.bit_length()}-bit activations ({steps} thresholds a row)"] * (steps > 1)
        if named:
            return " and ".join(named)
    return None


def _difference(expected: dict[str, int], actual: dict[str, int]) -> tuple[str, str, str]:
    """The first file that is not as expected: its name, its expected and its actual size."""
    name = next(name for name in sorted({*expected, *actual})
                if expected.get(name) != actual.get(name))
    wanted, given = (f"{sizes[name]} bytes" if name in sizes else missing
                     for sizes, missing in ((expected, "no such file"), (actual, "missing")))
    return name, wanted, given


def _classes(folder: Path, topology: Topology) -> list[str]:
    path, most = folder / "classes.txt", topology.engines[-1].rows
    try:
        given = content(path, CLASSES, hint="write one with a line for each class, so that padding"
                        " rows are known")
        classes = [line.strip() for line in given.decode().splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise Refusal(f"{path}: cannot be read ({error})") from None
    if not 1 <= len(classes) <= most:
        raise Refusal(f"{path}: {len(classes)} classes; {topology.name} has 1 to {most}")
    return classes


def _words(path: Path, kind: str) -> np.ndarray:
    try:
        return np.fromfile(path, kind)
    except OSError as error:
        raise Refusal(f"{path}: cannot be read ({error.strerror})") from None
