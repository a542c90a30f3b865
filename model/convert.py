"""``python -m model.convert``: a network that others trained becomes a checkpoint."""

import argparse
import os
from collections.abc import Callable, Sequence
from math import isfinite

from model import files, options
from model.command import Command
from model.importers.catalogue import IMPORTERS, MOST_BITS, RULES, TOLD, importer_of, taking
from model.options import File, Parser
from model.refusal import Refusal


def _arguments(parser: Parser) -> None:
    parser.add_argument("--from", dest="form", required=True, choices=IMPORTERS,
                        help="the format of SRC; docs/convert.md says what each reads")
    parser.add_argument("source", type=options.path("SRC"), metavar="SRC",
                        help="the published file or folder")
    parser.add_argument("out", type=options.path("net.pt"), metavar="net.pt",
                        help="the checkpoint to write")
    parser.add_argument("--overwrite", action="store_true",
                        help="replace a file that lies there already")
    parser.add_argument("--output-bits", action="store_true",
                        help="of bnn-pynq: the highest output bit of the last layer tells the"
                        " class, as in the published program of LFC; otherwise its sums are scores")
    real = parser.add_argument_group(
        f"networks with real input: {', '.join(taking('normalisation'))}")
    real.add_argument("--mean", type=_numbers("--mean"), metavar="R,G,B",
                      help="what the training program subtracted from p/255, a number a channel")
    real.add_argument("--std", type=_numbers("--std"), metavar="R,G,B",
                      help="and what it divided by")
    real.add_argument("--scale-bits", type=options.whole("--scale-bits", 0, MOST_BITS), default=8,
                      metavar="N", help="the first layer reads round(2^N (p/255 - mean) / std): "
                      "more bits are nearer to the real input and cost a wider first layer")
    real.add_argument("--images", type=File("--images"), metavar="X.npy",
                      help="count how many of these images that rounding puts into another class,"
                      " and the zeros before a sign")
    real.add_argument("--sign-before-last", action="store_true",
                      help="of ir-net: the network was trained on with a sign in place of its last"
                      " Hardtanh, which the file does not tell")
    code = parser.add_argument_group("code of your own: torch")
    code.add_argument("--module", metavar="FILE.py:NAME",
                      help="the class of the network, or a function of no arguments that makes one")
    code.add_argument("--run-code", action="store_true",
                      help="run that file; without it nothing is run and nothing converted")
    code.add_argument("--shape", type=_shape, metavar="C,H,W", help="of an image")
    code.add_argument("--binary-weights", choices=RULES, default="",
                      help="of nn.Conv2d and nn.Linear whose latents the training program binarised"
                      " from outside; those of your own layers are what they compute (default:"
                      " none)")
    code.add_argument("--real", default="", metavar="LAYER,...",
                      help="layers that --binary-weights leaves real, such as features.0"
                      " (default: none)")


def _shape(text: str) -> tuple[int, int, int]:
    sizes = text.split(",")
    if len(sizes) != 3 or not all(each.isdecimal() and int(each[:9]) > 0 for each in sizes):
        raise Refusal(f"--shape {text[:40]!r}: give channels, rows and columns, such as 3,32,32")
    channels, height, width = (int(each[:9]) for each in sizes)
    return channels, height, width


def _numbers(option: str) -> Callable[[str], tuple[float, ...]]:
    """Type of an option for a real number of each channel."""

    def numbers(text: str) -> tuple[float, ...]:
        try:
            found = tuple(float(word) for word in text.split(","))
        except ValueError:
            found = ()
        if not found or not all(map(isfinite, found)) or (option == "--std" and min(found) <= 0):
            above = " above 0" if option == "--std" else ""
            raise Refusal(f"{option} {text[:40]!r}: give a number{above} for each channel, with"
                          " commas, such as 0.485,0.456,0.406")
        return found

    return numbers


def _check(parser: Parser, given: argparse.Namespace) -> None:
    files.check_new(given.out, overwrite=given.overwrite)
    if (given.mean is None) != (given.std is None):
        raise Refusal(f"{'--std' if given.mean is None else '--mean'} without "
                      f"{'--mean' if given.mean is None else '--std'}; give both")
    if given.images is not None and given.mean is None:
        raise Refusal("--images: only real input is rounded; give --mean and --std with it")
    if given.images is not None and given.form in TOLD:
        raise Refusal(f"--images: leave it out for {given.form}, whose file says what it rounds")
    code = given.module or given.run_code or given.shape or given.binary_weights or given.real
    if given.form == "torch" or code:
        _check_code(given)
    importer_of(given.form, {
        "normalisation": given.mean, "output_bits": given.output_bits,
        "sign_before_last": given.sign_before_last, "code": code})
    if not os.path.lexists(given.source):
        raise Refusal(f"{given.source}: no such file or folder; give what was published")


def _check_code(given: argparse.Namespace) -> None:
    """Refuse what is said of a module, unless it names one that may be run."""
    file, colon, name = (given.module or "").rpartition(":")
    if not colon or not file or not name.isidentifier():
        raise Refusal(f"--module {given.module or ''!r}: --from torch needs a Python file and"
                      " what makes the network in it, such as net.py:Net")
    if given.shape is None:
        raise Refusal("--from torch needs --shape, such as 3,32,32: channels, rows and columns")
    if not given.run_code:
        raise Refusal(f"--module {file}: its code would be run, with all your rights; read it, then"
                      " say so with --run-code")


COMMAND = Command(
    module="model.convert", document=__doc__, arguments=_arguments, check=_check,
    examples=(
        "--from bnn-pynq cnvW1A1 net.pt",
        "--from qonnx model.onnx net.pt",
        "--from bnn-dl checkpoint.pth net.pt --mean 0.5,0.5,0.5 --std 0.5,0.5,0.5",
        "--from torch weights.pth net.pt --module net.py:Net --shape 3,32,32 --run-code",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Convert as the arguments say; 0 if done, 2 if input is unusable and nothing was written."""
    return COMMAND.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
