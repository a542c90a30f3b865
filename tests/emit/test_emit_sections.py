"""Sections of a report: found by their files, in order, each with facts of its own or none."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test_emit_report import REPORT, shown

from hw.emit import sections
from hw.emit.report import read
from hw.emit.sections import gates
from model.rooms import kinds

ANSWER = '''
"""The device in capitals."""

from rich.table import Table

from hw.emit.sections.section import Section


def table(report):
    shown = Table(title="capitals")
    shown.add_row(report.sections["capitals"])
    return shown


SECTION = Section(order=0, table=table, facts=lambda products: products.plan.device.name.upper())
'''


@pytest.fixture
def capitals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A section whose file lies beside the others, as the package sees it."""
    (tmp_path / "capitals.py").write_text(ANSWER)
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(tmp_path)])
    yield kinds(sections, "SECTION")["capitals"]
    del sys.modules["hw.emit.sections.capitals"]
    delattr(sections, "capitals")


def test_a_section_is_a_file_with_its_table_and_its_facts(capitals: Any, tmp_path: Path) -> None:
    made = SimpleNamespace(plan=SimpleNamespace(device=SimpleNamespace(name="up5k")))
    told = replace(REPORT, sections={**REPORT.sections, "capitals": capitals.facts(made)})
    (tmp_path / "report.json").write_text(told.text())
    text = shown(read(tmp_path / "report.json"))
    assert "UP5K" in text and text.index("capitals") < text.index("fabric")


def test_the_summary_is_the_last_and_gates_only_where_there_are_some() -> None:
    text = shown(REPORT)
    places = [text.index(word) for word in ("fabric", "gates of", "accuracy")]
    assert places == sorted(places)
    assert "gates of" not in shown(replace(REPORT, sections={}))


def test_cycles_of_a_frame_are_told_where_several_frames_were_simulated() -> None:
    assert "1,176.0 simulated" in shown(REPORT)
    assert REPORT.simulation is not None
    single = replace(REPORT.simulation, images=1, cycles_per_frame=None)
    assert "cycles per frame" not in shown(replace(REPORT, simulation=single))


def test_gates_are_those_of_all_layers_by_kind() -> None:
    synthesis = SimpleNamespace(gates={"a": {"XNOR": 3, "adder": 1}, "b": {"XNOR": 4, "adder": 0}})
    made: Any = SimpleNamespace(synthesis=synthesis)
    assert gates.facts(made) == {"XNOR": 7, "adder": 1}
    nothing: Any = SimpleNamespace(synthesis=None)
    assert gates.facts(nothing) is None
