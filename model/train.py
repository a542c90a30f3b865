"""``python -m model.train``: trains a binarized network and writes its checkpoint."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from model.data import SETS, Images, load
from model.losses import Variant
from model.methods.catalogue import METHODS
from model.refusal import Refusal, refusing
from model.scoring import device_of
from model.settings import Gradient, Optimizer, Settings, Weights
from model.tables import TABLES, table
from model.topologies import TOPOLOGIES, WIDTH, topology
from model.training import Diverged, Line, train


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Train by the arguments; 0 done, 1 diverged or interrupted, 2 unusable input."""
    given = command_line().parse_args(argv)
    settings, arch = _settings(given), _arch(given)
    train_set = _first(load(given.data, given.data_dir, "train"), given.train_images)
    test_set = load(given.data, given.data_dir, "test")
    with _Display(settings.epochs) as display:
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
                        help="channels of the first layer (default: of the name, cnv and tfc 64, "
                        f"sfc 256, lfc 1024, else {WIDTH})")
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
    parser.add_argument("--lr", type=float, help="default: 5e-3; bd-bnn and binaryduo 0.1")
    parser.add_argument("--optimizer", choices=get_args(Optimizer),
                        help="default: adam; bd-bnn momentum, binaryduo nesterov")
    parser.add_argument("--momentum", type=float, help="of momentum and nesterov (default: 0.9)")
    parser.add_argument("--weight-decay", type=float,
                        help="default: 0; bd-bnn and binaryduo 1e-4")
    parser.add_argument("--schedule", choices=["cosine", "steps"], default="cosine")
    parser.add_argument("--shift", type=int, help="pixels a training image may move each way")
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction, default=None)
    parser.add_argument("--negative-gammas", type=float, default=0.0, metavar="SHARE",
                        help="share of batch-norm channels that start at -1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the last whole epoch")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: torch's choice")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    _add_methods(parser.add_argument_group("options of single methods, see docs/methods.md"))
    return parser


def _add_methods(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--lambda", dest="weight", type=float,
                       help="factor of bnn-dl's distribution loss (default: 2), or of bd-bnn's"
                       " kurtosis loss (default: 1)")
    group.add_argument("--variant", choices=get_args(Variant),
                       help="bnn-dl: the loss as printed, or as its authors' program has it")
    group.add_argument("--kurtosis", type=_targets, metavar="K[,K...]",
                       help="bd-bnn: target of all layers, or of each but the first (default: 1.8)")
    group.add_argument("--weights", choices=get_args(Weights),
                       help="bd-bnn: how weights are scaled (default: scaled)")
    group.add_argument("--gradient", choices=get_args(Gradient),
                       help="bd-bnn: slope of the sign, clipped or IR-Net's (default: clip)")
    group.add_argument("--teacher", metavar="real.pt",
                       help="bd-bnn: learn from this checkpoint of --method real")
    group.add_argument("--kd", type=float, help="bd-bnn: factor of the distillation (default: 0.9)")
    group.add_argument("--wdm", type=float,
                       help="bd-bnn: factor of the weight distribution mimicking (default: 200)")
    group.add_argument("--nu", type=float,
                       help="self-binarizing: the last steepness of tanh (default: 1000)")
    group.add_argument("--coupled", type=float, metavar="SHARE",
                       help="binaryduo: share of the epochs before pairs are split (default: 0.6)")


def _targets(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def _first(images: Images, count: int | None) -> Images:
    if count is None:
        return images
    if not 2 <= count <= len(images):
        raise Refusal(f"--train-images {count}: give 2 to {len(images)}, which the set has")
    return Images(images=images.images[:count], labels=images.labels[:count])


def _settings(given: argparse.Namespace) -> Settings:
    """Those given; where none is, the data set's, then the method's, then those of `Settings`."""
    usual = SETS[given.data]
    chosen = {"shift": usual.shift, "flip": usual.flip, **METHODS[given.method].usual}
    chosen |= {field.name: value for field in fields(Settings)
               if (value := getattr(given, field.name)) is not None}
    if given.method not in ("bnn-dl", "bd-bnn"):
        chosen["weight"] = 0.0
    return Settings(**chosen)


def _arch(given: argparse.Namespace) -> dict[str, Any]:
    if given.arch.endswith(".json"):
        return _described(Path(given.arch))
    name = "vgg-shallow" if given.arch == "vgg" and given.shallow else given.arch
    usual = SETS[given.data]
    reads = table(given.table, usual.mean, usual.std, given.scale_bits)
    return METHODS[given.method].narrowed(topology(name, given.width, usual.shape, reads))


def _described(path: Path) -> dict[str, Any]:
    try:
        arch = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Refusal(f"{path}: cannot be read as JSON ({error}); see docs/checkpoint.md") from None
    return arch


_USUAL = ("epoch", "lr", "cross_entropy", "train_accuracy", "test_accuracy", "seconds")


class _Display:
    """A bar over all epochs, and a line for each one behind it."""

    def __init__(self, epochs: int) -> None:
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
        terms = "".join(f"  {name} {value:.4f}" for name, value in line.items()
                        if name not in _USUAL)
        self.progress.console.print(
            f"epoch {line['epoch']:3}  loss {line['cross_entropy']:.4f}{terms}"
            f"  train {line['train_accuracy']:.2%}  test {line['test_accuracy']:.2%}"
            f"  {line['seconds']:.0f} s", highlight=False,
            soft_wrap=True)


if __name__ == "__main__":
    raise SystemExit(main())
