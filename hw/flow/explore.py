"""The step that explores instead of building: resources at every frame rate, and a picture."""

from importlib.util import find_spec

from hw.flow.job import Job
from hw.flow.prints import key
from hw.flow.request import name_of
from hw.flow.screen import Note
from hw.flow.step import Step
from hw.network.fold import fold
from hw.plan import front
from model.files import write_text
from model.refusal import Refusal

FIGURES, PICTURE = "explore.json", "explore.svg"


class ExploreStep(Step):
    """Exploration: checkpoint -> the Pareto front of its designs, explore.json and explore.svg.

    It depends on no other step, and leaves the files of an earlier build as they are.
    """

    name = "explore"

    def inputs(self, job: Job) -> str:
        return key(job.print_of(job.request.checkpoint), job.clock, job.variant, repr(job.board))

    def run(self, job: Job, note: Note) -> None:
        from hw.emit.plot import draw  # takes longer to import than most networks to explore

        note.say("planning")
        network = fold(job.checkpoint)
        job.front = front.explore(network, job.board, job.variant, clock=job.clock)
        write_text(job.folder.new(FIGURES), job.front.text())
        note.say("drawing")
        title = f"{name_of(job.request.checkpoint)} on {job.board.name}"
        draw(job.front, title, job.folder.new(PICTURE))

    def recall(self, job: Job) -> None:
        job.front = front.read((job.folder / FIGURES).read_text())

    def result(self, job: Job) -> str:
        assert job.front is not None
        return f"{len(job.front.points)} designs, {job.folder / PICTURE}"

    def files(self, job: Job) -> tuple[str, ...]:
        return (FIGURES, PICTURE)

    def require(self, job: Job) -> None:
        if find_spec("matplotlib") is None:
            raise Refusal("matplotlib is not installed; get it with: pip install matplotlib")
