"""``python -m benchmarks.fuzz``: every parser under mutated files, each for some seconds.

Guided by the branches that an input takes, by Atheris, and by the structure of files: pieces are
cut, spliced and repeated, numbers changed, inside check sums and compression too. Seeds and inputs
that took new branches are kept in build/fuzz. Inputs that break the rule are kept in
benchmarks/fuzz/found, where a test tries them from then on.
"""

import argparse
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from benchmarks.fuzz.trial import ROOT

FOUND = Path(__file__).parent / "found"
CORPUS = ROOT / "build" / "fuzz"
INSTRUMENTED = ("model", "hw.network", "hw.plan.archive", "boards", "benchmarks.fuzz.targets")
"""Modules whose branches guide the fuzzer; large packages would take minutes to instrument."""

LONGEST = 1 << 20
"""Most bytes of an input."""


class Session:
    """The fuzzing of one parser: counts inputs, and keeps one that breaks the rule for each fault.

    Parameters
    ----------
    found : folder for inputs that break the rule.
    """

    def __init__(self, name: str, folder: Path, found: Path = FOUND) -> None:
        from benchmarks.fuzz.targets import TARGETS

        self.target = TARGETS[name]
        self.counted: Counter[str] = Counter()
        self.faults: dict[str, str] = {}
        self._folder, self._found = folder, found

    def give(self, packed_: bytes) -> None:
        """Try one input, packed by `benchmarks.fuzz.target.packed`."""
        from benchmarks.fuzz.target import unpacked
        from benchmarks.fuzz.trial import tried

        files = unpacked(packed_)
        if not files:
            return
        outcome = tried(self.target, files, self._folder)
        self.counted["broken" if outcome.broken else "refused" if outcome.said else "taken"] += 1
        if outcome.broken and outcome.where not in self.faults:
            self.faults[outcome.where] = outcome.broken
            name = hashlib.sha256(packed_).hexdigest()[:12]
            (self._found / self.target.name).mkdir(parents=True, exist_ok=True)
            (self._found / self.target.name / name).write_bytes(packed_)
            print(f"  {self.target.name}/{name}: {outcome.broken}", flush=True)

    def mutation(self, content: bytes, seed: int, plain: Callable[[bytes], bytes] | None) -> bytes:
        """Mutate an input into another one."""
        from benchmarks.fuzz.mutation import mutated
        from benchmarks.fuzz.target import packed, unpacked

        rng = random.Random(seed)
        files = unpacked(content) or rng.choice(self.target.seeds())
        made = packed(mutated(self.target, files, rng, plain))
        return made if len(made) <= LONGEST else content

    def plain(self, count: int, seed: int = 0) -> None:
        """Try ``count`` mutations of valid inputs, without guidance."""
        from benchmarks.fuzz.target import packed

        seeds = [packed(files) for files in self.target.seeds()]
        for each in seeds:
            self.give(each)
        for number in range(count):
            self.give(self.mutation(seeds[number % len(seeds)], hash((seed, number)), None))

    def __str__(self) -> str:
        return (f"{self.target.name}: {sum(self.counted.values()):,} inputs, "
                f"{self.counted['taken']:,} taken, {self.counted['refused']:,} refused, "
                f"{len(self.faults)} faults")  # fmt: skip


def guided(name: str, seconds: int) -> None:
    """Fuzz one parser with Atheris, in this process, which then ends."""
    import atheris
    import onnx  # noqa: F401
    import torch

    torch.set_num_threads(1)
    with atheris.instrument_imports(include=list(INSTRUMENTED), enable_loader_override=False):
        from benchmarks.fuzz.target import packed
        from benchmarks.fuzz.targets import TARGETS

    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    for place, files in enumerate(TARGETS[name].seeds()):
        (corpus / f"seed-{place}").write_bytes(packed(files))
    with tempfile.TemporaryDirectory(prefix="fuzz", dir=_memory()) as folder:
        session = Session(name, Path(folder) / "input")

        def mutate(data: bytes, most: int, seed: int) -> bytes:
            return session.mutation(data, seed, lambda part: atheris.Mutate(part, len(part) + 64))

        def leave(status: int) -> NoReturn:
            """End the process at once: Atheris waits for ever if Python is finalised first."""
            sys.stdout.flush()
            sys.stderr.flush()
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(status)

        def give(data: bytes) -> None:
            session.give(data)
            if time.monotonic() > end:
                print(session)
                leave(1 if session.faults else 0)

        end = time.monotonic() + seconds
        artefacts = CORPUS / f"{name}-stopped-"
        atheris.Setup(
            ["fuzz", str(corpus), f"-max_total_time={seconds + 60}", f"-max_len={LONGEST}",
             "-timeout=30", "-rss_limit_mb=5000", f"-artifact_prefix={artefacts}", "-verbosity=0",
             "-print_final_stats=0", "-len_control=0"],
            give, custom_mutator=mutate,
        )  # fmt: skip
        try:
            atheris.Fuzz()
        except BaseException:
            traceback.print_exc()
            leave(2)


def _memory() -> str | None:
    """A folder in memory for the inputs' files, None if there is none."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz as the arguments say; 0 if the rule reuse, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("parsers", nargs="*", metavar="PARSER", help="default: every one")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="each (default 60)")
    parser.add_argument("--within", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.within:
        guided(given.parsers[0], given.seconds)
        return 0
    from benchmarks.fuzz.targets import TARGETS

    if unknown := sorted({*given.parsers} - {*TARGETS}):
        parser.error(f"no parser is called {unknown[0]!r}; choose from {', '.join(TARGETS)}")
    broken = []
    for name in given.parsers or TARGETS:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.fuzz", name, "--within", "--seconds",
             str(given.seconds)], stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        if done.returncode:
            broken.append(name)
            if done.returncode != 1:
                print(f"{name}: ended with {done.returncode}: {done.stderr[-1500:]}")
    print(f"broke the rule: {', '.join(broken)}" if broken else "the rule held for every parser")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
