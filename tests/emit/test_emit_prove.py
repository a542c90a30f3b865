"""What a proof tells: a counterexample in words, and outcomes that are kept."""

from pathlib import Path

import pytest

from hw.emit.prove import Known, Outcome, _counterexample

TABLE = """
  Signal Name                 Dec           Hex               Bin
  --------------------------- ------- --------- -----------------
  \\gate_o                          5         5              0101
  \\gold_o                          6         6              0110
  \\in_a                            3         3                11
  \\in_clk                          0         0                 0
"""
LATER = """
  Time Signal Name             Dec           Hex               Bin
  ---- ------------------- ------- ------------- -----------------
     1 \\gate_o                   5             5              0101
     1 \\in_a                     3             3                11
"""


@pytest.mark.parametrize(("text", "told"), [
    (TABLE, "for a = 3 (hexadecimal) it gives o = 5 instead of 6"),
    (LATER, "it gives something else after some cycles"),
    ("nothing of the kind", "it gives something else after some cycles"),
])
def test_a_counterexample_is_told_in_words(text: str, told: str) -> None:
    assert _counterexample(text) == told


def test_what_is_decided_is_kept_and_what_took_too_long_is_not(tmp_path: Path) -> None:
    known = Known(tmp_path / "new")
    assert known.find("a") is None
    for kind in ("proved", "refuted", "undecided"):
        outcome = Outcome(kind=kind, reason="so")
        known.keep(kind, outcome)
        assert known.find(kind) == (None if kind == "undecided" else outcome)
    (tmp_path / "new" / "proved.json").write_text("{")
    assert known.find("proved") is None
