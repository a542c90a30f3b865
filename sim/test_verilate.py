"""The cache of compiled designs: once for each text, never half made, for many processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from hw.cores.register import Register
from hw.emit.tools import Failure
from hw.emit.verilog import emit
from sim import beats
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
    """An empty cache, but for the runtime library."""
    kept = build(emit(Register(1))).executable.parents[1]
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
    (tmp_path / "design.v").write_text(emit(Register(3)))
    command = [sys.executable, "-c", BUILD, str(tmp_path / "design.v")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    paths = {process.communicate()[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert paths == {str(designs(cache)[0] / "model")}
    assert len(designs(cache)) == 1


def test_other_public_signals_are_another_model(cache: Path) -> None:
    verilog = emit(Register(2))
    models = [build(verilog), build(verilog, public=[("top", "spare")])]
    assert models[0].executable != models[1].executable
    request = Request(beats=beats.pack([1, 2, 3], 2), expect=3, seed=5)
    for model in models:
        assert beats.unpack(play(model, request).received.beats) == [1, 2, 3]


def test_an_unknown_signal_is_named(cache: Path) -> None:
    request = Request(beats=beats.pack([1], 2), expect=1, toggles=["top/absent"])
    with pytest.raises(Exception, match="no public signal absent in top"):
        play(build(emit(Register(2))), request)
