"""Integers only: fold, the typed layers, the golden reference."""
