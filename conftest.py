"""Set-up of every test run: the tests left to ``make verify``, and less work for Python's gc."""

import gc

import pytest

EVERY = 8
"""Ratio of a test's plays by cocotb, a third of a second each, to those kept as quick tests; the
native player has cases of its own for all of them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark plays by cocotb as long, but for some of every test."""
    seen: dict[str, int] = {}
    for item in items:
        way = getattr(item, "callspec", None) and item.callspec.params.get("way")
        if way is not None and way.engine == "cocotb":
            test = item.nodeid.partition("[")[0]
            if seen.setdefault(test, 0) % EVERY:
                item.add_marker("long")
            seen[test] += 1


def pytest_collection_finish() -> None:
    """Spare Python's search for cycles what was imported, a large part of a test's time."""
    gc.collect()
    gc.freeze()
