"""The step that proves the cells: those that cores instantiate equal what was simulated."""

import tempfile
from pathlib import Path

from pydantic import TypeAdapter

from hw.emit import plain, proofs
from hw.emit.prove import Known
from hw.emit.report import Proofs
from hw.emit.tools import YOSYS, run
from hw.flow.job import Job
from hw.flow.prints import fingerprint, key
from hw.flow.screen import Note
from hw.flow.step import Step
from model.files import write_text
from model.refusal import Refusal, refused
from sim.chunks import processors
from sim.verilate import VARIABLE, cache_directory

FILE = "proofs.json"
CACHE = "proofs"
"""Folder of earlier outcomes, in the cache of compiled designs: a few hundred bytes a proof."""


class ProveStep(Step):
    """Proofs that modules of cells and block memories equal their plain forms: proofs.json."""

    name = "prove"

    def inputs(self, job: Job) -> str:
        prints = [fingerprint(job.folder / name) for name in (plain.FILE, *job.project.sources)]
        return key(prints, job.family.models, job.request.prove, YOSYS.versions)

    def run(self, job: Job, note: Note) -> None:
        cache = cache_directory() / CACHE
        note.say("starting yosys (compiled on its first use, a minute)")
        with tempfile.TemporaryDirectory(prefix="prove") as name:
            # Compiled here: a proof that ended at its limit would leave it to be done again.
            run(YOSYS, "-V", folder=Path(name), log="yosys.log")
        try:
            job.proofs = proofs.check(
                job.project, job.family, job.folder.new(), Known(cache),
                jobs=processors(), seconds=job.request.prove, say=note.say,
            )
        except OSError as error:
            if str(error.filename or "").startswith(str(cache)):
                raise Refusal(
                    f"{refused(error, error.filename)}; proofs are kept in {cache}: make room "
                    f"there, or name another folder in the variable {VARIABLE}"
                ) from None
            raise
        text = _FORMAT.dump_json(job.proofs, indent=1).decode()
        write_text(job.folder.new(FILE), text + "\n")

    def recall(self, job: Job) -> None:
        job.proofs = _FORMAT.validate_json((job.folder / FILE).read_text())

    def result(self, job: Job) -> str:
        assert job.proofs is not None
        return str(job.proofs)

    def files(self, job: Job) -> tuple[str, ...]:
        return (FILE,)

    def require(self, job: Job) -> None:
        _ = YOSYS.path


_FORMAT = TypeAdapter(Proofs)
