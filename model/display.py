"""The progress of a training run on the terminal."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Line = dict[str, Any]


_USUAL = ("epoch", "lr", "cross_entropy", "loss", "train_accuracy", "test_accuracy", "activations",
          "images_per_second", "seconds")


class Display:
    """A progress bar over all epochs, and a line for each finished one."""

    def __init__(self, epochs: int) -> None:
        self.progress = Progress(
            TextColumn("epoch {task.completed:.2f} of {task.total}"), BarColumn(),
            TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True))
        self.task = self.progress.add_task("training", total=epochs)
        self.done = 0

    def __enter__(self) -> "Display":
        return self

    def __exit__(self, *_: object) -> None:
        if self.progress.live.is_started:
            self.progress.stop()

    def batch(self, share: float) -> None:
        # Started only now, so that a refusal is one line, without an empty bar above it.
        self.progress.start()
        self.progress.update(self.task, completed=self.done + share)

    def epoch(self, line: Line) -> None:
        self.done = line["epoch"]
        self.progress.update(self.task, completed=self.done)
        terms = "".join(f"  {name} {value:.4f}" for name, value in line.items()
                        if name not in _USUAL)
        self.progress.console.print(
            f"epoch {line['epoch']:3}  loss {line['cross_entropy']:.4f}{terms}"
            f"  train {line['train_accuracy']:.2%}  test {line['test_accuracy']:.2%}"
            f"  {line['seconds']:.0f} s, {line['images_per_second']:,.0f} images/s",
            highlight=False, markup=False, soft_wrap=True)
