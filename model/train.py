"""``python -m model.train``: trains a binarized network and writes its checkpoint."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import get_args, get_type_hints

from model import files, options
from model.command import Command
from model.data import SETS, check
from model.options import Parser
from model.refusal import Refusal
from model.settings import (
    LIMITS,
    Gradient,
    Method,
    Optimizer,
    Precision,
    Settings,
    Variant,
    Weights,
)
from model.tables import TABLES
from model.topologies import TOPOLOGIES, WIDTH, WIDTHS, check_name


def _arguments(parser: Parser) -> None:
    parser.add_argument("--method", required=True, choices=get_args(Method),
                        help="the training method, see docs/methods.md")
    parser.add_argument("--arch", required=True, metavar="NAME",
                        help=f"{', '.join(TOPOLOGIES)}, or a JSON file that holds an arch")
    parser.add_argument("--width", type=options.whole("--width", 1, 65536),
                        help=f"channels of the first layer (default: {_usual_widths()})")
    parser.add_argument("--shallow", action="store_true", help="vgg without its two 4xC layers")
    parser.add_argument("--data", required=True, type=options.name("--data"), metavar="SET",
                        help=f"{', '.join(SETS)}, or a folder of your own images: one of pictures"
                        " for each class, in train/ and test/ or not, or X.npy and Y.npy")
    parser.add_argument("--data-dir", type=options.path("--data-dir"), metavar="DIR",
                        help="where the files of a known set are (default: none)")
    own = parser.add_argument_group("your own pictures, see docs/training.md")
    own.add_argument("--size", type=options.size, metavar="N",
                     help="pixels that pictures are cut and scaled to, such as 32 or, height first,"
                     " 24x32 (default: as they are)")
    own.add_argument("--grey", action="store_true", help="in grey; otherwise in colour")
    own.add_argument("--test-share", type=options.real("--test-share", 0.01, 0.9), default=0.2,
                     metavar="SHARE", help="of each class to test on, by --seed, where the folder"
                     " has no train/ and test/")
    parser.add_argument("--out", required=True, type=options.out, metavar="net.pt",
                        help="the checkpoint to write; its log is written beside it")
    parser.add_argument("--train-images", type=options.whole("--train-images", 0, 10**9),
                        metavar="N",
                        help="train on the first N images only (default: on all)")
    parser.add_argument("--table", choices=TABLES, default="normalised",
                        help="how a byte becomes the integer the network reads")
    parser.add_argument("--scale-bits", type=options.whole("--scale-bits", 0, 7), default=1,
                        metavar="K",
                        help="the normalised table is round(2^K (p/255 - mean) / std)")
    parser.add_argument("--epochs", type=_within("--epochs"), default=50, metavar="N",
                        help="how often every training image is used")
    parser.add_argument("--batch", type=_within("--batch"), default=128, metavar="N",
                        help="images of one step")
    parser.add_argument("--lr", type=_within("--lr"),
                        help="first learning rate (default: 5e-3; bd-bnn and binaryduo 0.1)")
    parser.add_argument("--optimizer", choices=get_args(Optimizer),
                        help="the optimiser (default: adam; bd-bnn momentum, binaryduo nesterov)")
    parser.add_argument("--momentum", type=_within("--momentum"),
                        help="of momentum and nesterov (default: 0.9)")
    parser.add_argument("--weight-decay", type=_within("--weight-decay"),
                        help="of the optimiser (default: 0; bd-bnn and binaryduo 1e-4)")
    parser.add_argument("--schedule", choices=["cosine", "steps"], default="cosine",
                        help="how the learning rate falls")
    parser.add_argument("--shift", type=_within("--shift"),
                        help="pixels a training image may move each way (default: the set's)")
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction, default=None,
                        help="mirror training images at random (default: as is usual for the set)")
    parser.add_argument("--negative-gammas", type=_within("--negative-gammas"), default=0.0,
                        metavar="SHARE",
                        help="share of batch-norm channels that start at -1")
    parser.add_argument("--seed", type=_within("--seed"), default=1,
                        help="of first weights, order and augmentation")
    parser.add_argument("--resume", action="store_true", help="go on from the last whole epoch")
    parser.add_argument("--overwrite", action="store_true",
                        help="start anew, and replace the trained network or unfinished run that"
                        " lies at --out")
    parser.add_argument("--quantise", action=argparse.BooleanOptionalAction, default=True,
                        help="give a residual network the fixed point that hardware computes, as"
                        " model.quantise does")
    parser.add_argument("--threads", type=_within("--threads"), default=0,
                        help="CPU threads; 0 is torch's choice")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"],
                        help="where to train; auto is CUDA where there is one")
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


def _add_methods(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--lambda", dest="weight", type=_within("--lambda", "weight"),
                       help="factor of bnn-dl's distribution loss (default: 2), or of bd-bnn's"
                       " kurtosis loss (default: 1)")
    group.add_argument("--variant", choices=get_args(Variant),
                       help="bnn-dl: the loss as printed, or as its authors' program has it "
                       " (default: paper)")
    group.add_argument("--kurtosis", type=_targets, metavar="K[,K...]",
                       help="bd-bnn: target of all layers, or of each but the first (default: 1.8)")
    group.add_argument("--weights", choices=get_args(Weights),
                       help="bd-bnn: how weights are scaled (default: scaled)")
    group.add_argument("--gradient", choices=get_args(Gradient),
                       help="bd-bnn: slope of the sign, clipped or IR-Net's (default: clip)")
    group.add_argument("--teacher", type=options.name("--teacher"), metavar="real.pt",
                       help="bd-bnn: learn from this checkpoint of --method real"
                       " (default: none)")
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


def _check(parser: Parser, given: argparse.Namespace) -> None:
    if given.arch.endswith(".json"):
        files.size(given.arch, sys.maxsize)
    else:
        check_name(given.arch)
    check(given.data, given.data_dir)
    if given.data in SETS and (given.size or given.grey):
        raise Refusal(f"--size, --grey: for your own pictures; leave them out for {given.data}")


COMMAND = Command(
    module="model.train", document=__doc__, arguments=_arguments, check=_check,
    examples=(
        "--method bnn --arch small --data mnist --data-dir DIR --epochs 1 --out net.pt",
        "--method bnn-dl --arch vgg --width 32 --data cifar10 --data-dir DIR --out net.pt",
        "--method bnn-dl --arch vgg --width 32 --data cifar10 --data-dir DIR --out net.pt --resume",
        "--method bnn --arch mnist --data PICTURES --size 32 --out net.pt",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as the arguments say; 0 if done, 1 if it diverged, 2 if input is unusable."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
