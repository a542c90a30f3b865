"""Commands that stand in documents: each is read by its own command line, and run where it can be.

A block of commands is run in order in a folder of its own, as a reader would, with small inputs
under the names that documents use. What is only read has its reason in ``READ``.
"""

import argparse
import importlib
import os
import re
import runpy
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from documents_inputs import put
from documents_pages import PAGES, ROOT, Block, Typed, blocks, typed
from torch.distributed.run import get_args_parser

READ = (
    (r" --port /dev/", "needs a board"),
    (r"^pip install ", "installs from where packages are published"),
    (r"^python examples/litex/", "sim/test_litex.py makes the core that it reads"),
    (r"^fusesoc ", "sim/test_core.py makes the core that it runs"),
    (r"^purelogic sweep ", "a build for each row; tests/commands/test_commands_sweep.py sweeps"),
    (r"^purelogic report build/", "tests/commands/test_commands_report.py makes the folder"),
    (r"^purelogic program [^ ]+$", "needs a board"),
    (r"^purelogic data ", "fetches from where data sets are published"),
    (r"^make ", "hours, or these tests themselves"),
    (r"^pytest ", "these tests themselves"),
    (r"^torchrun ", "eight processes; tests/model/test_model_processes.py runs two"),
    (r"^python -m benchmarks\.", "minutes to days, by make bench and make verify"),
    (r"^python -m MODULE$|^purelogic NAME$|^purelogic data NAME ", "stands for every command"),
    (r" --resume$", "an interrupted run; tests/model/test_model_training.py goes on with one"),
    (r" --device cuda ", "needs a GPU"),
    (r" --from ", "files of others; pytest tests/model -k convert reads such"),
    (r"^purelogic plot bnn\.pt bnn-dl\.pt ", "two runs; tests/model/test_model_plot.py draws such"),
    (r"^python -m purelogic\.document$", "tests/purelogic compares the page that it prints"),
    (r"^chromium ", "a browser, which tests do without"),
    (r"^python -m http\.server", "serves until it is stopped"),
)
"""Patterns of commands that are read and not run, each with the reason."""

LONG = re.compile(r" (build|sim|run|program) |hw\.build|sim\.run| (vgg|mnist) .*--out |PICTURES")
"""Commands that take longer than a few seconds, even with small inputs."""

EVERY = list({str(each): each for page in PAGES for each in typed(page)}.values())


class Read(BaseException):
    """A command line that was read, and goes no further."""


def ran(line: str) -> bool:
    """True if a command is run and not only read."""
    return not any(re.search(pattern, line) for pattern, _ in READ)


def call(words: Sequence[str]) -> int:
    """Run a command of this program in this process."""
    if words[0] == "purelogic":
        return int(importlib.import_module("purelogic.__main__").main(words[1:]))
    if words[1].endswith(".py"):
        path = ROOT / words[1]
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(path.parent)
            return int(runpy.run_path(str(path))["main"](words[2:]))
    assert list(words[:2]) == ["python", "-m"], words
    module = importlib.import_module(words[2])
    if hasattr(module, "__path__"):
        module = importlib.import_module(f"{words[2]}.__main__")
    return int(module.main(words[3:]))


def read(command: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command's own parser read it; `SystemExit` if that refuses."""
    parse = argparse.ArgumentParser.parse_args

    def parsed(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
        if not command.whole:
            for each in (*parser._actions, *parser._mutually_exclusive_groups):
                each.required = False
        parse(parser, words)
        raise Read

    words = command.words
    if words[0] == "torchrun":
        behind = words.index("-m") if "-m" in words else len(words)
        get_args_parser().parse_args([*words[1:behind], "-m", "model.train"])
        words = ["python", *(words[behind:] or ["-m", "model.train"])]
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parsed)
    with pytest.raises(Read):
        call(words)


def complete(command: Typed) -> bool:
    """True if a command in a line of text is a whole one, which can be run as it stands."""
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(StringIO()):
        try:
            read(replace(command, whole=True), patch)
        except SystemExit:
            return False
    return True


BLOCKS = [block for page in PAGES for block in blocks(page) if block.commands]
LINES = [Block(each.page, "bash", each.line, number) for number, each in enumerate(EVERY)
         if not each.whole and each.page.parent.name != "benchmarks" and ran(each.line)
         and complete(each)]  # fmt: skip
"""Commands in lines of text and in tables, but for those by which benchmarks were measured."""

RUN = [*BLOCKS, *LINES]


@pytest.mark.parametrize("command", EVERY, ids=str)
def test_every_command_is_one_that_its_program_takes(
    command: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, *others = command.words
    match program:
        case "make":
            subprocess.run(["make", "-n", *others], cwd=ROOT, check=True, capture_output=True)
        case "pytest":
            paths = [word for word in others if "/" in word or word == "sim"]
            assert paths and [path for path in paths if not (ROOT / path).exists()] == []
        case "python" if others == ["-m", "purelogic.document"]:
            assert importlib.import_module("purelogic.document")
        case "python" if others[0].startswith("examples/litex/"):
            assert (ROOT / others[0]).is_file() and len(others) == 3
        case "pip":
            assert others[0] == "install"
        case "fusesoc":
            assert "run" in others and others[-1] == "digits"
        case "chromium":
            assert not re.search(r"https?:", command.line)
        case "python" if others[:2] == ["-m", "http.server"]:
            assert importlib.import_module("http.server")
        case _ if re.search(r"^python -m MODULE$|^purelogic NAME$|^purelogic data NAME ",
                            command.line):
            assert command.page.name in ("commands.md", "training.md")
        case _:
            read(command, monkeypatch)


@pytest.mark.parametrize("line", [
    "purelogic build --checkpoint net.pt --board ulx3s --stop-at plan",
    "purelogic train --method none --arch small --data mnist --out net.pt",
    "python -m model.evaluate --checkpoint net.pt", "purelogic bild net.pt",
    "python -m benchmarks.results --rates cnv-85f",
])
def test_a_command_that_is_no_longer_one_is_found(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit):
        read(Typed(ROOT / "README.md", line, True), monkeypatch)


def test_every_reason_not_to_run_a_command_is_one_of_some_command() -> None:
    assert len(LINES) > 5
    idle = [pattern for pattern, _ in READ
            if not any(re.search(pattern, each.line) for each in EVERY)]
    assert EVERY and idle == []


@pytest.mark.parametrize("block", [each for each in RUN if any(
    ran(line) and not LONG.search(line) for line in each.typed)], ids=lambda each: each.name)
def test_quick_commands_do_what_they_say(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(block, [line for line in block.typed if not LONG.search(line)], tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("block", [each for each in RUN if any(
    ran(line) and LONG.search(line) for line in each.typed)], ids=lambda each: each.name)
def test_every_command_that_needs_no_others_does_what_it_says(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(block, block.typed, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_tutorial_goes_from_its_first_command_to_its_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (data := os.environ.get("PURELOGIC_DATA")):
        pytest.skip("PURELOGIC_DATA names no folder of data sets")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "D").symlink_to(Path(data).resolve())
    for block in blocks(ROOT / "docs/tutorial.md"):
        if block.commands:
            for line in filter(ran, block.typed):
                assert call(Typed(block.page, line, True).words) == 0, line
    assert (tmp_path / "build/digits-ulx3s/design.bit").is_file()


def run(
    block: Block, lines: Sequence[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run the commands of a block, in order, in a folder with the inputs that they name."""
    monkeypatch.chdir(folder)
    put(folder, block.text)
    for line in filter(ran, lines):
        words = Typed(block.page, line, True).words
        _forget(words)
        assert call(words) == 0, line


def _forget(words: Sequence[str]) -> None:
    """Remove what a command makes, which a reader does not have yet."""
    name = words[1] if words[0] == "purelogic" else words[2].rpartition(".")[2]
    if name == "quantise":
        Path([word for word in words if word.endswith(".pt")][1]).unlink(missing_ok=True)
    if name == "train" and "--resume" not in words:
        made = Path(words[words.index("--out") + 1])
        for path in made.parent.glob(f"{made.stem}.*"):
            path.unlink()
