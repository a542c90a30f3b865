"""Fuzzing: every parser under mutated files, which it must accept or refuse by one rule."""
