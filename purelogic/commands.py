"""The commands by the names that ``purelogic`` has for them."""

from importlib import import_module

from model.command import PROG, Command
from model.options import Parser

COMMANDS = {
    "data": "model.fetch",
    "train": "model.train",
    "evaluate": "model.evaluate",
    "convert": "model.convert",
    "export": "model.export",
    "quantise": "model.quantise",
    "check": "hw.check",
    "build": "hw.build",
    "report": "hw.report",
    "sweep": "hw.sweep",
    "sim": "sim.run",
    "program": "boards.program",
    "run": "boards.run",
    "plot": "model.plot",
    "completion": "purelogic.completion",
}
"""Modules that define a ``COMMAND``; a further command is a line here."""

EXAMPLES = (
    "data mnist --data-dir DIR",
    "train --method bnn --arch small --data mnist --data-dir DIR --epochs 1 --out net.pt",
    "check --checkpoint net.pt",
    "build --checkpoint net.pt --board ulx3s",
    "sim --checkpoint net.pt --images X.npy",
    "program build/",
    "run --port /dev/ttyUSB0 --images X.npy",
)
"""From training to a board, as the help has it."""


def command(name: str) -> Command:
    """The command that ``purelogic`` calls ``name``."""
    found: Command = import_module(COMMANDS[name]).COMMAND
    return found


def parser() -> Parser:
    """The parser of ``purelogic`` with those of all its commands."""
    shown = "\n".join(["examples:", *(f"  {PROG} {example}" for example in EXAMPLES)])
    whole = Parser(
        prog=PROG, description="A trained binarized network becomes a verified FPGA bitstream.",
        epilog=f"{PROG} COMMAND --help says what a command takes. Each is also a module, such as"
               f" python -m {COMMANDS['build']}.\n\n{shown}")
    whole.add_argument("--version", action="store_true", help="print the version, and end")
    several = whole.add_subparsers(dest="name", metavar="COMMAND", title="commands")
    for name in COMMANDS:
        each = command(name)
        description, epilog = each.texts(f"{PROG} {name}")
        each.arguments(several.add_parser(
            name, help=each.summary, description=description, epilog=epilog))
    return whole
