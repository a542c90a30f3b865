"""``python -m model.train``: trains a binarized network and writes its checkpoint."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import torch

from model.data import SETS, Images, load
from model.display import Display
from model.methods.catalogue import METHODS
from model.processes import Processes, processes
from model.refusal import Refusal, refusing
from model.scoring import device_of
from model.settings import Optimizer, Precision, Settings
from model.tables import TABLES, table
from model.topologies import TOPOLOGIES, WIDTH, WIDTHS, topology
from model.training import Diverged, train


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Train by the arguments; 0 done, 1 diverged or interrupted, 2 unusable input."""
    given = command_line().parse_args(argv)
    device = device_of(given.device)
    train_set = _first(load(given.data, given.data_dir, "train"), given.train_images)
    test_set = load(given.data, given.data_dir, "test")
    with processes(device) as team:
        settings = _settings(given, device, team)
        with Display(settings.epochs, METHODS[settings.method].terms) as display:
            try:
                checkpoint = train(
                    settings, _arch(given), train_set, test_set, given.out, resume=given.resume,
                    device=device, processes=team, on_epoch=display.epoch,
                    on_batch=display.batch if team.first else lambda share: None)
            except (Diverged, KeyboardInterrupt) as end:
                print(_ended(end), file=sys.stderr)
                return 1
    if not team.first:
        return 0
    metrics = checkpoint.metrics
    print(f"{given.out}: {metrics['correct']} of {metrics['images']} {given.data} test images"
          f" right ({metrics['accuracy']:.2%})")
    return 0


def _ended(end: BaseException) -> str:
    if isinstance(end, Diverged):
        return f"failed: {end}"
    return "interrupted; the same command with --resume goes on"


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
    parser.add_argument("--precision", choices=get_args(Precision), default="float32",
                        help="of products while training; accuracy is always that of float32")
    parser.add_argument("--channels-last", action=argparse.BooleanOptionalAction, default=None,
                        help="channels of a pixel side by side in memory (default: on CUDA)")
    parser.add_argument("--compile", action="store_true",
                        help="by torch.compile: a minute first, faster epochs on CUDA")
    parser.add_argument("--shards", type=int, metavar="N",
                        help="parts of a batch that are normalised by themselves, which the"
                        " processes of torchrun share (default: one for each process)")
    return parser


def _usual_widths() -> str:
    return ", ".join(f"{name} {width}" for name, width in WIDTHS.items()) + f", else {WIDTH}"


def _first(images: Images, count: int | None) -> Images:
    if count is None:
        return images
    if not 2 <= count <= len(images):
        raise Refusal(f"--train-images {count}: give 2 to {len(images)}, which the set has")
    return Images(images=images.images[:count], labels=images.labels[:count])


def _settings(given: argparse.Namespace, device: torch.device, team: Processes) -> Settings:
    usual = SETS[given.data]
    settings = Settings(
        method=given.method, data=given.data, epochs=given.epochs, batch=given.batch, lr=given.lr,
        optimizer=given.optimizer, momentum=given.momentum, weight_decay=given.weight_decay,
        schedule=given.schedule, variant=given.variant, negative_gammas=given.negative_gammas,
        weight=given.weight if given.method == "bnn-dl" else 0.0, seed=given.seed,
        threads=given.threads, shift=usual.shift, flip=usual.flip, precision=given.precision,
        compile=given.compile, shards=team.size if given.shards is None else given.shards,
        channels_last=device.type == "cuda" if given.channels_last is None
        else given.channels_last)
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


if __name__ == "__main__":
    raise SystemExit(main())
