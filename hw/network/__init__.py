"""Integers only: fold, the graph of typed nodes, the golden reference."""
