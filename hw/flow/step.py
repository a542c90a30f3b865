"""A step of the flow: its inputs, its files, and how an earlier build's product is read back."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from hw.flow.job import Job
from hw.flow.prints import key
from hw.flow.screen import Note
from hw.flow.sources import code


class Step(ABC):
    """One named step of a build.

    A step whose `key` is that of the last build and whose files are unchanged is recalled instead
    of run. The key depends on files and the request alone, so that it can also be had of a step
    that is not run.
    """

    name: str

    @abstractmethod
    def inputs(self, job: Job) -> str:
        """A key that changes with all inputs of the step."""

    def key(self, job: Job) -> str:
        """A key that changes with all that the step depends on: its inputs and its code."""
        return key(self.inputs(job), code(type(self)))

    @abstractmethod
    def run(self, job: Job, note: Note) -> None:
        """Make the step's product: on the job, and in its files."""

    def recall(self, job: Job) -> None:  # noqa: B027
        """Read the step's product from an earlier build's files into the job.

        A product that the job reads when it is first used needs none.
        """

    def result(self, job: Job) -> str:
        """A summary of the step's product, for its line on the screen."""
        return ""

    def files(self, job: Job) -> Iterable[str]:
        """Names of the files that the step has made."""
        return ()

    def require(self, job: Job) -> None:  # noqa: B027
        """Raise `Refusal` if something that the step needs is missing; called before any step."""
