"""The work of purelogic.completion: a shell's completion, made of the parsers of all commands."""

import argparse

from model.options import File
from model.refusal import Refusal
from purelogic.commands import parser


def run(given: argparse.Namespace) -> int:
    """Print the completion for the shell that is given; returns the exit status."""
    print(completion(given.shell))
    return 0


def completion(shell: str) -> str:
    """The completion for a shell, of all commands, options, choices, and of files and folders.

    Raises
    ------
    Refusal
        shtab is not installed.
    """
    try:
        import shtab
    except ImportError:
        raise Refusal("shtab is not installed; get it with: pip install shtab") from None
    whole = parser()
    for each in _parsers(whole):
        for action in each._actions:
            if isinstance(action.type, File) or action.metavar in ("DIR", "SRC", "RUN", "OUT"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(whole, shell=shell))


def _parsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """A parser, and those of its commands."""
    found = [parser]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += action.choices.values()
    return found
