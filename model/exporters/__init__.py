"""Exporters of checkpoints to formats of other programs: a module for each format."""
