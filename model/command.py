"""A command: its command line, and its work, which is imported once the command line is good."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from model.options import File, Parser
from model.refusal import refusing

PROG = "purelogic"


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command of this program, run as ``python -m ROOM.NAME`` and as ``purelogic NAME``.

    Reading a command line needs no torch, so that help and refusals come at once. What the command
    does lies in a module of its own, ``ROOM.work.NAME``, whose function ``run`` takes the arguments
    and returns the exit status. They also have ``command``, the command line as it was typed.

    Parameters
    ----------
    module : ``ROOM.NAME``, the module of the command line.
    document : docstring of that module: how it is run, a colon, and what the command does.
    arguments : function that adds the options to a parser.
    examples : arguments that people may want to type.
    note : a paragraph for the end of the help.
    check : function that refuses arguments that do not go together, or files that are missing.
        Files of the type `model.options.File` are looked for after it.
    """

    module: str
    document: str
    arguments: Callable[[Parser], None]
    examples: tuple[str, ...]
    note: str = ""
    check: Callable[[Parser, argparse.Namespace], None] | None = None

    @property
    def summary(self) -> str:
        """What the command does, in a clause."""
        return self.document.splitlines()[0].partition(": ")[2].rstrip(".")

    @property
    def work(self) -> str:
        """The module of the command's work."""
        room, _, name = self.module.rpartition(".")
        return f"{room}.work.{name}"

    def parser(self, prog: str = "") -> Parser:
        """The parser of the command line, under the name ``prog``."""
        prog = prog or f"python -m {self.module}"
        description, epilog = self.texts(prog)
        parser = Parser(prog=prog, description=description, epilog=epilog)
        self.arguments(parser)
        return parser

    def texts(self, prog: str) -> tuple[str, str]:
        """Description and epilog of the parser; the latter with the examples."""
        shown = "\n".join(["examples:", *(f"  {prog} {example}" for example in self.examples)])
        summary = self.summary
        epilog = f"{self.note}\n\n{shown}" if self.note else shown
        return f"{summary[:1].upper()}{summary[1:]}.", epilog

    def main(self, argv: Sequence[str] | None = None, prog: str = "") -> int:
        """Run the command; returns its exit status.

        Parameters
        ----------
        argv : arguments; None takes those of the process.
        prog : name for help and errors; by default that of ``python -m``.
        """

        @refusing
        def answered(argv: Sequence[str] | None = None) -> int:
            words = sys.argv[1:] if argv is None else list(argv)
            given = self._parsed(words, prog)
            return int(import_module(self.work).run(given))

        return answered(argv)

    def _parsed(self, words: list[str], prog: str) -> argparse.Namespace:
        parser = self.parser(prog)
        given = parser.parse_args(words)
        if self.check:
            self.check(parser, given)
        for action in parser._actions:
            if isinstance(action.type, File) and (path := getattr(given, action.dest)) is not None:
                action.type.check(path)
        given.command = " ".join([parser.prog, *words])
        return given
