"""Modules that cocotb imports inside the simulator."""
