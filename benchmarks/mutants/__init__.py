"""Mutants: single faults planted in the source, and which test notices each.

The faults are made here, from Python's syntax tree, as neither kept library does what is asked:
mutmut 3 mutates functions alone and tests within the mutated process, where commands in processes
of their own, and steps that are keyed by the source's text, see another program than runs;
cosmic-ray has one command of tests for all faults and knows a fault by its number in a file, so
that a verdict or a reason ends with any line before it. Neither swaps operands, drops statements or
reads the Verilog that a string holds.
"""
