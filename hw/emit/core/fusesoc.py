"""The description of a core for FuseSoC, in its format CAPI2."""

from hw.emit.delivery import Delivery, Part

_TEXT = """\
CAPI=2:
name: purelogic:networks:{name}:1.0.0
description: A binarized neural network, {summary}

filesets:
  rtl:
    files: [{sources}]
    file_type: verilogSource
  constraints:
    files: [{name}.sdc]
    file_type: SDC
  bench:
    files: [{name}_tb.v]
    file_type: systemVerilogSource

targets:
  default:
    filesets: [rtl]
  lint:
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wall]
    filesets: [rtl]
    toplevel: {name}
  sim: &sim
    flow: sim
    flow_options:
      tool: verilator
      mode: binary
      verilator_options: [--timing, -CFLAGS, -std=c++20]
    filesets: [rtl, bench]
    toplevel: {name}_tb
  icarus:
    <<: *sim
    flow_options:
      tool: icarus
      iverilog_options: [-g2012]
"""


def text(delivery: Delivery) -> str:
    """Targets that lint it, and run its test bench in Verilator or Icarus."""
    return _TEXT.format(
        name=delivery.name, summary=delivery.core.interface.summary,
        sources=", ".join(delivery.sources),
    )  # fmt: skip


PART = Part(suffix=".core", what="the core for FuseSoC: targets `lint`, `sim` and `icarus`",
            text=text)
