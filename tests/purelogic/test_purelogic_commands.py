"""``purelogic``: every command by its name, as ``python -m`` runs it, of one table."""

import argparse
import importlib
import tomllib
from pathlib import Path

import pytest

from purelogic.__main__ import main
from purelogic.commands import COMMANDS, EXAMPLES, command, parser
from purelogic.document import page

ROOT = Path(__file__).resolve().parents[2]


def test_every_command_line_of_the_program_is_in_the_table() -> None:
    rooms = ("model", "hw", "sim", "boards", "purelogic")
    files = [path for room in rooms for path in (ROOT / room).glob("*.py")]
    found = {f"{path.parent.name}.{path.stem}" for path in files
             if "\nCOMMAND = Command(" in path.read_text()}
    assert set(COMMANDS.values()) == found
    assert [command(name).module for name in COMMANDS] == list(COMMANDS.values())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_work_of_a_command_can_be_imported(name: str) -> None:
    assert callable(importlib.import_module(command(name).work).run)


def test_pip_installs_the_function_that_python_m_runs() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, name = scripts["purelogic"].partition(":")
    assert getattr(importlib.import_module(module), name) is main


@pytest.mark.parametrize("name", COMMANDS)
def test_errors_have_the_name_that_was_typed(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module = importlib.import_module(COMMANDS[name])
    for run, prog in ((lambda words: main([name, *words]), f"purelogic {name}"),
                      (module.main, f"python -m {COMMANDS[name]}")):
        for words, status, stream in ((["--nonsense"], 2, "err"), (["--help"], 0, "out")):
            with pytest.raises(SystemExit) as left:
                run(words)
            said = getattr(capsys.readouterr(), stream)
            assert left.value.code == status
            assert (f"; {prog} --help says" if status else f"usage: {prog} ") in said
            assert status == 0 or said.count("\n") == 1


def test_a_refusal_has_the_status_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--checkpoint", str(tmp_path / "none.pt")]) == 2
    assert capsys.readouterr().err == (
        f"error: {tmp_path / 'none.pt'}: no such file; give a file written by model.train\n")


@pytest.mark.parametrize(("words", "told"), [
    ([], "a COMMAND is missing"), (["bild"], "invalid choice: 'bild' (choose from"),
    (["--chekpoint"], "unrecognized arguments"),
])
def test_what_is_no_command_is_one_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    said = capsys.readouterr().err
    assert left.value.code == 2 and said.startswith("error: ") and said.count("\n") == 1
    assert told in said and "; purelogic --help says what there is" in said


def test_help_has_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    for name in COMMANDS:
        assert f"{name} {command(name).summary}" in said
    for example in EXAMPLES:
        assert f"purelogic {example}" in said


def test_examples_of_the_whole_can_be_typed() -> None:
    for example in EXAMPLES:
        assert parser().parse_args(example.split()).name in COMMANDS


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"purelogic {project['version']}\n"


def test_the_page_is_that_of_the_table() -> None:
    assert (ROOT / "docs/commands.md").read_text() == page()


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_every_command_and_option(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    said = capsys.readouterr().out
    whole = parser()
    parsers = next(each.choices for each in whole._actions
                   if isinstance(each, argparse._SubParsersAction))
    for name, each in parsers.items():
        assert name in said
        for action in each._actions:
            for option in action.option_strings:
                assert (option if shell != "tcsh" else option.lstrip("-")) in said


def test_completion_without_its_library_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert capsys.readouterr().err == (
        "error: shtab is not installed; get it with: pip install shtab\n")
