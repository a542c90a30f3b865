"""Hostile inputs to the commands, such as break programs, and the check of their refusals."""
