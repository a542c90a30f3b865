"""Simulation of emitted Verilog and of netlists, with Verilator and cocotb."""

from model.interruption import from_the_start

from_the_start()
