"""Input tables: the small integer that the network reads for every byte of a channel."""

from collections.abc import Callable, Sequence

import numpy as np

from model.refusal import Refusal

_BYTES = np.arange(256)


def normalised(mean: float, std: float, scale_bits: int) -> list[int]:
    """The table ``q = round(2^scale_bits * (p/255 - mean) / std)``, halves to even; 256 integers.

    ``mean`` and ``std`` are those of p/255. More scale bits keep more of the image and cost a
    wider first layer: an MNIST byte at 1 becomes -1 to 6, four bits; at 2 it becomes -2 to 11.
    """
    return _integers(np.rint(2.0**scale_bits * (_BYTES / 255 - mean) / std))


def pynq() -> list[int]:
    """BNN-PYNQ's input: ``q = min(127, floor((2p/255 - 1) * 128 + 0.5))``; 256 integers."""
    return _integers(np.minimum(127, np.floor((2 * _BYTES / 255 - 1) * 128 + 0.5)))


def identity() -> list[int]:
    """The table that leaves bytes as they are."""
    return _integers(_BYTES)


def threshold(level: int = 128) -> list[int]:
    """The table of +1 where p >= level, otherwise -1, with which the first layer is binary too."""
    return _integers(np.where(level <= _BYTES, 1, -1))


def _integers(values: np.ndarray) -> list[int]:
    return [int(value) for value in values]


TABLES = ("normalised", "pynq", "identity", "threshold")


def table(
    name: str, mean: Sequence[float], std: Sequence[float], scale_bits: int
) -> list[list[int]]:
    """A table for each channel of a data set with the given statistics.

    Raises
    ------
    Refusal
        For a name that is not in `TABLES`.
    """
    if name == "normalised":
        return [normalised(m, s, scale_bits) for m, s in zip(mean, std, strict=True)]
    makers: dict[str, Callable[[], list[int]]] = {
        "pynq": pynq, "identity": identity, "threshold": threshold}
    if name not in makers:
        raise Refusal(f"no input table is called {name!r}; choose from {', '.join(TABLES)}")
    return [makers[name]() for _ in mean]
