"""Parsers under mutated files: the rule holds, what once broke it is tried again, and it can."""

import json
import random
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from benchmarks.fuzz.__main__ import FOUND, ROOT
from benchmarks.fuzz.mutation import changed
from benchmarks.fuzz.target import Other, Target, packed, unpacked
from benchmarks.fuzz.trial import tried
from model.refusal import Refusal

COUNT = {"checkpoint": 40, "bnn-pynq": 10, "xnor-net": 60, "qonnx": 100, "driver": 60}
"""Inputs where not 300, since one takes longer."""

SESSION = """
import sys, tempfile
from pathlib import Path
import torch
from benchmarks.fuzz.__main__ import Session
torch.set_num_threads(1)
counts = {counts}
for name, count in counts.items():
    with tempfile.TemporaryDirectory() as folder:
        session = Session(name, Path(folder) / "input", Path({found!r}))
        session.plain(count, seed=1)
        print(session, flush=True)
"""
"""In a process of its own: a library that crashes ends it."""

NAMES = ("checkpoint", "state", "network", "plan", "array", "mnist", "cifar", "cifar-pickled",
         "svhn", "qonnx", "bnn-pynq", "xnor-net", "frames", "driver")  # fmt: skip


def test_the_rule_holds_for_mutated_files_of_every_parser(tmp_path: Path) -> None:
    from benchmarks.fuzz.targets import TARGETS

    assert tuple(TARGETS) == NAMES
    counts = {name: COUNT.get(name, 300) for name in NAMES}
    done = subprocess.run(
        [sys.executable, "-c", SESSION.format(counts=counts, found=str(tmp_path))], cwd=ROOT,
        capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.endswith(" 0 faults")] == []
    assert len(lines) == len(NAMES) and done.returncode == 0, done.stderr[-2000:]
    for line in lines:
        # Neither only valid files nor only rubbish.
        assert " 0 taken" not in line, line
        assert " 0 refused" not in line or line.startswith("frames"), line


@pytest.mark.parametrize("path", sorted(FOUND.glob("*/*")), ids=lambda path: path.name)
def test_what_broke_the_rule_once_does_no_more(path: Path, tmp_path: Path) -> None:
    from benchmarks.fuzz.targets import TARGETS

    files = unpacked(path.read_bytes())
    assert files
    assert tried(TARGETS[path.parent.name], files, tmp_path / "input").broken == ""


@pytest.mark.parametrize("name", ["svhn", "mnist", "qonnx", "network"])
def test_any_beginning_of_a_file_can_be_mutated_within(name: str) -> None:
    from benchmarks.fuzz import inside
    from benchmarks.fuzz.targets import TARGETS

    ways = (inside.archive, inside.gzipped, inside.matlab, inside.onnx_model)
    for content in TARGETS[name].seeds()[0].values():
        for length in (*range(0, 200, 3), len(content) // 2, len(content) - 1):
            for way in ways:
                way(content[:length], lambda part: part[::-1])


def raising(error: Exception):
    def read(folder: Path) -> None:
        raise error

    return read


def crash(folder: Path) -> None:
    json.loads((folder / "x").read_bytes())


def warn(folder: Path) -> None:
    warnings.warn("an old file", stacklevel=1)
    raise Refusal("no")


def grow(folder: Path) -> None:
    bytearray(3 << 30)[::4096]
    raise Refusal("no")


@pytest.mark.parametrize(("read", "broken"), [
    (lambda folder: None, ""),
    (raising(Refusal("x.npy: no array; write one")), ""),
    (raising(OSError("expected here")), ""),
    (crash, "JSONDecodeError at"),
    (raising(Refusal("two\nlines")), "not a line of text"),
    (raising(Refusal("\x1b[2J")), "not a line of text"),
    (raising(Refusal("x" * 3000)), "a line of 3,000 characters"),
    (raising(Other("another network")), "taken for something else: another network"),
    (warn, "warns: an old file"),
    (lambda folder: time.sleep(60), "more than 0.2 s"),
    (grow, "MiB"),
])  # fmt: skip
def test_a_parser_that_breaks_the_rule_is_seen(read, broken, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.fuzz.trial.SECONDS", 0.2 if "0.2" in broken else 10)
    target = Target(name="x", seeds=list, read=read, refusals=(OSError,))
    found = tried(target, {"x": b"no json"}, tmp_path / "input").broken
    assert broken in found and bool(broken) == bool(found)


def test_inputs_are_packed_and_unpacked() -> None:
    files = {"a": b"", "b.bin": bytes(range(256))}
    assert unpacked(packed(files)) == files
    for other in (b"x", b"3:ab,", b"1:a,", b"1:/,0:,", b"9999999999:a,"):
        assert unpacked(other) is None


def test_mutations_differ_and_are_repeated_by_their_seed() -> None:
    content = bytes(range(64))
    made = [changed(content, random.Random(seed)) for seed in range(200)]
    assert made == [changed(content, random.Random(seed)) for seed in range(200)]
    assert len(set(made)) > 150
