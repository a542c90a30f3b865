"""``python -m model.train``: trains a binarized network and writes its checkpoint."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from model.data import SETS, Images, load
from model.methods.catalogue import METHODS
from model.refusal import Refusal, refusing
from model.scoring import device_of
from model.settings import Optimizer, Settings
from model.tables import TABLES, table
from model.topologies import TOPOLOGIES, WIDTH, WIDTHS, topology
from model.training import Diverged, Line, train


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Train by the arguments; 0 done, 1 diverged or interrupted, 2 unusable input."""
    given = command_line().parse_args(argv)
    settings, arch = _settings(given), _arch(given)
    train_set = _first(load(given.data, given.data_dir, "train"), given.train_images)
    test_set = load(given.data, given.data_dir, "test")
    with _Display(settings.epochs, METHODS[settings.method].terms) as display:
        try:
            checkpoint = train(
                settings, arch, train_set, test_set, given.out, resume=given.resume,
                device=device_of(given.device), on_epoch=display.epoch, on_batch=display.batch)
        except Diverged as cause:
            print(f"failed: {cause}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("interrupted; the same command with --resume goes on", file=sys.stderr)
            return 1
    metrics = checkpoint.metrics
    print(f"{given.out}: {metrics['correct']} of {metrics['images']} {given.data} test images"
          f" right ({metrics['accuracy']:.2%})")
    return 0


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model.train", description=__doc__)
    parser.add_argument("--method", required=True, choices=list(METHODS))
    parser.add_argument("--arch", required=True, metavar="NAME",
                        help=f"{', '.join(TOPOLOGIES)}, or a JSON file that holds an arch")
    parser.add_argument("--width", type=int,
                        help=f"channels of the first layer (default: {_usual_widths()})")
    parser.add_argument("--shallow", action="store_true", help="vgg without its two 4xC layers")
    parser.add_argument("--data", required=True, choices=list(SETS))
    parser.add_argument("--data-dir", required=True, type=Path, metavar="DIR")
    parser.add_argument("--out", required=True, type=Path, metavar="net.pt")
    parser.add_argument("--train-images", type=int, metavar="N",
                        help="train on the first N images only (default: on all)")
    parser.add_argument("--table", choices=TABLES, default="normalised",
                        help="how a byte becomes the integer the network reads")
    parser.add_argument("--scale-bits", type=int, choices=range(8), default=1, metavar="K",
                        help="the normalised table is round(2^K (p/255 - mean) / std)")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=5e-3)
    parser.add_argument("--optimizer", choices=get_args(Optimizer), default="adam")
    parser.add_argument("--momentum", type=float, default=0.9,
                        help="of the optimizers momentum and nesterov")
    parser.add_argument("--weight-decay", type=float, default=0.0)
    parser.add_argument("--schedule", choices=["cosine", "steps"], default="cosine")
    parser.add_argument("--lambda", dest="weight", type=float, default=2.0,
                        help="factor of the distribution loss")
    parser.add_argument("--variant", choices=["paper", "upstream"], default="paper",
                        help="the distribution loss as printed, or as its authors' program has it")
    parser.add_argument("--shift", type=int, help="pixels a training image may move each way")
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction, default=None)
    parser.add_argument("--negative-gammas", type=float, default=0.0, metavar="SHARE",
                        help="share of batch-norm channels that start at -1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the last whole epoch")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: torch's choice")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    return parser


def _usual_widths() -> str:
    return ", ".join(f"{name} {width}" for name, width in WIDTHS.items()) + f", else {WIDTH}"


def _first(images: Images, count: int | None) -> Images:
    if count is None:
        return images
    if not 2 <= count <= len(images):
        raise Refusal(f"--train-images {count}: give 2 to {len(images)}, which the set has")
    return Images(images=images.images[:count], labels=images.labels[:count])


def _settings(given: argparse.Namespace) -> Settings:
    usual = SETS[given.data]
    settings = Settings(
        method=given.method, data=given.data, epochs=given.epochs, batch=given.batch, lr=given.lr,
        optimizer=given.optimizer, momentum=given.momentum, weight_decay=given.weight_decay,
        schedule=given.schedule, variant=given.variant, negative_gammas=given.negative_gammas,
        weight=given.weight if given.method == "bnn-dl" else 0.0, seed=given.seed,
        threads=given.threads, shift=usual.shift, flip=usual.flip)
    if given.shift is not None:
        settings = replace(settings, shift=given.shift)
    return settings if given.flip is None else replace(settings, flip=given.flip)


def _arch(given: argparse.Namespace) -> dict[str, Any]:
    if given.arch.endswith(".json"):
        return _described(Path(given.arch))
    name = "vgg-shallow" if given.arch == "vgg" and given.shallow else given.arch
    usual = SETS[given.data]
    reads = table(given.table, usual.mean, usual.std, given.scale_bits)
    return topology(name, given.width, usual.shape, reads, len(usual.classes))


def _described(path: Path) -> dict[str, Any]:
    try:
        arch = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Refusal(f"{path}: cannot be read as JSON ({error}); see docs/checkpoint.md") from None
    return arch


class _Display:
    """A bar over all epochs, and a line for each one behind it."""

    def __init__(self, epochs: int, terms: Sequence[str]) -> None:
        self.terms = terms
        self.progress = Progress(
            TextColumn("epoch {task.completed:.2f} of {task.total}"), BarColumn(),
            TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True))
        self.task = self.progress.add_task("training", total=epochs)
        self.done = 0

    def __enter__(self) -> "_Display":
        return self

    def __exit__(self, *_: object) -> None:
        if self.progress.live.is_started:
            self.progress.stop()

    def batch(self, share: float) -> None:
        # Not before there is progress: a refusal is one line, without an empty bar above it.
        self.progress.start()
        self.progress.update(self.task, completed=self.done + share)

    def epoch(self, line: Line) -> None:
        self.done = line["epoch"]
        self.progress.update(self.task, completed=self.done)
        terms = "".join(f"  {name} {line[name]:.4f}" for name in self.terms)
        self.progress.console.print(
            f"epoch {line['epoch']:3}  loss {line['cross_entropy']:.4f}{terms}"
            f"  train {line['train_accuracy']:.2%}  test {line['test_accuracy']:.2%}"
            f"  {line['seconds']:.0f} s", highlight=False)


if __name__ == "__main__":
    raise SystemExit(main())
