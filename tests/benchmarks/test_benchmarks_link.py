"""The driver under hundreds of faults, and the page that `benchmarks.link` writes."""

import pytest

from benchmarks.link import Host, run, section
from sim.line_faults import BYTES
from sim.line_trials import Outcome, Report


@pytest.mark.parametrize("seed", range(3))
def test_every_image_gets_its_own_answer_over_a_faulty_line(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a board that keeps two images, one, none."""
    monkeypatch.setattr("benchmarks.link.IMAGES", 150)
    found = Host()
    run(found, seed)
    assert found.faults == []
    assert found.images == 150
    assert found.recoveries > 30
    assert found.to_host.total() > 100 and found.to_board.total() > 100


def test_the_faults_of_a_run_are_of_every_kind() -> None:
    found = Host()
    run(found, 0)
    assert {fault.__name__ for fault in BYTES} <= found.to_host.keys() & found.to_board.keys()
    assert "late" in found.to_host


def test_the_page_says_what_was_counted() -> None:
    outcome = Outcome(trials=7, answered=1, silent=2, at_once=3, lost=1)
    outcome.faults["BAD_CRC"] = 4
    board = Report(outcomes={"long_burst": outcome}, replies=1234, open=5)
    host = Host(images=2000, recoveries=77)
    host.to_host["cut"] = 1500
    page = section(board, host)
    assert "| long burst | 7 | 1 | BAD_CRC 4 | 2 | 3 | 1 |" in page
    assert "7 faults on the rx" in page and "All of its 1,234 replies but 0 were" in page
    assert "2,000 images by the driver" in page and "1,500 faults in replies" in page
    assert "| cut | 1500 | 0 |" in page
