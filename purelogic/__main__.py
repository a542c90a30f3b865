"""``purelogic``, also ``python -m purelogic``: runs the command that its first argument names."""

import sys
from collections.abc import Sequence
from importlib import metadata

from model.command import PROG
from model.refusal import refusing
from purelogic.commands import COMMANDS, command, parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the first argument names, with the others; returns its exit status."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words and words[0] in COMMANDS:
        name, *others = words
        return command(name).main(others, prog=f"{PROG} {name}")
    return _about(words)


@refusing
def _about(argv: Sequence[str] | None = None) -> int:
    """Answer what is no command: help, the version, or a mistyped name."""
    whole = parser()
    if whole.parse_args(argv).version:
        print(f"{PROG} {metadata.version(PROG)}")
        return 0
    whole.error("a COMMAND is missing")


if __name__ == "__main__":
    raise SystemExit(main())
