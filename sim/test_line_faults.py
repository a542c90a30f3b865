"""The board top under faults on its line: every reply is the page's, no class is wrong.

`python -m benchmarks.link` is the same with 10,000.
"""

from collections import Counter
from random import Random

import pytest

from sim.line_faults import KINDS
from sim.line_trials import KEPT, Report, judge, trials
from sim.serial_wave import decoded, encoded, joined

TURNS = 4
"""Trials of every kind of fault: half are followed by a silence, the others by two frames at once.
"""


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


RATES = [(4, 1.0), (5, 1.0), (16, 0.965), (16, 1.035), (27, 1.02)]


@pytest.mark.parametrize(("divisor", "rate"), RATES)
def test_bytes_are_read_back_from_their_wave(divisor: int, rate: float) -> None:
    sent = Random(divisor).randbytes(200) + bytes(range(256))
    heard, times = decoded([(1, 3), *encoded(sent, divisor * rate), (1, 99 * divisor)], divisor)
    assert heard == sent
    assert times == sorted(times)


def test_a_byte_without_its_stop_bit_is_none() -> None:
    one, rest = encoded(b"\x0f", 10), [(1, 200)]
    assert decoded([*rest, *one, *rest], 10)[0] == b"\x0f"
    assert decoded([*rest, *one[:-1], (0, 20), *rest], 10)[0] == b""
    assert decoded([*rest, (0, 4), *rest, *one, *rest], 10)[0] == b"\x0f"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_changes_the_line(kind: str) -> None:
    numbers, sent = Random(kind), bytes(range(40, 90))
    whole = [(1, 50), *encoded(sent, 8), (1, 50)]
    changed = [
        joined([(1, 50), *KINDS[kind](numbers, sent, 8), (1, 50)]) != joined(whole)
        for _ in range(20)
    ]
    assert sum(changed) > 10
