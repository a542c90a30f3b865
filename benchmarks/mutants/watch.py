"""A pytest plugin that writes each test's outcome as a line of JSON, as soon as it is known.

It runs quick tests first, and tests of unknown time with them.
"""

import json
import os
import time

import pytest

VARIABLE = "PURELOGIC_WATCH"
"""Environment variable with the path of the file of outcomes."""

KNOWN = "PURELOGIC_SECONDS"
"""Environment variable with the path of a file of the tests' seconds by name."""

UNKNOWN = 0.3


def _tell(test: str, outcome: str, seconds: float = 0.0, why: str = "") -> None:
    line = {"test": test, "outcome": outcome, "seconds": round(seconds, 2), "why": why[-2000:],
            "cpu": time.process_time()}  # fmt: skip
    with open(os.environ[VARIABLE], "a") as kept:
        kept.write(json.dumps(line) + "\n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    with open(os.environ[KNOWN]) as file:
        seconds = json.load(file)
    items.sort(key=lambda item: seconds.get(item.nodeid, UNKNOWN))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _tell(report.nodeid, "failed", why=report.longreprtext)


def pytest_runtest_logstart(nodeid: str) -> None:
    _tell(nodeid, "began")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or not report.passed:
        _tell(report.nodeid, report.outcome, report.duration, report.longreprtext)
