"""How netlists of the known families simulate: a module for each, which defines FABRIC, and beside
it the Verilog of cells for which yosys has no model."""
