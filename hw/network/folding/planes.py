"""Planes: weights of several bits as weights of +-1, whose sums are added with coefficients.

Where all weights are odd, ``w = sum_j c[j] * s[j]`` with c = (1, 2, 4, ...). Otherwise
``2 w = sum_j c[j] * s[j]`` with c = (1, 1, 2, 4, ...).
"""

from typing import NamedTuple

import numpy as np

from hw.network.geometry import Geometry
from hw.network.nodes.affine import Affine
from hw.network.nodes.product import Product


class Planes(NamedTuple):
    """``coefficients`` int32 (J,); ``weights`` int8 (J, ...) of +-1; ``shift`` of the sum."""

    coefficients: np.ndarray
    weights: np.ndarray
    shift: int


def planes(weights: np.ndarray) -> Planes:
    """The fewest planes of a tensor of integers."""
    whole = weights.astype(np.int32)
    if (whole % 2 == 1).all():
        coefficients, signs = _odd(whole)
        return Planes(coefficients, signs, 0)
    first = np.where(whole > 0, 1, -1)
    coefficients, signs = _odd(2 * whole - first)
    return Planes(np.append(np.int32(1), coefficients), np.stack([first, *signs]).astype(np.int8),
                  1)


def _odd(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients 1, 2, 4, ... and signs of odd integers."""
    count = int(np.abs(values).max()).bit_length()
    places = np.arange(count).reshape(-1, *[1] * values.ndim)
    ones = (values + (1 << count) - 1) // 2 >> places & 1
    return 1 << np.arange(count, dtype=np.int32), (2 * ones - 1).astype(np.int8)


def nodes(
    name: str, sources: tuple[str, ...], geometry: Geometry, inputs: range, weights: np.ndarray
) -> tuple[Product, Affine]:
    """A product with a channel for every plane, output by output, and their sum.

    ``weights`` are integers (MH, kh, kw, C).
    """
    found = planes(weights)
    joined, outputs = len(found.coefficients), len(weights)
    apart = np.moveaxis(found.weights, 0, 1).reshape(outputs * joined, *weights.shape[1:])
    product = Product(name=name, sources=sources, geometry=geometry, inputs=inputs,
                      weights=np.ascontiguousarray(apart))
    reach = max(abs(inputs[0]), abs(inputs[-1])) * int(
        np.abs(weights).sum(axis=(1, 2, 3)).max())
    return product, Affine(
        name=f"{name}.planes", sources=(name,), shift=found.shift,
        multipliers=np.tile(found.coefficients, (outputs, 1)),
        offsets=np.zeros(outputs, np.int64), bits=max(2, reach.bit_length() + 1))
