"""The player of beats through a stream component of a compiled model, native or with cocotb."""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import numpy as np

from hw.emit.child import Child
from hw.emit.tools import Failure as Unsuccessful
from hw.emit.tools import check_room
from sim.tools import libpython, tools
from sim.verilate import Model

Engine = Literal["native", "cocotb"]

EVER = 2**63
"""More beats than any simulation gives."""


class Failure(Unsuccessful):
    """A simulated design that broke a stream's rule, stopped, or could not be run."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to the player.

    Parameters
    ----------
    beats
        Beats of the input stream, uint8 (n, bytes), each little-endian.
    expect
        Expected number of beats of the output stream.
    source, sink, clock, reset
        Names of the top's streams and ports.
    source_stall, sink_stall
        Probability that a cycle has no new offer, or is not ready; random by ``seed``.
    linger
        Cycles to go on after the last expected beat, to find surplus ones.
    patience
        Cycles without a transfer at either end that count as a deadlock.
    edges
        Clock edges in reset.
    waves
        Path of a file of waves, for a model that was built with them; native engine only.
    recorded
        Waves begin when the input has taken as many beats as the first number says, and end when
        the output has given as many as the second; None records everything.
    high
        Ports that are 1 all the time.
    taps, toggles
        Streams to record, as ``scope/stream``, and signals whose bit changes are counted, as
        ``scope/signal``. Both must be public in `sim.verilate.build`; a scope is
        ``top.layer.component``. Native engine only.
    """

    beats: np.ndarray
    expect: int
    source: str = "i"
    sink: str = "o"
    clock: str = "clk"
    reset: str = "rst"
    source_stall: float = 0.0
    sink_stall: float = 0.0
    seed: int = 0
    linger: int = 32
    patience: int = 20_000
    edges: int = 2
    waves: str = ""
    recorded: tuple[int, int] | None = None
    high: Sequence[str] = ()
    taps: Sequence[str] = ()
    toggles: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Record:
    """A recorded stream: its beats, uint8 (n, bytes), and the cycle of each, uint64 (n,)."""

    beats: np.ndarray
    cycles: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Played:
    """The result of a request; ``sent`` has the cycle of each input beat, uint64 (beats,).

    Cycle 0 is the first one after reset.
    """

    sent: np.ndarray
    received: Record
    taps: dict[str, Record]
    toggles: dict[str, int]


def play(
    model: Model,
    request: Request,
    engine: Engine = "native",
    progress: Callable[[int], None] | None = None,
) -> Played:
    """Play a request.

    Parameters
    ----------
    progress
        Called from time to time with the number of beats received (native engine only).

    Raises
    ------
    Failure
        A rule was broken, the streams stopped, there were more beats than expected, or the
        simulator itself failed.
    """
    with tempfile.TemporaryDirectory(prefix="play") as name:
        folder = Path(name)
        try:
            (folder / "beats.bin").write_bytes(request.beats.astype(np.uint8).tobytes())
        except OSError as error:
            raise OSError(error.errno, error.strerror, name) from None
        if engine == "native":
            _play_native(model, request, folder, progress)
        else:
            run_bench(model, "sim.benches.play", folder, _fields(request))
        played = _collect(folder, request)
    if len(played.received.beats) > request.expect:
        surplus = len(played.received.beats) - request.expect
        raise Failure(f"stream {request.sink}: {surplus} more beats than {request.expect}")
    return played


def run_bench(model: Model, module: str, folder: Path, request: dict[str, Any]) -> None:
    """Run a cocotb module on a model, in ``folder``, with the request in its ``request.json``.

    Raises
    ------
    Failure
        A test of the module failed; with its message.
    """
    (folder / "request.json").write_text(json.dumps(request))
    log = folder / "simulator.log"
    with (
        log.open("w") as output,
        Child(
            [model.executable], watches=True, cwd=folder, env=_environment(model, module),
            stdout=output, stderr=subprocess.STDOUT,
        ) as child,
    ):
        status = child.process.wait()
    check_room(folder)
    results = folder / "results.xml"
    if not results.exists():
        raise Failure(f"the simulator ended with {status}:\n{_end(log)}")
    for kind in ("failure", "error"):
        for fault in ElementTree.parse(results).iter(kind):
            raise Failure(fault.get("message") or _end(log))


def _end(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:]


def _play_native(
    model: Model, request: Request, folder: Path, progress: Callable[[int], None] | None
) -> None:
    fields = _fields(request)
    arguments = [f"{key}=TOP/{fields[key]}" for key in ("source", "sink", "clock", "reset")]
    numbers = ("expect", "seed", "linger", "patience", "edges")
    arguments += [f"{key}={fields[key]}" for key in numbers]
    arguments += [f"high=TOP/{port}" for port in request.high]
    arguments += [f"{key}={round(256 * fields[key])}" for key in ("source_stall", "sink_stall")]
    arguments += [f"waves={request.waves}"] if request.waves else []
    begin, end = request.recorded or (0, EVER)
    arguments += [f"from={begin}", f"until={end}"]
    arguments += [f"tap={path}" for path in request.taps]
    arguments += [f"toggle={path}" for path in request.toggles]
    arguments.append(f"progress={max(1, request.expect // 100) if progress else 0}")
    with Child(
        [model.executable, "play", *arguments], watches=True, cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as child:  # fmt: skip
        process = child.process
        assert process.stdout and process.stderr
        for line in process.stdout:
            if progress and line.strip().isdigit():
                progress(int(line))
        complaint = process.stderr.read()
        status = process.wait()
    check_room(folder)
    if status:
        raise Failure(complaint.strip() or f"the simulator ended with {status}")


def _fields(request: Request) -> dict[str, Any]:
    fields = {field.name: getattr(request, field.name) for field in dataclasses.fields(request)}
    del fields["beats"]
    return fields


def _collect(folder: Path, request: Request) -> Played:
    taps = {path: _record(folder, f"tap{k}") for k, path in enumerate(request.taps)}
    counts = np.fromfile(folder / "toggles.bin", np.uint64) if request.toggles else ()
    return Played(
        sent=np.fromfile(folder / "sent.cycles", np.uint64),
        received=_record(folder, "received"),
        taps=taps,
        toggles={path: int(count) for path, count in zip(request.toggles, counts, strict=True)},
    )


def _record(folder: Path, name: str) -> Record:
    cycles = np.fromfile(folder / f"{name}.cycles", np.uint64)
    beats = np.fromfile(folder / f"{name}.bin", np.uint8)
    return Record(beats=beats.reshape(len(cycles), -1 if len(cycles) else 0), cycles=cycles)


def _environment(model: Model, module: str) -> dict[str, str]:
    """Environment variables of a simulator, as cocotb's documentation of custom flows has them."""
    from cocotb_tools.config import pygpi_entry_point

    tools()
    return os.environ | {
        "GPI_USERS": f"{libpython()};{pygpi_entry_point()}",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "COCOTB_TOPLEVEL": model.top,
        "COCOTB_TEST_MODULES": module,
        "COCOTB_RESULTS_FILE": "results.xml",
        "COCOTB_TRUST_INERTIAL_WRITES": "1",
        "TOPLEVEL_LANG": "verilog",
    }
