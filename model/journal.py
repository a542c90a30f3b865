"""The files of a training run beside its checkpoint: the state to resume from, and the log."""

import json
from pathlib import Path
from typing import Any

from model.checkpoint import read, write
from model.files import check_target, whole
from model.logs import log_of
from model.refusal import Refusal


class Journal:
    """State and log of a training run that writes ``out``.

    ``net.train.pt`` is the state after the last finished epoch, and is deleted at the end of the
    run; ``net.log.jsonl`` has a line for the settings, one per epoch, and one for the result.

    Raises
    ------
    Refusal
        If ``out`` is a folder, or a name that the others cannot be made of.
    """

    def __init__(self, out: Path, settings: dict[str, Any]) -> None:
        if not out.name:
            raise Refusal(f"{out}: is a folder; give the file to write, such as net.pt")
        self.out = out
        self.state = out.with_suffix(".train.pt")
        self.log = log_of(out)
        self.settings = settings

    def begin(self, resume: bool, *, overwrite: bool = False) -> dict[str, Any] | None:
        """The state to resume from, or None for a new run.

        Raises
        ------
        Refusal
            If there is no state to resume, or it has other settings; without ``overwrite``, if a
            new run would lose a state or an earlier network.
        """
        for path in (self.out, self.state, self.log):
            check_target(path)
        if resume and overwrite:
            raise Refusal("--resume goes on with a run and --overwrite starts anew; give one")
        if not resume:
            if self.state.exists() and not overwrite:
                raise Refusal(f"{self.state}: an unfinished run lies here; go on with --resume, or"
                              " start anew with --overwrite")
            if self.out.exists() and not overwrite:
                raise Refusal(f"{self.out}: a file lies here already, such as a trained network;"
                              " replace it with --overwrite, or change --out")
            return None
        if not self.state.exists():
            done = f"the run that wrote {self.out} is done; " if self.out.exists() else ""
            raise Refusal(f"{self.state}: nothing to resume; {done}start without --resume")
        state = read(self.state)
        self._same(state.get("settings"))
        return state

    def _same(self, before: Any) -> None:
        if not isinstance(before, dict):
            raise Refusal(f"{self.state}: not the state of a training run; remove it")
        changed = [f"{name} was {before.get(name)!r}, is {self.settings.get(name)!r}"
                   for name in {**before, **self.settings}
                   if before.get(name) != self.settings.get(name)]
        if changed:
            raise Refusal(f"{self.state}: the run to resume had other settings:"
                          f" {'; '.join(changed)}")

    def keep(self, state: dict[str, Any], history: list[dict[str, Any]]) -> None:
        """Write state and log after an epoch."""
        write({"settings": self.settings, "history": history, **state}, self.state)
        self._write_log([self.settings, *history])

    def finish(self, history: list[dict[str, Any]], result: dict[str, Any]) -> None:
        """Complete the log and delete the state, which a finished run does not need."""
        self._write_log([self.settings, *history, result])
        self.state.unlink(missing_ok=True)

    def _write_log(self, lines: list[dict[str, Any]]) -> None:
        with whole(self.log) as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines).encode())
