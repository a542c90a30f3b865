"""The cache of compiled designs: each is compiled once, is complete, and serves many processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hw.cores.stream.skid import SkidBuffer
from hw.emit.tools import Failure
from hw.emit.verilog import emit
from model.refusal import Refusal
from sim import beats, verilate
from sim.player import Request, play
from sim.verilate import build

BUILD = """
import sys
from pathlib import Path
from sim.verilate import build
print(build(Path(sys.argv[1]).read_text()).executable)
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that is empty except for the runtime library."""
    kept = build(emit(SkidBuffer(1))).executable.parents[1]
    monkeypatch.setenv("PURELOGIC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    for runtime in kept.glob("runtime-*"):
        if runtime.is_dir():
            (tmp_path / "cache" / runtime.name).symlink_to(runtime)
    return tmp_path / "cache"


def designs(cache: Path) -> list[Path]:
    return [path for path in cache.iterdir() if path.is_dir() and not path.is_symlink()]


def test_a_design_that_is_not_verilog_leaves_nothing(cache: Path) -> None:
    with pytest.raises(Failure, match="syntax error"):
        build("module top(clk); input clk; nonsense\nendmodule")
    assert designs(cache) == []


def test_two_processes_compile_a_design_once(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "design.v").write_text(emit(SkidBuffer(3)))
    command = [sys.executable, "-c", BUILD, str(tmp_path / "design.v")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    paths = {process.communicate()[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert paths == {str(designs(cache)[0] / "model")}
    assert len(designs(cache)) == 1


def test_other_public_signals_are_another_model(cache: Path) -> None:
    verilog = emit(SkidBuffer(2))
    models = [build(verilog), build(verilog, public=[("top", "spare")])]
    assert models[0].executable != models[1].executable
    request = Request(beats=beats.pack([1, 2, 3], 2), expect=3, seed=5)
    for model in models:
        assert beats.unpack(play(model, request).received.beats) == [1, 2, 3]


def test_an_unknown_signal_is_named(cache: Path) -> None:
    request = Request(beats=beats.pack([1], 2), expect=1, toggles=["top/absent"])
    with pytest.raises(Exception, match="no public signal absent in top"):
        play(build(emit(SkidBuffer(2))), request)


def test_the_cache_may_be_called_anything(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "a \"b\" 'c' $(d) \\ ü [x]"
    odd.mkdir()
    for runtime in cache.glob("runtime-*"):
        (odd / runtime.name).symlink_to(runtime)
    monkeypatch.setenv("PURELOGIC_CACHE", str(odd))
    request = Request(beats=beats.pack([1, 2, 3], 4), expect=3)
    model = build(emit(SkidBuffer(4)))
    assert beats.unpack(play(model, request).received.beats) == [1, 2, 3]
    assert odd in model.executable.parents


def test_what_was_not_used_for_longest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path
    names = [f"{number:024x}" for number in range(4)]
    for age, name in enumerate(names):
        (cache / name).mkdir()
        (cache / name / "model").write_bytes(bytes(1000))
        used = time.time() - 10_000 * (age + 1)
        os.utime(cache / name, (used, used))
    unfinished = cache / f"{names[0]}.abcd"
    unfinished.mkdir()
    os.utime(unfinished, (0, 0))
    monkeypatch.setattr(verilate, "LIMIT", 2500)
    verilate._limit(cache)
    assert {path.name for path in designs(cache)} == set(names[:2])


@pytest.mark.parametrize(
    ("compiler", "told"),
    [
        ("echo broken >&2; exit 3", "--version ended with status 3: broken"),
        ("exit 0", "--version ended with status 0"),
        ('[ "$1" = --version ] && echo fake || { echo "x.cpp:1: error: no"; exit 1; }',
         "ended with status 1: x.cpp:1: error: no"),
    ],
    ids=["broken", "silent", "refuses"],
)  # fmt: skip
def test_a_compiler_that_fails_is_told_in_a_line(
    compiler: str, told: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "c++"
    script.write_text(f"#!/bin/sh\n{compiler}\n")
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))
    verilate.tools.cache_clear()
    try:
        with pytest.raises((Refusal, Failure)) as refused:
            build(emit(SkidBuffer(2)))
    finally:
        verilate.tools.cache_clear()
    assert told in str(refused.value) and "\n" not in str(refused.value)
    assert designs(cache) == []


def test_a_cache_that_cannot_be_written_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PURELOGIC_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(Refusal, match=r"file/cache.*in the variable PURELOGIC_CACHE"):
        build(emit(SkidBuffer(1)))


def test_the_cache_is_the_user_s_wherever_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PURELOGIC_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert verilate.cache_directory().name == "purelogic"
    assert Path.cwd() not in verilate.cache_directory().parents
