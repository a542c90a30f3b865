"""The board top under faults on its line: every reply is the page's, no class is wrong.

`python -m benchmarks.link` is the same with 10,000.
"""

from collections import Counter

import pytest

from sim.line_faults import KINDS
from sim.line_trials import KEPT, Report, judge, trials

TURNS = 4
"""Of every kind of fault: behind half of them a silence, behind the others two frames at once."""


@pytest.mark.parametrize(("kept", "divisor"), [("two", 4), ("one", 5), ("none", 4)])
def test_a_faulty_line_gives_no_wrong_class_and_ends_with_a_silence(
    kept: str, divisor: int
) -> None:
    report, count = Report(), TURNS * len(KINDS)
    judge(kept, divisor, trials(count, list(KEPT).index(kept), divisor), report)
    assert report.faults == []
    assert [each.trials for each in report.outcomes.values()] == [TURNS] * len(KINDS)
    assert report.replies > 2 * count
    told: Counter[str] = sum((each.faults for each in report.outcomes.values()), start=Counter())
    assert {"BAD_CRC", "BAD_LENGTH", "TRUNCATED"} <= set(told)
