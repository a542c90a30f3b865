"""Input tables as the arithmetic of other programs: a line through the bytes, and a quantiser."""

from dataclasses import dataclass

import numpy as np

from model.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class Line:
    """``slope * x + level`` of x = p / 255, float32 (C,) each, and the quantiser behind it.

    ``bits`` of a signed quantiser, or of an unsigned one, of scale 1; 0 is +1 where the line is
    >= 0, otherwise -1.
    """

    slope: np.ndarray
    level: np.ndarray
    bits: int
    signed: bool = True


def line(table: np.ndarray) -> Line:
    """The line of an input table, integers (C, 256).

    Raises
    ------
    Refusal
        For a table that no rounded line gives.
    """
    if (np.abs(table) == 1).all():
        slopes, levels = zip(*map(_step, table), strict=True)
        found = Line(slope=np.array(slopes, np.float32), level=np.array(levels, np.float32), bits=0)
    else:
        low, high = int(table.min()), int(table.max())
        signed = low < 0
        bits = max((-low - 1 if signed else 0).bit_length(), high.bit_length()) + signed
        ends = (-1 << (bits - 1) if signed else 0, (1 << (bits - signed)) - 1)
        slopes, levels = zip(*(_through(channel, ends) for channel in table), strict=True)
        found = Line(slope=np.array(slopes, np.float32), level=np.array(levels, np.float32),
                     bits=max(1 + signed, bits), signed=signed)
    if not (quantised(found) == table).all():
        raise _none()
    return found


def quantised(found: Line) -> np.ndarray:
    """The table (C, 256) of a line, in float32 as other programs compute it."""
    image = np.arange(256, dtype=np.float32) / np.float32(255)
    values = image * found.slope[:, None] + found.level[:, None]
    if not found.bits:
        return np.where(values >= 0, 1, -1)
    low = -1 << (found.bits - 1) if found.signed else 0
    return np.rint(np.clip(values, low, (1 << (found.bits - found.signed)) - 1)).astype(np.int64)


def _step(channel: np.ndarray) -> tuple[float, float]:
    """Slope and level of a line that is >= 0 where the channel's table is +1."""
    up = channel[-1] > channel[0] or (channel[0] == channel[-1] == 1)
    first = int((channel == (-1 if up else 1)).sum())
    sign = 1.0 if up else -1.0
    return 255 * sign, -sign * (first - 0.5)


def _through(channel: np.ndarray, ends: tuple[int, int]) -> tuple[float, float]:
    """Slope and level of the line in the middle of those that round to the channel's table.

    Entries at the quantiser's ends may come from a value beyond.
    """
    low = np.where(channel == ends[0], -np.inf, channel - 0.5)
    high = np.where(channel == ends[1], np.inf, channel + 0.5)
    first, second = np.triu_indices(256, 1)
    apart = second - first
    least = float(((low[second] - high[first]) / apart).max())
    most = float(((high[second] - low[first]) / apart).min())
    if not (np.isfinite([least, most]).all() and least < most):
        raise _none()
    slope = (least + most) / 2
    places = np.arange(256)
    level = (float((low - slope * places).max()) + float((high - slope * places).min())) / 2
    return 255 * slope, level


def _none() -> Refusal:
    return Refusal("input table: it is no rounded line through the bytes, which is all that QONNX"
                   " can say of it; train with another table of model.tables")
