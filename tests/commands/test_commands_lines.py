"""Command lines: read without torch, and with every default, choice and example in their help."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from purelogic.commands import COMMANDS, command

ROOT = Path(__file__).resolve().parents[2]

LIGHT = ("numpy", "filelock", "platformdirs")
"""Packages that reading a command line may import: together they take a tenth of a second."""

PROGRAM = """
import sys

class Closed:
    "The way to every package but those that are light."

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in known:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

known = {*sys.stdlib_module_names, *sys.argv[2].split(","), "model", "hw", "sim", "boards",
         "purelogic"}
sys.meta_path.insert(0, Closed())
from importlib import import_module
main = import_module(sys.argv[1]).main
for line in sys.argv[3:]:
    try:
        status = main(line.split())
    except SystemExit as left:
        status = left.code
    print("status", status)
    sys.stdout.flush()
"""


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "completion"])
def test_help_a_wrong_option_and_a_missing_file_need_no_torch(name: str, tmp_path: Path) -> None:
    # What fetches a set reads no file.
    examples = () if name == "data" else command(name).examples
    boards = [f"{examples[0]} --board none"] if "--board" in command(name).parser().format_help() \
        else []
    lines = ["--help", "--nonsense", *boards, *examples]
    words = [sys.executable, "-c", PROGRAM, COMMANDS[name], ",".join(LIGHT), *lines]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path,
                          env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("status ")]
    assert told == ["status 0", *["status 2"] * (len(lines) - 1)]
    wrong, *missing = done.stderr.splitlines()
    assert "--nonsense" in wrong or "required" in wrong
    for _ in boards:
        assert missing.pop(0).startswith("error: board 'none' is not known; choose one of: ulx3s")
    assert len(missing) == len(examples)
    assert [line for line in missing if ": no such f" not in line] == []
    assert not list(tmp_path.iterdir())


def test_a_heavy_package_would_be_seen(tmp_path: Path) -> None:
    words = [sys.executable, "-c", PROGRAM, "model.work.evaluate", ",".join(LIGHT), "--help"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path,
                          env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 1 and "No module named 'torch'" in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_every_default_and_every_choice(name: str) -> None:
    parser = command(name).parser()
    formatter = parser._get_formatter()
    for action in parser._actions:
        said = " ".join(formatter._format_action(action).split())
        assert action.help, action.dest
        for choice in action.choices or ():
            assert str(choice) in said
        if not action.option_strings or action.required or (action.nargs == 0 \
                and not isinstance(action, argparse.BooleanOptionalAction)):
            continue
        assert "default" in said, action.dest
        if action.default not in (None, "", True, False) and not isinstance(action.default, Path):
            assert f"{action.default:g}" in said.replace(",", "") \
                if isinstance(action.default, float) else str(action.default) in said


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_examples_that_can_be_typed(name: str) -> None:
    found = command(name)
    parser = found.parser("purelogic it")
    said = parser.format_help()
    assert found.examples
    for example in found.examples:
        assert f"  purelogic it {example}\n" in said
        parser.parse_args(example.partition(" > ")[0].split())
