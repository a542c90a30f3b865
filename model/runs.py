"""Reader of the log of a training run: its settings, a line per epoch, and the result."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from model.files import content, reason
from model.logs import HINT, LOG, checkpoint_of, log_of
from model.refusal import Refusal

Band = tuple[float, float, float]


class _Settings(BaseModel):
    """The fields that are read of a log's first line."""

    method: str
    data: str = ""


class _Epoch(BaseModel):
    """The fields that are read of an epoch's line; a run that diverged has NaN among them."""

    epoch: Annotated[int, Field(ge=0, le=10**9)]
    cross_entropy: float
    train_accuracy: float
    test_accuracy: float
    activations: dict[str, dict[Literal["deviation", "positive"], Band]] | None = None


_SETTINGS, _EPOCHS = TypeAdapter(_Settings), TypeAdapter(tuple[_Epoch, ...])


@dataclass(frozen=True, kw_only=True)
class Run:
    """A training run, finished or not.

    Parameters
    ----------
    checkpoint : path of its checkpoint, which may not exist yet.
    settings : the first line of the log.
    epochs : a line for each finished epoch.
    metrics : metrics of the checkpoint; None before it is finished.
    """

    checkpoint: Path
    settings: dict[str, Any]
    epochs: tuple[dict[str, Any], ...]
    metrics: dict[str, Any] | None

    def column(self, name: str) -> list[Any]:
        """A field of every epoch's line."""
        return [line[name] for line in self.epochs]

    @property
    def activations(self) -> bool:
        """True if the log has statistics of activations: older logs, and networks without signs,
        have none."""
        return all(line.get("activations") for line in self.epochs)


def read(path: Path) -> Run:
    """Read the run that wrote ``path``: the checkpoint net.pt, or the log beside it.

    Raises
    ------
    Refusal
        For a log that is missing, or a file that is no log.
    """
    checkpoint = checkpoint_of(path)
    log = log_of(checkpoint)
    try:
        lines = [json.loads(line) for line in content(log, LOG, hint=HINT).splitlines()]
    except (ValueError, RecursionError) as error:
        raise Refusal(f"{log}: cannot be read ({reason(error)}); give the log of a run") from None
    if not lines or not all(isinstance(line, dict) for line in lines) or "method" not in lines[0]:
        raise Refusal(f"{log}: is no log of model.train; give one")
    epochs = tuple(line for line in lines[1:] if "epoch" in line)
    try:
        _SETTINGS.validate_python(lines[0])
        _EPOCHS.validate_python(epochs)
    except (ValidationError, OverflowError) as error:
        raise Refusal(f"{log}: is no log of model.train ({_first(error)}); give one") from None
    metrics = lines[-1] if "accuracy" in lines[-1] else None
    return Run(checkpoint=checkpoint, settings=lines[0], epochs=epochs, metrics=metrics)


def _first(error: ValidationError | OverflowError) -> str:
    """The first fault of a log, with its place."""
    if isinstance(error, OverflowError):
        return str(error)
    fault = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part)[:60] for part in fault["loc"])
    return f"{place}: {fault['msg']}"


def names(runs: Sequence[Run]) -> list[str]:
    """A name for each run: that of its file, with the folder's where two files have the same."""
    stems = [run.checkpoint.stem for run in runs]
    twice = {stem for stem, count in Counter(stems).items() if count > 1}
    return [f"{run.checkpoint.absolute().parent.name}-{stem}" if stem in twice else stem
            for run, stem in zip(runs, stems, strict=True)]
