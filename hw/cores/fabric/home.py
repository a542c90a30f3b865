"""Homes of memories: which part of the fabric one lives in."""

from typing import Literal

Home = Literal["block", "lut"]
"""Embedded block memory, or LUTs: distributed memory, or logic with constants built in."""

WeightsHome = str
"""Name of a home of weights: one of `hw.cores.mvu.sizes.HOMES`."""
