"""Faults that can be planted, which tests should notice them, and a verdict on two of them."""

import ast
import tomllib
from pathlib import Path

import pytest

from benchmarks.builds import ROOT
from benchmarks.mutants import kept
from benchmarks.mutants.__main__ import drawn, possible
from benchmarks.mutants.fault import ROOMS, Fault, room_of
from benchmarks.mutants.noticing import Noticing
from benchmarks.mutants.operators import faults
from benchmarks.mutants.page import section
from benchmarks.mutants.trial import Trials

PLANTED = {
    "comparison, its border and its opposite": ("if a < b:\n    f()", "compare",
                                                ["if (a <= b):", "if (a >= b):"]),
    "equality": ("x = a == b", "compare", ["x = (a != b)"]),
    "arithmetic": ("x = a // b", "operator", ["x = (a * b)"]),
    "operands": ("x = a - b", "swapped", ["x = (b - a)"]),
    "arguments": ("x = f(a, b)", "swapped", ["x = f(b, a)"]),
    "and": ("x = a and b", "condition", ["x = (a or b)"]),
    "one of two conditions": ("x = a and b", "dropped condition", ["x = b", "x = a"]),
    "a branch": ("if a:\n    f()", "inverted", ["if (not a):"]),
    "an enable": ("with m.If(a & b):\n    pass", "inverted", ["with m.If(~(a & b)):"]),
    "an enable that is always": ("with m.If(a):\n    pass", "dropped condition", ["with m.If(1):"]),
    "a complement": ("x = ~a", "inverted", ["x = a"]),
    "a whole number": ("x = 7", "constant", ["x = 8", "x = 6"]),
    "a truth": ("x = True", "constant", ["x = False"]),
    "a call": ("x = min(a, b)", "call", ["x = max(a, b)"]),
    "a clock domain": ("m.d.sync += a", "domain", ["m.d.comb += a"]),
    "one of two assignments": ("m.d.sync += [a, b]", "dropped statement",
                               ["pass", "m.d.sync += [b]", "m.d.sync += [a]"]),
    "a refusal": ("def f():\n    raise ValueError(3)", "dropped statement", ["pass"]),
    "an assignment": ("a.b = c", "dropped statement", ["pass"]),
    "an enable in Verilog": ('x = f"always @(posedge clk) if (a) {b} <= 1;"', "inverted",
                             ['x = f"always @(posedge clk) if (!a) {b} <= 1;"']),
    "an operator in Verilog": ('x = "assign a = b & c;"', "operator", ['x = "assign a = b | c;"']),
}  # fmt: skip
"""A line, a kind, and what that kind makes of it."""

LEFT_ALONE = {
    "a docstring": '"""Two 2s, and assign a = b & c;"""',
    "an annotation": "x: tuple[1, 2]",
    "what an error says": "def f():\n    raise ValueError(f'{a + 1} of 3')",
    "a check of lengths": "x = zip(strict=True)",
    "what ends a process": "os.kill(a - 1, 9)",
    "an import": "import a",
    "a text": "x = 'a & b'",
}

SOURCE = """
def most(numbers):
    found = 0
    for number in numbers:
        if number > found:
            found = number
    return found
"""

TEST = """
from hw.plan.most import most


def test_most():
    assert most([1, 3, 2]) == 3
"""


@pytest.mark.parametrize("name", PLANTED)
def test_a_fault_is_planted_in(name: str) -> None:
    source, kind, wanted = PLANTED[name]
    found = [one for one in faults("hw/x.py", source.encode()) if one.kind == kind]
    assert sorted(one.mutated for one in found) == sorted(wanted)
    for one in found:
        ast.parse(one.planted(source.encode()))


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_no_fault_is_planted_in(name: str) -> None:
    found = faults("hw/x.py", LEFT_ALONE[name].encode())
    assert [one.mutated for one in found if one.mutated != "pass"] == []


def test_a_key_outlives_changes_elsewhere() -> None:
    before, after = (
        {one.key: one.mutated for one in faults("hw/x.py", text.encode())}
        for text in (SOURCE, f"# A line more.\n{SOURCE}\nX = 3\n")
    )
    assert before.items() <= after.items()
    twice = faults("hw/x.py", f"{SOURCE}    return found\n".encode())
    assert len({one.key for one in twice}) == len(twice)


def test_a_draw_is_the_same_again_and_of_every_kind() -> None:
    room = possible("hw/network")
    first, again, other = ([one.key for one, _ in zip(drawn(room, seed), range(24), strict=False)]
                           for seed in (1, 1, 2))  # fmt: skip
    assert first == again != other and len(set(first)) == 24
    assert {one.kind for one, _ in zip(drawn(room, 1), range(24), strict=False)} >= {
        "compare", "constant", "swapped", "dropped statement", "dropped condition", "inverted"}


def test_the_nearest_tests_come_first() -> None:
    noticing = Noticing(ROOT, {})
    assert noticing.tests("hw/plan/entry.py")[0] == "tests/plan/test_plan_entry.py"
    assert noticing.tests("hw/cores/link/packet.py")[0] == "tests/cores/link/test_link_packet.py"
    assert noticing.tests("hw/cores/pool.py")[0] == "tests/cores/test_cores_pool.py"
    assert "tests/commands/test_commands_steps.py" in noticing.tests("hw/emit/place.py")
    assert not any("tests/boards" in test for test in noticing.tests("hw/cores/mvu/leaf.py")[:9])


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """By the line that a fault leaves in a small tree: the test that noticed."""
    root = tmp_path_factory.mktemp("tree")
    for path, text in {
        "hw/__init__.py": "", "hw/plan/__init__.py": "", "hw/plan/most.py": SOURCE,
        "tests/plan/test_plan_most.py": TEST, "tests/plan/test_plan_bad.py": "def test_x():\n  1/0",
        "benchmarks/__init__.py": "", "benchmarks/mutants/__init__.py": "",
        "benchmarks/mutants/watch.py": (ROOT / "benchmarks/mutants/watch.py").read_text(),
    }.items():  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    wanted = {"if (number <= found):", "if (number >= found):", "found = 1", "pass"}
    with Trials(root, 20.0, loaded=["pytest"]) as trials:
        tests = Noticing(root, {}).tests("hw/plan/most.py")
        bad = ["tests/plan/test_plan_bad.py"]
        found = {
            one.mutated: trials.of(one, tests, [1.0] * len(tests)).noticed
            for one in faults("hw/plan/most.py", SOURCE.encode()) if one.mutated in wanted
        }  # fmt: skip
        one = faults("hw/plan/most.py", SOURCE.encode())[0]
        return found | {"bad": trials.of(one, bad, [1.0]).noticed, "tests": str(tests)}


def test_a_fault_is_noticed_and_an_equivalent_one_is_not(tried: dict[str, str]) -> None:
    assert tried["tests"] == "['tests/plan/test_plan_most.py']"
    assert tried["if (number <= found):"] == "tests/plan/test_plan_most.py::test_most"
    assert tried["if (number >= found):"] == ""  # the same number again


def test_a_test_that_fails_anyway_notices_nothing(tried: dict[str, str]) -> None:
    assert tried["bad"] == ""


def test_a_table_counts_by_room_and_gives_reasons() -> None:
    fault = Fault(file="hw/plan/x.py", function="f", kind="compare", original="a | b < `c`",
                  mutated="a | b <= `c`", start=0, end=1, text="")  # fmt: skip
    survived = kept.verdict(fault, "", False, 3, 1.5)
    killed = kept.verdict(fault, "tests/plan/test_plan_x.py::test", False, 3, 1.5)
    made = section([killed], {}, {"hw/plan": 7})
    assert "1 faults tried, of 7" in made and "none survived the tests" in made
    assert "| `hw/plan` | 7 | 1 | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 0 |" in made
    made = section([survived], {fault.key: "both are alike."}, {"hw/plan": 7})
    assert "| `hw/plan/x.py` `f` | `a \\| b < 'c'` | `a \\| b <= 'c'` | both are alike. |" in made
    assert "1 survived" in section([survived], {}, {"hw/plan": 7})


def test_every_reason_is_of_a_fault_that_there_is() -> None:
    files = {each["file"] for each in tomllib.loads(kept.REASONS.read_text())["equivalent"]}
    there = {one.key for file in files for one in faults(file, (ROOT / file).read_bytes())}
    assert set(kept.reasons()) <= there and set(map(room_of, files)) <= {*ROOMS}


def test_what_is_kept_is_read_again_and_put_in_order(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    made = [kept.verdict(one, "", False, 0, 0.0) for one in faults("hw/x.py", SOURCE.encode())]
    for one in [*reversed(made), made[0]]:
        kept.keep(one, path)
    assert kept.verdicts(path) == {one.key: one for one in made}
    kept.tidy([one.key for one in made[1:]], path)
    assert list(kept.verdicts(path)) == sorted(one.key for one in made[1:])
