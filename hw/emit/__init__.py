"""yosys, nextpnr, bitstream, netlists, report."""
