"""Tests of the watches: both engines find a broken component, with the same message."""

from typing import get_args

import pytest

from hw.cores.stream.skid import SkidBuffer
from sim.broken import BEATS, Broken
from sim.player import Engine, Failure
from sim.workbench import Way, Workbench

FAULTS = {
    "withdraws": "stream {name}_o: valid fell before the beat was taken",
    "changes": "stream {name}_o: payload changed before the beat was taken",
    "stops": "no beat moved for 100 cycles",
    "repeats": "stream {name}_o: 1 more beats than 15",
}
bench = Workbench({"right": SkidBuffer(8)} | {fault: Broken(fault) for fault in FAULTS})
engines = pytest.mark.parametrize("engine", get_args(Engine))


@engines
@pytest.mark.parametrize("stall", [0.0, 0.3, 0.8])
def test_a_right_component_passes(engine: Engine, stall: float) -> None:
    result = bench.play("right", BEATS, len(BEATS), Way(stall, 1, engine))
    assert result.values == BEATS


@engines
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(engine: Engine, fault: str) -> None:
    with pytest.raises(Failure, match=FAULTS[fault].format(name=fault)):
        bench.play(fault, BEATS, len(BEATS), Way(0.5, 2, engine), patience=100)


@engines
def test_a_deadlock_says_where_it_stands(engine: Engine) -> None:
    with pytest.raises(Failure) as failure:
        bench.play("stops", BEATS, len(BEATS), Way(engine=engine), patience=100)
    assert "5 of 15 beats sent (valid 1, ready 0), 3 of 15 received (valid 0, ready 1)" in str(
        failure.value
    )


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_both_engines_give_the_same_beats(stall: float) -> None:
    native, cocotb = (
        bench.play("right", BEATS, len(BEATS), Way(stall, engine=engine))
        for engine in get_args(Engine)
    )
    assert native.values == cocotb.values
    if not stall:
        assert (native.played.sent == cocotb.played.sent).all()
        assert (native.played.received.cycles == cocotb.played.received.cycles).all()
