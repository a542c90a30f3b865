"""Plans of rows are those that are kept; what differs is named by its place."""

import json
from pathlib import Path

import pytest

from benchmarks.networks import Inputs
from benchmarks.plans import KEPT, differing, planned
from benchmarks.rows import ROWS


@pytest.mark.parametrize("row", ["mnist-85f-tenth", "mnist-up5k"])
def test_a_shipped_network_plans_to_what_is_kept(row: str, tmp_path: Path) -> None:
    now = planned(ROWS[row], Inputs(data=None, references=None, made=tmp_path))
    assert differing(json.loads(KEPT.read_text())[row], json.loads(json.dumps(now))) == []


def test_what_differs_is_named() -> None:
    was = {"a": [1, {"b": 2}], "gone": 3}
    now = {"a": [1, {"b": 4}], "new": 5}
    assert differing(was, now) == [
        "a[1].b: 2 was kept, 4 is planned", "gone: 3 was kept, None is planned",
        "new: None was kept, 5 is planned",
    ]  # fmt: skip
    assert differing(was, was) == []
    assert differing([1], [1, 2]) == [": [1] was kept, [1, 2] is planned"]
