"""The trial of a fault: it is planted in a copy of the source tree, and tests are run there."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.mutants.fault import Fault
from benchmarks.mutants.watch import KNOWN, VARIABLE
from sim.verilate import VARIABLE as CACHE
from sim.verilate import cache_directory

LEFT_OUT = (".git", ".venv", "build", "__pycache__", ".*_cache", "*.egg-info", "sim_build")
LOADED = ("torch", "numpy", "pydantic", "rich.console", "scipy.optimize", "pytest", "filelock",
          "amaranth.sim", "amaranth.lib.memory", "amaranth.back.verilog", "xdist", "pytest_timeout",
          "_pytest.assertion.rewrite", "cocotb_tools.runner", "serial")  # fmt: skip
"""Libraries that are imported once for all trials: importing them takes seconds."""

TOGETHER, IMPORT = 6.0, 1.5
"""Seconds of tests for one run of pytest, which imports all their files first; and the seconds that
such an import takes."""

WALL = 5
"""Real time that a trial may take, as a multiple of its seconds of CPU."""

LATE, SPARE = 4, 2.0
"""A test counts as late from this multiple of its seconds without the fault, plus these seconds.
They are seconds of CPU of the test itself, not of compilers that it waits for."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a trial.

    Parameters
    ----------
    noticed : test that failed, "" if none did.
    late : True if it failed by taking too long.
    passed : number of tests that passed before.
    why : end of the failed test's output.
    seconds : time of the whole trial.
    """

    noticed: str = ""
    late: bool = False
    passed: int = 0
    why: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of pytest.

    It has the first test that failed with its output, the number of tests that passed before, the
    test that was still running, and the seconds of CPU of the last test and of the whole run.
    """

    failed: str = ""
    why: str = ""
    passed: int = 0
    unfinished: str = ""
    last: float = 0.0
    cpu: float = 0.0


@dataclass
class Trials:
    """Trials of faults in one source tree, each in a copy of its own.

    Parameters
    ----------
    root : folder of the tree.
    limit : most seconds of CPU of a trial; tests that are left then are not run.
    loaded : modules that are imported once for all runs.
    took : seconds of each test that has ever passed, by file and test; is updated.
    """

    root: Path
    limit: float
    loaded: Sequence[str] = LOADED
    took: dict[str, dict[str, float]] = field(default_factory=dict)
    _sound: dict[str, Run] = field(default_factory=dict)
    _compiled: set[str] = field(default_factory=set)

    def __enter__(self) -> "Trials":
        self._home = tempfile.TemporaryDirectory(prefix="mutants")
        self._pristine = Path(self._home.name) / "pristine"
        shutil.copytree(self.root, self._pristine, ignore=shutil.ignore_patterns(*LEFT_OUT))
        # Keyed by content: a fault may change neither size nor time of a file.
        subprocess.run([sys.executable, "-m", "compileall", "-q", "--invalidation-mode",
                        "checked-hash", self._pristine], check=True)  # fmt: skip
        # Without this tree, which has no fault, in the path of the trials.
        path = [each for each in sys.path if each and Path(each).resolve() != self.root.resolve()]
        self._path = [each for each in path if Path(each) != Path(__file__).parent]
        self._nursery = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("nursery.py"), *self.loaded], text=True,
            cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait()
        self._home.cleanup()

    def of(self, fault: Fault, tests: Sequence[str], estimates: Sequence[float]) -> Outcome:
        """Run files of tests with a fault until a test fails, or the time is over.

        A failure counts if the same test passes without the fault.
        """
        began, passed = time.monotonic(), 0
        self._read(next(_together(tests, estimates)))
        with self._copy() as tree:
            source = (tree / fault.file).read_bytes()
            (tree / fault.file).write_bytes(fault.planted(source))
            used = 0.0
            for some in _together(tests, estimates):
                if used > self.limit - 1:
                    break
                run = self._run(tree, some, self.limit - used)
                passed += run.passed
                used += run.cpu
                if noticed := self._noticed(run):
                    return Outcome(noticed=noticed, late=noticed == run.unfinished, passed=passed,
                                   why=run.why, seconds=time.monotonic() - began)  # fmt: skip
                if run.unfinished:
                    break
        return Outcome(passed=passed, seconds=time.monotonic() - began)

    def _noticed(self, run: Run) -> str:
        """The test that fails, or is late, because of the fault."""
        if run.failed in self.took.get(run.failed.partition("::")[0], {}):
            return run.failed  # it has passed with other faults
        if run.failed:
            sound = self._without(run.failed)
            if not sound.failed and (sound.passed or "::" not in run.failed):
                return run.failed
            print(f"  {run.failed} fails without a fault too: {sound.why[-300:]}", flush=True)
        elif run.unfinished and run.last > SPARE:
            sound = self._without(run.unfinished)
            if sound.passed and run.last > LATE * sound.last + SPARE:
                return run.unfinished
        return ""

    def _read(self, tests: Sequence[str]) -> None:
        """Compile files of tests in the tree that is copied, which takes pytest some time."""
        if new := [test for test in tests if test not in self._compiled]:
            self._run(self._pristine, [*new, "--collect-only"], 600)
            self._compiled |= {*new}

    def _without(self, test: str) -> Run:
        """Run a test without a fault; for a file, only collect its tests."""
        if test not in self._sound:
            words = [test] if "::" in test else [test, "--collect-only"]
            self._sound[test] = self._run(self._pristine, words, 600)
        return self._sound[test]

    @contextmanager
    def _copy(self) -> Iterator[Path]:
        """A copy of the tree, with a cache of compiled designs that begins with the user's."""
        with tempfile.TemporaryDirectory(dir=self._home.name) as name:
            shutil.copytree(self._pristine, Path(name) / "tree")
            (Path(name) / "cache").mkdir()
            for entry in cache_directory().glob("*"):
                if entry.is_dir():
                    (Path(name) / "cache" / entry.name).symlink_to(entry)
            yield Path(name) / "tree"

    def _run(self, tree: Path, words: Sequence[str], limit: float) -> Run:
        kept = Path(self._home.name) / "watched"
        kept.unlink(missing_ok=True)
        known = kept.with_name("seconds")
        known.write_text(json.dumps({
            test: round(seconds, 1) for tests in self.took.values()
            for test, seconds in tests.items()}))  # fmt: skip
        env = {"PYTHONPATH": str(tree), VARIABLE: str(kept), KNOWN: str(known)}
        if tree == self._pristine:
            env[CACHE] = str(cache_directory())
        else:
            env |= {CACHE: str(tree.parent / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
        status, cpu = self._order({
            "tree": str(tree), "path": self._path, "env": env, "cpu": max(1, int(limit)),
            "wall": WALL * limit, "words": ["-x", "-q", "-p", "no:cacheprovider", "-p",
                                            "benchmarks.mutants.watch", *words],
        })  # fmt: skip
        text = kept.read_text() if kept.exists() else ""
        lines = [json.loads(line) for line in text.splitlines()]
        passed = [line for line in lines if line["outcome"] == "passed"]
        for line in passed:
            file = line["test"].partition("::")[0]
            self.took.setdefault(file, {})[line["test"]] = line["seconds"]
        began = [line["cpu"] for line in lines if line["outcome"] == "began"]
        run = Run(passed=len(passed), cpu=cpu,
                  last=lines[-1]["cpu"] - began[-1] if began else 0.0)  # fmt: skip
        for line in lines:
            if line["outcome"] == "failed":
                return replace(run, failed=line["test"], why=line["why"])
        if lines and lines[-1]["outcome"] == "began":
            # Its time is known if it was killed for that.
            last = limit - began[-1] if status == -signal.SIGXCPU else 0.0
            return replace(run, unfinished=lines[-1]["test"], last=last)
        if status not in (0, 5) and status >= 0:  # it could not start
            why = f"pytest ended with {status}"
            return replace(run, failed=words[0].partition("::")[0], why=why)
        return run

    def _order(self, order: dict[str, Any]) -> tuple[int, float]:
        """Order a run of pytest; returns its exit status and seconds of CPU."""
        assert self._nursery.stdin is not None and self._nursery.stdout is not None
        self._nursery.stdin.write(json.dumps(order) + "\n")
        self._nursery.stdin.flush()
        status, cpu = json.loads(self._nursery.stdout.readline())
        return status, cpu


def _together(tests: Sequence[str], estimates: Sequence[float]) -> Iterator[list[str]]:
    """Groups of files of tests, in order, that take about `TOGETHER` seconds each."""
    some: list[str] = []
    total = 0.0
    for test, seconds in zip(tests, estimates, strict=True):
        if some and total + IMPORT + seconds > TOGETHER:
            yield some
            some, total = [], 0.0
        some.append(test)
        total += IMPORT + seconds
    if some:
        yield some
