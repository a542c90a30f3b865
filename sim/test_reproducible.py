"""A build's files do not depend on where, when and by whom they are made."""

from pathlib import Path

from benchmarks.reproducible import MADE, built, compared, surroundings


def test_two_surroundings_make_the_same_bitstream(tmp_path: Path) -> None:
    equal = compared(*(built(each, "icebreaker") for each in surroundings(tmp_path)))
    assert [name for name, same in equal.items() if not same] == []
    assert {*MADE, "design.bin"} <= {*equal}


def test_a_file_that_differs_or_is_missing_is_told(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "same").write_text("x")
        (folder / "report.json").write_text(str(folder))
        (folder / "design.bit").write_text(str(folder))
    (one / "alone").write_text("x")
    assert compared(one, other) == {"same": True, "design.bit": False, "alone": False}
