"""The precision that model.quantise gives a network where nothing else is asked for."""

BITS = 8
"""Bits of a weight."""

FRACTION = 12
"""Bits behind the point: one in 100,000 signs of a ResNet-20 then differs from real numbers'."""
