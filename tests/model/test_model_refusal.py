"""A command's last line: one, whatever a name holds, and whichever of its streams are closed."""

import subprocess
import sys
from pathlib import Path

import pytest

from model.refusal import Refusal, refusing

ROOT = Path(__file__).resolve().parents[2]

COMMAND = """
import os
from model.refusal import Refusal, refusing
@refusing
def main(argv=None):
    print("a result")
    os.write(os.open("made", os.O_WRONLY | os.O_CREAT), b"whole")
    raise Refusal("no")
raise SystemExit(main([]))
"""


@pytest.mark.parametrize(("name", "shown"), [
    ("a\nb", r"a\nb"), ("a\r\nb", r"a\r\nb"), ("\x1b[2Jb", r"\x1b[2Jb"), ("a\u2028b", r"a\u2028b"),
    ("a\x85b", r"a\x85b"), ("a\tb", r"a\tb"), ("a \\ü 名 [/b]", "a \\ü 名 [/b]"),
])
def test_a_refusal_is_one_line_whatever_a_name_holds(
    name: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    @refusing
    def main(argv: object = None) -> int:
        raise Refusal(f"{name}: no such file")

    assert main([]) == 2
    assert capsys.readouterr().err == f"error: {shown}: no such file\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_changes_neither_status_nor_files(closed: str, tmp_path: Path) -> None:
    command = f"exec \"$0\" -c \"$1\" {closed}"
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, COMMAND], cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == ("" if "2>&-" in closed else "error: no\n")
    assert done.stdout == ("" if " >&-" in f" {closed}" else "a result\n")
    assert (tmp_path / "made").read_bytes() == b"whole"
