"""The table of branches: by room, without tests, and what no test takes first."""

from benchmarks.coverage import measured, section

REPORT = {"files": {
    "hw/cores/rom.py": {"summary": {"covered_branches": 3, "num_branches": 4},
                        "missing_branches": [[10, -1]]},
    "hw/steps.py": {"summary": {"covered_branches": 2, "num_branches": 2}, "missing_branches": []},
    "model/arch.py": {"summary": {"covered_branches": 0, "num_branches": 3},
                      "missing_branches": [[5, 6], [5, 8], [9, 12]]},
    "sim/test_link.py": {"summary": {"covered_branches": 0, "num_branches": 9},
                         "missing_branches": [[1, 2]] * 9},
    "benchmarks/lanes.py": {"summary": {"covered_branches": 0, "num_branches": 9},
                            "missing_branches": [[1, 2]] * 9},
}}  # fmt: skip


def test_branches_are_counted_by_room_and_gaps_told_by_file() -> None:
    files = measured(REPORT)
    assert [file.name for file in files] == ["hw/cores/rom.py", "hw/steps.py", "model/arch.py"]
    lines = list(section(files))
    assert "| hw/cores | 4 | 3 | 75.0% |" in lines
    assert "| hw | 2 | 2 | 100.0% |" in lines
    assert "| all | 9 | 5 | 55.6% |" in lines
    assert lines[-2:] == ["| model/arch.py | 5, 9 | 3 of 3 |", "| hw/cores/rom.py | 10 | 1 of 4 |"]
