"""``python -m purelogic.completion``: prints the completion of all commands for a shell."""

from collections.abc import Sequence

from model.command import Command
from model.options import Parser

SHELLS = ("bash", "zsh", "tcsh")


def _arguments(parser: Parser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="the shell that reads it")


COMMAND = Command(
    module="purelogic.completion", document=__doc__, arguments=_arguments,
    note="Completion is by shtab, and a file that the shell reads when it starts; write it again"
    " after an upgrade.",
    examples=(
        "bash > ~/.local/share/bash-completion/completions/purelogic",
        "zsh > ~/.zfunc/_purelogic",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the completion; 0 if done, 2 if the argument is no shell or shtab is missing."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
