"""Places: the geometry of a kernel over the map that a record reads, and what does not fit there.

A kernel that does not fit is noted and replaced by one that does, so that later layers are looked
at too.
"""

from typing import Any

from hw.network.geometry import Geometry
from hw.network.reading.given import Given
from hw.network.reading.pieces import Record
from hw.network.reading.problems import Problems


def conv(record: Record, given: Given, problems: Problems) -> Geometry:
    """Of a convolution."""
    if given.flat:
        problems.say(record, "conv on a flat vector", "use dense, or remove the flatten")
    geometry = _slide(record, given, problems, tuple(record.get("padding", (0, 0))),
                      record.get("pad", "none"))
    if any(p >= k for p, k in zip(geometry.padding, geometry.kernel, strict=True)):
        problems.say(record, f"padding {geometry.padding} lets a kernel of {geometry.kernel} "
                     "stand wholly outside the map", "pad with less than the kernel")
    return geometry


def dense(record: Record, given: Given, problems: Problems) -> Geometry:
    """Of a dense layer: a kernel that covers its whole map."""
    channels, height, width = given.shape
    if not given.flat:
        problems.say(record, f"dense on a map of {channels} x {height} x {width}",
                     "put a flatten before it")
    return Geometry(channels=channels, height=height, width=width, kernel=(height, width))


def max_pool(record: Record, given: Given, problems: Problems) -> Geometry:
    """Of a max-pool."""
    if given.flat:
        problems.say(record, "max_pool on a flat vector", "pool before the flatten")
    if any(record.get("padding", (0, 0))):
        problems.say(record, "a pool with padding", "pad the conv before it instead")
    return _slide({"stride": record["kernel"], **record}, given, problems)


def _slide(record: Record, given: Given, problems: Problems, padding: tuple[int, ...] = (0, 0),
           pad: Any = "none") -> Geometry:
    channels, height, width = given.shape
    rows, columns = record["kernel"]
    if rows > height + 2 * padding[0] or columns > width + 2 * padding[1]:
        problems.say(record, f"a kernel of {rows} x {columns} on a map of {height} x {width}",
                     "use a smaller kernel, more padding or fewer pools before it")
        rows, columns = min(rows, height), min(columns, width)
    down, right = record.get("stride", (1, 1))
    return Geometry(channels=channels, height=height, width=width, kernel=(rows, columns),
                    stride=(down, right), padding=(padding[0], padding[1]), pad=pad)
