"""``python -m purelogic.document``: prints docs/commands.md, of the table of all commands."""

from model.command import PROG
from purelogic.commands import COMMANDS, command

HEAD = f"""# Commands

Every command has two names: `{PROG} NAME`, which pip installs, and the module, `python -m MODULE`,
for a tree that is not installed. Both run the same function; options, output and exit status are
the same. `--help` says every option with its default and choices. Reading a command line needs no
PyTorch, so that help, a wrong option or a mistyped file is answered at once.

This page is printed by `python -m purelogic.document`.

| command | module | what it does |
|---|---|---|
"""

TAIL = """
## Completion

`purelogic completion bash` prints what a shell reads to complete commands, options, choices and
files; it is made by [shtab](https://docs.iterative.ai/shtab/). Write it again after an upgrade.

```
purelogic completion bash > ~/.local/share/bash-completion/completions/purelogic
purelogic completion zsh > ~/.zfunc/_purelogic    # in ~/.zshrc: fpath=(~/.zfunc $fpath)
```
"""


def page() -> str:
    """The text of docs/commands.md."""
    rows = [f"| `{PROG} {name}` | `{module}` | {command(name).summary} |"
            for name, module in COMMANDS.items()]
    examples = [f"### {name}\n\n```\n"
                + "\n".join(f"{PROG} {name} {example}" for example in command(name).examples)
                + "\n```\n" for name in COMMANDS if name != "completion"]
    return HEAD + "\n".join(rows) + "\n" + TAIL + "\n## Examples\n\n" + "\n".join(examples)


if __name__ == "__main__":
    print(page(), end="")
