"""A step of the flow: what it depends on, what it makes, and how to have it back unmade."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from hw.flow.folder import key
from hw.flow.job import Job
from hw.flow.screen import Note
from hw.flow.sources import code


class Step(ABC):
    """One named step of a build.

    A step whose `key` is that of the last build and whose files are still there is recalled
    instead of run. It is told from files and the request alone, so that it can also be
    asked of a step that lies ahead.
    """

    name: str

    @abstractmethod
    def inputs(self, job: Job) -> str:
        """A key that changes with everything the step is given."""

    def key(self, job: Job) -> str:
        """A key that changes with everything the step depends on, this program included."""
        return key(self.inputs(job), code(type(self)))

    @abstractmethod
    def run(self, job: Job, note: Note) -> None:
        """Make the step's product: on the job, and in its files."""

    def recall(self, job: Job) -> None:  # noqa: B027
        """Put the product that an earlier build left in the files on the job, where the job does
        not read it for itself."""

    def result(self, job: Job) -> str:
        """What came of it, for the step's line."""
        return ""

    def files(self, job: Job) -> Iterable[str]:
        """The files the step has made."""
        return ()

    def require(self, job: Job) -> None:  # noqa: B027
        """Raise `Refusal` if something the step will need is missing; asked before any step."""
