"""What a stand-in for nextpnr writes of a routed design."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

USED = {kind: {"used": 1, "available": size} for kind, size in
        (("TRELLIS_COMB", 24_288), ("TRELLIS_FF", 24_289), ("DP16KD", 56))}  # fmt: skip


def write_timing(
    folder: Path, given: Mapping[str, str], reached: float, constraint: float, end: str, **more: Any
) -> None:
    """Write the report and the delays that are asked for by the options ``given``: clocks in MHz,
    with one endpoint, at the pin DI of the cell ``end``."""
    endpoint = {"cell": end, "port": "DI", "event": "posedge clk", "delay": [0, 1000 / reached]}
    (folder / given["--report"]).write_text(json.dumps({
        "fmax": {"clk": {"achieved": reached, "constraint": constraint}}, "utilization": USED,
        "detailed_net_timings": [{"event": "posedge clk", "endpoints": [endpoint]}], **more,
    }))  # fmt: skip
    (folder / given["--sdf"]).write_text("")
