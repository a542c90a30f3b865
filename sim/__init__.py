"""Co-simulation of the emitted Verilog with cocotb and Verilator."""

from model.interruption import from_the_start

from_the_start()
