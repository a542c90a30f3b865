"""Hostile inputs: the rule holds for every kind of them, and a command that breaks it is seen."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.hostile.__main__ import every, section, some
from benchmarks.hostile.case import Case
from benchmarks.hostile.judge import Verdict
from benchmarks.marks import between

ROOT = Path(__file__).resolve().parents[2]
EVERY = 6
"""Ratio of all inputs of a kind to those tried here; ``make verify`` tries all."""

KINDS = list(dict.fromkeys(case.kind for case in every()))

COMMANDS = {
    "refuses as it should": ("print('error: no such file', file=sys.stderr)\n    return 2", ""),
    "raises": ("raise ValueError('oh')", "traceback: ValueError: oh"),
    "succeeds": ("return 0", "status 0"),
    "says two lines": ("print('error: a\\nerror: b', file=sys.stderr)\n    return 2", "2 lines"),
    "says nothing": ("return 2", "0 lines"),
    "begins otherwise": ("print('usage: x', file=sys.stderr)\n    return 2", "1 lines"),
    "says too much": ("print('error: ' + 'x' * 3000, file=sys.stderr)\n    return 2",
                      "characters"),
    "leaves a file": ("open('left', 'w')\n    print('error: x', file=sys.stderr)\n    return 2",
                      "left ['here/left']"),
    "runs code": ("open('code-was-run', 'w')\n    return 2", "its code was run"),
    "takes memory": ("bytearray(3 << 30)[::4096]\n    print('error: x', file=sys.stderr)\n"
                     "    return 2", "MiB"),
    "dies": ("os.abort()", "status -6"),
}  # fmt: skip
"""What a command does, and what breaks by it."""

JUDGE = """
import json, sys
from benchmarks.hostile.case import Case
from benchmarks.hostile.judge import judge
verdicts = [judge(Case(kind="k", name=name, command=name, make=lambda folder: []))
            for name in sys.argv[1:]]
print(json.dumps([verdict.broken for verdict in verdicts]))
"""


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """By what a command does: what the judge finds broken."""
    folder = tmp_path_factory.mktemp("commands")
    for number, (body, _) in enumerate(COMMANDS.values()):
        text = f"import os\nimport sys\n\n\ndef main(argv):\n    {body}\n"
        (folder / f"command{number}.py").write_text(text)
    names = [f"command{number}" for number in range(len(COMMANDS))]
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, *names], cwd=ROOT, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": f"{folder}:{ROOT}"},
    )  # fmt: skip
    return dict(zip(COMMANDS, map("; ".join, json.loads(done.stdout)), strict=True))


@pytest.mark.parametrize("does", COMMANDS)
def test_the_judge_sees_a_command_that(does: str, broken: dict[str, str]) -> None:
    wanted = COMMANDS[does][1]
    assert wanted in broken[does]
    assert bool(broken[does]) == bool(wanted)


@pytest.fixture(scope="module")
def verdicts() -> list[str]:
    """The line that the command prints of each input."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.hostile", "--every", str(EVERY)], cwd=ROOT,
        capture_output=True, text=True,
    )  # fmt: skip
    *lines, last = done.stdout.splitlines()
    assert last.startswith(f"{len(some(every(), EVERY))} inputs, "), done.stderr[-2000:]
    return lines


@pytest.mark.parametrize("kind", KINDS)
def test_the_rule_holds_for_every(kind: str, verdicts: list[str]) -> None:
    mine = [line for line in verdicts if line[7:].startswith(f"{kind}: ")]
    assert len(mine) == sum(case.kind == kind for case in some(every(), EVERY)) > 0
    assert [line for line in mine if not line.startswith("ok ")] == []


def test_names_are_used_once() -> None:
    names = [(case.kind, case.name, case.command) for case in every()]
    assert len(set(names)) == len(names) > 200


def test_a_table_survives_markup_and_tells_what_broke() -> None:
    case = Case(kind="option", name="a|b [/x]", command="hw.build", make=lambda folder: [])
    one = Verdict(case=case, status=1, said="", seconds=1.5, memory=1 << 20, broken=("status 1",))
    made = section([one])
    assert r"| a\|b \[/x\] | `hw.build` | broke the rule: status 1 |" in made
    assert "1 inputs, 1 of which broke the rule" in made


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    page = "before\n<!-- x -->\nold\n<!-- end -->\nafter\n"
    assert between("x", "new\n", page) == "before\n<!-- x -->\nnew\n<!-- end -->\nafter\n"
    with pytest.raises(ValueError, match="0 marks called y"):
        between("y", "new\n", page)
