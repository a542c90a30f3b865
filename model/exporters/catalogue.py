"""The exporters by their names for ``--to``."""

EXPORTERS = {"qonnx": "model.exporters.qonnx"}
"""Modules with a function ``write``, from a checkpoint and a path."""
