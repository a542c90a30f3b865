"""Fuzzing: mutated files for every parser, held to one rule."""
