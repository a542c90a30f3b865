"""Layout of the weight memory: rows and inputs of a matrix, word by word."""

import numpy as np

from hw.cores.mvu.sizes import MvuSizes


def weight_words(sizes: MvuSizes, weights: np.ndarray) -> list[int]:
    """The words of a matrix (outputs, inputs) of bool, or of +1 and -1: word ``t * beats + b`` is
    read for pass t and beat b.

    Bit ``p * (simd / shared) + k`` of it is 1 if the weight of row ``t * pe + p`` and of the inputs
    ``b * simd + k * shared`` and on is +1; 0 behind the last row.

    Raises
    ------
    ValueError
        The matrix is of another shape, or inputs that should share a weight differ in it.
    """
    if weights.shape != (sizes.outputs, sizes.inputs):
        raise ValueError(
            f"weights of shape {weights.shape}: outputs and inputs are "
            f"{sizes.outputs} and {sizes.inputs}"
        )
    groups = weights.reshape(sizes.outputs, -1, sizes.shared)
    if (groups != groups[..., :1]).any():
        raise ValueError(f"not every {sizes.shared} inputs side by side have the same weights")
    rows = whole_passes(groups[..., 0].T, sizes.pe).T
    beats = rows.reshape(-1, sizes.pe, sizes.beats, sizes.simd // sizes.shared)
    words = beats.transpose(0, 2, 1, 3).reshape(-1, sizes.word)
    bits = np.packbits(words > 0, axis=1, bitorder="little")
    return [int.from_bytes(word.tobytes(), "little") for word in bits]


def whole_passes(channels: np.ndarray, pe: int) -> np.ndarray:
    """(..., channels) with as many zeros behind as PE is idle for in the last pass."""
    behind = -channels.shape[-1] % pe
    if not behind:
        return channels
    return np.pad(channels, [(0, 0)] * (channels.ndim - 1) + [(0, behind)])
