"""Mutation testing: single faults planted in the source, and the test that notices each.

The faults are made here, from Python's syntax tree, as neither maintained library is sufficient:
mutmut 3 mutates functions alone, and tests in the mutated process, whereas commands in processes of
their own, and steps whose key has the source's text, see the program without the fault; cosmic-ray
has one test command for all faults, and identifies a fault by its number in a file, so that
verdicts are lost with a change in any line before it. Neither swaps operands, drops statements or
mutates Verilog in strings.
"""
