"""From a top to a bitstream: Verilog, synthesis, placement, proofs of cells, and the report."""
