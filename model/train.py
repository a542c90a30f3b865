"""``python -m model.train``: trains a binarized network and writes its checkpoint."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import torch

from model import options
from model.checkpoint import PICKLE
from model.data import SETS, Images, load
from model.display import Display
from model.files import content, reason
from model.losses import Variant
from model.methods.catalogue import METHODS
from model.options import Parser
from model.processes import Processes, processes
from model.refusal import Refusal, refusing, say
from model.scoring import device_of
from model.settings import LIMITS, Gradient, Optimizer, Precision, Settings, Weights
from model.tables import TABLES, table
from model.topologies import TOPOLOGIES, WIDTH, WIDTHS, topology
from model.training import Diverged, train


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Train as the arguments say; 0 if done, 1 if it diverged, 2 if input is unusable."""
    given = command_line().parse_args(argv)
    device = device_of(given.device)
    train_set = _first(load(given.data, given.data_dir, "train"), given.train_images)
    test_set = load(given.data, given.data_dir, "test")
    with processes(device) as team:
        settings = _settings(given, device, team)
        try:
            with Display(settings.epochs) as display:
                checkpoint = train(
                    settings, _arch(given), train_set, test_set, given.out, resume=given.resume,
                    overwrite=given.overwrite, quantised=given.quantise, device=device,
                    processes=team,
                    on_epoch=display.epoch,
                    on_batch=display.batch if team.first else lambda share: None)
        except Diverged as end:
            say(f"failed: {end}")
            return 1
        except KeyboardInterrupt as end:
            end.add_note("the same command with --resume goes on")
            raise
    if not team.first:
        return 0
    metrics = checkpoint.metrics
    before = metrics.get("before_quantising")
    told = f", {before['correct']} before its residual stream was quantised" if before else ""
    print(f"{given.out}: {metrics['correct']} of {metrics['images']} {given.data} test images"
          f" right ({metrics['accuracy']:.2%}){told}")
    return 0


def command_line() -> Parser:
    parser = Parser(prog="python -m model.train", description=__doc__)
    parser.add_argument("--method", required=True, choices=list(METHODS))
    parser.add_argument("--arch", required=True, metavar="NAME",
                        help=f"{', '.join(TOPOLOGIES)}, or a JSON file that holds an arch")
    parser.add_argument("--width", type=options.whole("--width", 1, 65536),
                        help=f"channels of the first layer (default: {_usual_widths()})")
    parser.add_argument("--shallow", action="store_true", help="vgg without its two 4xC layers")
    parser.add_argument("--data", required=True, choices=list(SETS))
    parser.add_argument("--data-dir", required=True, type=options.path("--data-dir"),
                        metavar="DIR")
    parser.add_argument("--out", required=True, type=options.out, metavar="net.pt")
    parser.add_argument("--train-images", type=options.whole("--train-images", 0, 10**9),
                        metavar="N",
                        help="train on the first N images only (default: on all)")
    parser.add_argument("--table", choices=TABLES, default="normalised",
                        help="how a byte becomes the integer the network reads")
    parser.add_argument("--scale-bits", type=options.whole("--scale-bits", 0, 7), default=1,
                        metavar="K",
                        help="the normalised table is round(2^K (p/255 - mean) / std)")
    parser.add_argument("--epochs", type=_within("--epochs"), default=50)
    parser.add_argument("--batch", type=_within("--batch"), default=128)
    parser.add_argument("--lr", type=_within("--lr"),
                        help="default: 5e-3; bd-bnn and binaryduo 0.1")
    parser.add_argument("--optimizer", choices=get_args(Optimizer),
                        help="default: adam; bd-bnn momentum, binaryduo nesterov")
    parser.add_argument("--momentum", type=_within("--momentum"),
                        help="of momentum and nesterov (default: 0.9)")
    parser.add_argument("--weight-decay", type=_within("--weight-decay"),
                        help="default: 0; bd-bnn and binaryduo 1e-4")
    parser.add_argument("--schedule", choices=["cosine", "steps"], default="cosine")
    parser.add_argument("--shift", type=_within("--shift"),
                        help="pixels a training image may move each way")
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction, default=None)
    parser.add_argument("--negative-gammas", type=_within("--negative-gammas"), default=0.0,
                        metavar="SHARE",
                        help="share of batch-norm channels that start at -1")
    parser.add_argument("--seed", type=_within("--seed"), default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the last whole epoch")
    parser.add_argument("--overwrite", action="store_true",
                        help="start anew, and replace the trained network or unfinished run that"
                        " lies at --out")
    parser.add_argument("--quantise", action=argparse.BooleanOptionalAction, default=True,
                        help="give a residual network the fixed point that hardware computes, as"
                        " model.quantise does (default: yes)")
    parser.add_argument("--threads", type=_within("--threads"), default=0,
                        help="CPU threads; 0: torch's choice")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--precision", choices=get_args(Precision), default="float32",
                        help="of products while training; accuracy is always that of float32")
    parser.add_argument("--channels-last", action=argparse.BooleanOptionalAction, default=None,
                        help="channels of a pixel side by side in memory (default: on CUDA)")
    parser.add_argument("--compile", action="store_true",
                        help="by torch.compile: a minute first, faster epochs on CUDA")
    parser.add_argument("--shards", type=_within("--shards"), metavar="N",
                        help="parts of a batch that are normalised by themselves, which the"
                        " processes of torchrun share (default: one for each process)")
    _add_methods(parser.add_argument_group("options of single methods, see docs/methods.md"))
    return parser


def _add_methods(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--lambda", dest="weight", type=_within("--lambda", "weight"),
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
    group.add_argument("--teacher", type=options.name("--teacher"), metavar="real.pt",
                       help="bd-bnn: learn from this checkpoint of --method real")
    group.add_argument("--kd", type=_within("--kd"),
                       help="bd-bnn: factor of the distillation (default: 0.9)")
    group.add_argument("--wdm", type=_within("--wdm"),
                       help="bd-bnn: factor of the weight distribution mimicking (default: 200)")
    group.add_argument("--nu", type=_within("--nu"),
                       help="self-binarizing: the last steepness of tanh (default: 1000)")
    group.add_argument("--coupled", type=_within("--coupled"), metavar="SHARE",
                       help="binaryduo: share of the epochs before pairs are split (default: 0.6)")


def _usual_widths() -> str:
    return ", ".join(f"{name} {width}" for name, width in WIDTHS.items()) + f", else {WIDTH}"


def _within(option: str, name: str = "") -> Callable[[str], float]:
    """Type of an option for a setting, within its limits."""
    setting = name or option.removeprefix("--").replace("-", "_")
    least, most = LIMITS[setting]
    if get_type_hints(Settings)[setting] is int:
        return options.whole(option, int(least), int(most))
    return options.real(option, least, most)


def _targets(text: str) -> tuple[float, ...]:
    return tuple(options.real("--kurtosis", *LIMITS["kurtosis"])(part) for part in text.split(","))


def _first(images: Images, count: int | None) -> Images:
    if count is None:
        return images
    if not 2 <= count <= len(images):
        raise Refusal(f"--train-images {count}: give 2 to {len(images)}, which the set has")
    return Images(images=images.images[:count], labels=images.labels[:count])


def _settings(given: argparse.Namespace, device: torch.device, team: Processes) -> Settings:
    """The settings: as given, else the data set's, the method's or the defaults of `Settings`."""
    usual = SETS[given.data]
    chosen = {"shift": usual.shift, "flip": usual.flip, "shards": team.size,
              "channels_last": device.type == "cuda", **METHODS[given.method].usual}
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
    arch = topology(name, given.width, usual.shape, reads, len(usual.classes))
    return METHODS[given.method].narrowed(arch)


def _described(path: Path) -> dict[str, Any]:
    try:
        arch = json.loads(content(path, PICKLE))
    except (ValueError, RecursionError) as error:
        raise Refusal(f"{path}: cannot be read as JSON ({reason(error)}); see docs/checkpoint.md"
                      ) from None
    return arch


if __name__ == "__main__":
    raise SystemExit(main())
