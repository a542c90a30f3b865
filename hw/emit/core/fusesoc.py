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
    default_tool: verilator
    filesets: [rtl]
    toplevel: {name}
    tools:
      verilator:
        mode: lint-only
        verilator_options: [-Wall]
  sim:
    default_tool: verilator
    filesets: [rtl, bench]
    toplevel: {name}_tb
    tools:
      verilator:
        mode: binary
        verilator_options: [--timing]
      icarus:
        iverilog_options: [-g2012]
  synth:
    default_tool: yosys
    filesets: [rtl, constraints]
    toplevel: {name}
    tools:
      yosys:
        arch: xilinx
"""


def text(delivery: Delivery) -> str:
    """Targets that lint, simulate and synthesise it."""
    return _TEXT.format(
        name=delivery.name, summary=delivery.core.interface.summary,
        sources=", ".join(delivery.sources),
    )  # fmt: skip


PART = Part(suffix=".core", what="the core for FuseSoC: targets `lint`, `sim` and `synth`",
            text=text)
