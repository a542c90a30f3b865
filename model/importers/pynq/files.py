"""The files of a folder of BNN-PYNQ: the folding that names and sizes tell, and the numbers.

Files ``L-P-weights.bin`` and ``L-P-thres.bin`` hold layer L and processing element P in words of 64
bits, low byte first. Word ``ng * (MW / SIMD) + sg`` of the weights is row ``ng * PE + P``, inputs
``sg * SIMD`` and up, lowest first: bits where 1 is +1 and 0 is -1, or signed numbers of two bits.
A row has one threshold or two, a word each, in the same order of rows.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from model.files import content, reason
from model.refusal import Refusal

ENTRIES, ROWS = 2**16, 4096
"""Most entries of a folder that are looked at, and most rows of a last layer."""

PARAMETERS = re.compile(r"(0|[1-9]\d{0,4})-(0|[1-9]\d{0,4})-(weights|thres)\.bin")

Sizes = Mapping[str, int]
"""Sizes in bytes of the files of a layer, by name."""


@dataclass(frozen=True)
class Matrix:
    """The shape of a layer's weights: columns (MW), and rows (MH) unless the files tell them."""

    columns: int
    rows: int | None = None


@dataclass(frozen=True)
class Engine:
    """The numbers of a layer, as published.

    ``weights`` int8 (rows, columns), +1 and -1 or, with two bits, -2 to 1; ``thresholds`` int64
    (rows, steps), without steps where there are none.
    """

    weights: np.ndarray
    thresholds: np.ndarray


def sizes(folder: Path) -> dict[int, dict[str, int]]:
    """Sizes of the files of parameters in ``folder``, by layer and name.

    Raises
    ------
    Refusal
        For no folder, one that cannot be read or has too many files, or one without parameters.
    """
    found: dict[int, dict[str, int]] = {}
    try:
        if not folder.is_dir():
            raise Refusal(f"{folder}: no such folder; give one with BNN-PYNQ's .bin files")
        for number, path in enumerate(islice(folder.iterdir(), ENTRIES + 1)):
            if number == ENTRIES:
                raise Refusal(f"{folder}: more than {ENTRIES:,} files; give the folder of one"
                              " network")
            if match := PARAMETERS.fullmatch(path.name):
                found.setdefault(int(match[1]), {})[path.name] = path.stat().st_size
    except (OSError, ValueError) as error:
        raise Refusal(f"{folder}: cannot be read ({reason(error)})") from None
    if not found:
        raise Refusal(f"{folder}: no BNN-PYNQ parameters, such as 0-0-weights.bin; give the folder"
                      " that holds the files of one network")
    return found


def engines(
    folder: Path, matrices: tuple[Matrix, ...], known: Mapping[int, Sizes], faults: list[str]
) -> tuple[int, list[Engine]]:
    """Bits of a weight, and the numbers of all layers; everything wrong goes to ``faults``.

    Layers before the last have one number of thresholds for a row; the last may have none.
    """
    before = len(faults)
    faults += [f"{min(files)} is of no layer of this network"
               for layer, files in sorted(known.items()) if layer >= len(matrices)]
    foldings = [_folding(folder, layer, matrix, known.get(layer, {}), faults)
                for layer, matrix in enumerate(matrices)]
    whole = [folding for folding in foldings if folding]
    if len(faults) > before:
        return 0, []
    if len({folding.thresholds.shape[-1] for folding in whole[:-1]}) > 1:
        faults.append("some layers have one threshold for a row, others two")
    wide = [folding.used > folding.simd(1) for folding in whole[:-1]]
    bits = 2 if 2 * sum(wide) > len(wide) else 1
    return bits, [engine for folding in whole if (engine := folding.engine(bits, faults))]


@dataclass(frozen=True)
class _Folding:
    """The words of a layer: uint64 (pe, words) of weights, int64 (pe, rows / pe, steps)."""

    name: str
    columns: int
    words: np.ndarray
    thresholds: np.ndarray

    @property
    def used(self) -> int:
        """Number of bits of a word that are in use."""
        return int(self.words.max()).bit_length()

    def simd(self, bits: int) -> int:
        """Weights in a word, of ``bits`` each; without thresholds only their use tells it."""
        if self.thresholds.size:
            return self.thresholds.shape[1] * self.columns // self.words.shape[1]
        return max(1, -(-self.used // bits))

    def engine(self, bits: int, faults: list[str]) -> Engine | None:
        """The numbers of the layer; None for words of another folding."""
        elements, words = self.words.shape
        simd, known = self.simd(bits), self.thresholds.shape[1]
        rows, rest = divmod(words * simd, self.columns)
        if rest or not rows or self.columns % simd or rows != (known or rows):
            faults.append(f"{self.name}: {words:,} words in a file of weights are no folding of"
                          f" rows of {self.columns:,}")
        elif self.used > bits * simd or bits * simd > 64:
            faults.append(f"{self.name}: words of weights have more than {bits * simd} bits in use,"
                          f" those of {simd} weights (SIMD)")
        else:
            places = np.arange(simd, dtype=np.uint64) * np.uint64(bits)
            fields = ((self.words[..., None] >> places) & np.uint64(2**bits - 1)).astype(np.int8)
            weights = 2 * fields - 1 if bits == 1 else fields - 4 * (fields > 1)
            return Engine(_rows(weights.reshape(elements, rows, -1)), _rows(self.thresholds))
        return None


def _folding(
    folder: Path, layer: int, matrix: Matrix, known: Sizes, faults: list[str]
) -> _Folding | None:
    """The words of a layer; None for files that are missing or of other sizes."""
    count = {kind: sum(kind in name for name in known) for kind in ("weights", "thres")}
    elements = max(1, *count.values())
    names = {kind: [f"{layer}-{element}-{kind}.bin" for element in range(elements)]
             for kind in count if kind == "weights" or count[kind] or matrix.rows}
    if unlike := [fault for kind in names.values() for fault in _unlike(kind, known)]:
        faults += unlike
        return None
    words, thresholds = (known[names[kind][0]] // 8 if kind in names else 0 for kind in count)
    each, rest = divmod(matrix.rows or thresholds * elements, elements)
    steps, over = divmod(thresholds, max(1, each))
    name = f"layer {layer}, in {elements} file{'s' * (elements > 1)}"
    if rest or over or steps > 2 or each * elements > ROWS:
        faults.append(f"{name}: {thresholds:,} thresholds in a file do not fit"
                      f" {matrix.rows or ROWS:,} rows, of one or two each")
    elif words * elements > (matrix.rows or ROWS) * matrix.columns:
        faults.append(f"{name}: {words:,} words in a file of weights are too many")
    else:
        read = {kind: np.stack([_content(folder / file, known[file]) for file in names[kind]])
                for kind in names}
        steps_read = read.get("thres", np.zeros((elements, 0), "<u8")).view("<i8")
        return _Folding(name, matrix.columns, read["weights"],
                        steps_read.reshape(elements, each, steps))
    return None


def _unlike(names: list[str], known: Sizes) -> list[str]:
    """Faults of the files of one kind in a layer: missing, or of another size than the others."""
    faults = [f"{name} is missing" for name in names if name not in known]
    found = Counter(known[name] for name in names if name in known)
    for size, _ in found.most_common(1):
        faults += [f"{name} has {known[name]:,} bytes, others of its layer {size:,}"
                   for name in names if known.get(name, size) != size]
        if size % 8 or not size:
            faults.append(f"{names[0]} has {size:,} bytes, no whole words of 8")
    return faults


def _rows(folded: np.ndarray) -> np.ndarray:
    """Rows in order, from those of each processing element (pe, rows / pe, ...)."""
    elements, each, rest = folded.shape
    return folded.swapaxes(0, 1).reshape(elements * each, rest)


def _content(path: Path, size: int) -> np.ndarray:
    given = content(path, size)
    if len(given) < size:
        raise Refusal(f"{path}: became shorter while it was read; copy the folder once more")
    return np.frombuffer(given, "<u8")
