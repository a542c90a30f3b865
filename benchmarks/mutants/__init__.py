"""Mutants: single faults planted in the source, and which test notices each."""
