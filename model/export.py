"""``python -m model.export``: writes a checkpoint in a format of other programs."""

from collections.abc import Callable, Sequence

from model import options
from model.checkpoint import Checkpoint, load
from model.exporters import qonnx
from model.files import Name, check_target
from model.options import Parser
from model.refusal import Refusal, refusing

EXPORTERS: dict[str, Callable[[Checkpoint, Name], None]] = {"qonnx": qonnx.write}


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Export as the arguments say; 0 if done, 2 if input is unusable and nothing was written."""
    parser = Parser(prog="python -m model.export", description=__doc__)
    parser.add_argument("--to", dest="form", required=True, choices=EXPORTERS,
                        help="the format of OUT; docs/convert.md says what each can say")
    parser.add_argument("checkpoint", type=options.path("net.pt"), metavar="net.pt")
    parser.add_argument("out", type=options.path("OUT"), metavar="OUT",
                        help="the file to write, such as net.onnx")
    parser.add_argument("--overwrite", action="store_true",
                        help="replace a file that lies there already")
    given = parser.parse_args(argv)
    check_target(given.out, "the name")
    if given.out.exists() and not given.overwrite:
        raise Refusal(f"{given.out}: a file lies there already; replace it with --overwrite, or"
                      " change the name")
    checkpoint = load(given.checkpoint)
    try:
        EXPORTERS[given.form](checkpoint, given.out)
    except Refusal as refusal:
        raise Refusal(f"{given.checkpoint}: {refusal}") from None
    layers = len(checkpoint.arch["layers"])
    print(f"{given.out}: {layers} layers, {len(checkpoint.classes)} scores")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
