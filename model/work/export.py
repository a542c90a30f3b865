"""The work of model.export: a checkpoint as a file of another format."""

import argparse
from importlib import import_module

from model.checkpoint import load
from model.exporters.catalogue import EXPORTERS
from model.refusal import Refusal


def run(given: argparse.Namespace) -> int:
    """Export as the arguments say; returns the exit status."""
    checkpoint = load(given.checkpoint)
    try:
        import_module(EXPORTERS[given.form]).write(checkpoint, given.out)
    except Refusal as refusal:
        raise Refusal(f"{given.checkpoint}: {refusal}") from None
    layers = len(checkpoint.arch["layers"])
    print(f"{given.out}: {layers} layers, {len(checkpoint.classes)} scores")
    return 0
