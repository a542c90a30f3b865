"""Cores by hw.build: what is refused, and what is in the folder, also beside a board's build."""

import re
from pathlib import Path

import pytest

from hw import build
from hw.core_options import RESERVED, identifier
from model.checkpoint import save
from model.refusal import Refusal
from sim.random_networks import random_checkpoint

PAGE = Path(__file__).resolve().parents[2] / "docs" / "refusals.md"
AXIS = ("--interface", "axis")

REFUSED = {
    "no name": AXIS,
    "no module's name": (*AXIS, "--top", "2nd"),
    "a word of Verilog": (*AXIS, "--top", "module"),
    "a word of VHDL": (*AXIS, "--top", "Entity"),
    "a name without a core": ("--top", "digits"),
    "registers without a core": ("--registers", "axilite"),
    "cells without a core": ("--cells", "plain"),
    "a later step": (*AXIS, "--top", "digits", "--stop-after", "place"),
    "an exploration": (*AXIS, "--top", "digits", "--explore"),
    "a netlist": (*AXIS, "--top", "digits", "--simulate-netlist", "3"),
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("core") / "net.pt"
    save(random_checkpoint(3), path)
    return path


def rows() -> list[re.Pattern[str]]:
    """A pattern for each row of the page's table of a core: what is said, and what to do."""
    text = PAGE.read_text()
    table = text[text.index("## What a core refuses"):]
    found = re.findall(r"^\| [^|]+ \| `([^|]+)` \| `([^|]+)` \|$", table, re.MULTILINE)
    return [re.compile(re.sub(r"<\w+>", ".+", re.escape(f"error: {said}; {change}")) + "\n")
            for said, change in found]


def said(checkpoint: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    out = checkpoint.parent / "out"
    given = ["--checkpoint", str(checkpoint), "--board", "ulx3s", "--out", str(out)]
    try:
        status = build.main([*given, *words])
    except SystemExit as end:
        status = int(end.code or 0)
    assert status == 2
    assert not out.exists()
    return capsys.readouterr().err


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_said_is_one_row_of_the_page(
    case: str, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(checkpoint, REFUSED[case], capsys)
    assert [bool(row.fullmatch(told)) for row in rows()].count(True) == 1, told


def test_every_row_of_the_page_is_said(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = [said(checkpoint, words, capsys) for words in REFUSED.values()]
    assert rows() and [row for row in rows() if not any(map(row.fullmatch, told))] == []


@pytest.mark.parametrize("name", ["a", "Net_2", "x" * 63])
def test_a_name_is_taken_as_it_is(name: str) -> None:
    assert identifier(name) == name


@pytest.mark.parametrize("name", ["", "_a", "a-b", "a.b", "a b", "ä", "x" * 64, "TOP", "Signal"])
def test_another_is_refused(name: str) -> None:
    with pytest.raises(Refusal, match="--top"):
        identifier(name)


def test_reserved_words_are_whole_words() -> None:
    assert {"module", "endmodule", "logic", "entity", "wire"} <= RESERVED
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", word) for word in RESERVED)


def test_a_core_and_a_board_take_turns_in_a_folder(checkpoint: Path, tmp_path: Path) -> None:
    """What the other one left is deleted, and all that a core has is in its folder and README."""
    out = tmp_path / "out"
    given = ["--checkpoint", str(checkpoint), "--board", "ulx3s", "--variant", "12F", "--fill",
             "0.06", "--stop-after", "verilog", "--out", str(out)]  # fmt: skip
    core = [*given, "--interface", "axis", "--top", "digits"]
    assert build.main([*core, "--cells", "family"]) == 0
    names = {path.name for path in (out / "core").iterdir()}
    suffixes = {".v", "_cells.v", ".core", ".json", ".md", ".sdc", "_tb.v"}
    assert names == {f"digits{suffix}" for suffix in suffixes}
    readme = (out / "README.md").read_text()
    assert all(f"- `core/{name}`: " in readme for name in names)
    assert not (out / "design.v").exists()
    assert build.main(core) == 0
    assert not (out / "core" / "digits_cells.v").exists()
    assert "LUT4" not in (out / "core" / "digits.v").read_text()
    assert build.main(given) == 0
    assert (out / "design.v").exists() and not (out / "core").exists()
