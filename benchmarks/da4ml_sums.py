"""``python da4ml_sums.py weights.npy bits cutoff folder``: sums by da4ml, as Verilog.

Runs in an environment of its own, where da4ml is installed and this program is not.
"""

import json
import sys
import time
from importlib import metadata

import numpy as np
from da4ml.codegen import VerilogModel  # type: ignore[import-not-found]
from da4ml.trace import (  # type: ignore[import-not-found]
    FixedVariableArray,
    HWConfig,
    comb_trace,
)


def main(weights: str, bits: int, cutoff: int, folder: str) -> None:
    """Solve, write the module ``peer``, and print the seconds and the solver's counts."""
    start = time.monotonic()
    matrix = np.load(weights).astype(np.float32)  # (inputs, outputs) of +-1
    inputs = len(matrix)
    signed = int(bits > 1)
    given = FixedVariableArray.from_kif(
        np.full(inputs, signed), np.full(inputs, bits - signed), np.zeros(inputs, int),
        hwconf=HWConfig(1, -1, -1),
    )  # fmt: skip
    solved = comb_trace(given, given @ matrix)
    VerilogModel(solved, "peer", folder, latency_cutoff=cutoff).write()
    said = {"seconds": time.monotonic() - start, "cost": solved.cost}
    print(json.dumps(said | {"version": metadata.version("da4ml")}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
