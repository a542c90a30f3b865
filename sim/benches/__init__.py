"""Benches: modules that cocotb imports inside the simulator."""
