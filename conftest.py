"""What all tests share: which of them wait for ``make verify``, and a heap that is not walked."""

import gc

import pytest

EVERY = 4
"""Of a test's plays by cocotb, which take a second each, the first of so many is a quick test; all
are played by the native player with the same stalls."""


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
