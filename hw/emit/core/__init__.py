"""The files beside the Verilog of a core, a kind each."""
