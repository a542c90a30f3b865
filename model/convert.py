"""``python -m model.convert``: a network that others trained becomes a checkpoint."""

from collections.abc import Callable, Sequence
from pathlib import Path

from model import options
from model.checkpoint import Checkpoint, save
from model.files import check_target
from model.importers import bnn_pynq, qonnx
from model.options import Parser
from model.refusal import Refusal, refusing

IMPORTERS: dict[str, Callable[[Path], Checkpoint]] = {
    "bnn-pynq": bnn_pynq.read,
    "qonnx": qonnx.read,
}


def convert(form: str, source: Path) -> Checkpoint:
    """The checkpoint of the network in ``source``, a file or folder of the format ``form``.

    Raises
    ------
    Refusal
        For a format without an importer, or a source that is not exactly of that format.
    """
    if form not in IMPORTERS:
        raise Refusal(f"no importer is called {form!r}; choose from {', '.join(IMPORTERS)}")
    return IMPORTERS[form](source)


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Convert as the arguments say; 0 if done, 2 if input is unusable and nothing was written."""
    parser = Parser(prog="python -m model.convert", description=__doc__)
    parser.add_argument("--from", dest="form", required=True, choices=list(IMPORTERS),
                        help="the format of SRC; docs/convert.md says what each reads")
    parser.add_argument("source", type=options.path("SRC"), metavar="SRC",
                        help="the published file or folder")
    parser.add_argument("out", type=options.path("net.pt"), metavar="net.pt")
    parser.add_argument("--overwrite", action="store_true",
                        help="replace a file that lies there already")
    given = parser.parse_args(argv)
    check_target(given.out, "the name")
    if given.out.exists() and not given.overwrite:
        raise Refusal(f"{given.out}: a file lies there already; replace it with --overwrite, or"
                      " change the name")
    checkpoint = convert(given.form, given.source)
    save(checkpoint, given.out)
    products = checkpoint.module().products()
    weights = sum(product.weight.numel() for product in products)
    shape = " x ".join(map(str, checkpoint.arch["input"]["shape"]))
    print(f"{given.out}: images of {shape}, {len(products)} binary layers with {weights:,} weights,"
          f" {len(checkpoint.classes)} classes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
