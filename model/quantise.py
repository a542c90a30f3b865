"""``python -m model.quantise``: makes a trained network one that hardware can compute exactly."""

from collections.abc import Sequence

from model import labelled, options
from model.checkpoint import Checkpoint, load, save
from model.files import check_target
from model.fixed_point import FRACTION
from model.options import Parser
from model.quantisation import BITS, measure, quantise
from model.refusal import Refusal, refusing


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Quantise as the arguments say; 0 if done, 2 if input is unusable and nothing was written."""
    parser = _parser()
    given = parser.parse_args(argv)
    labelled.check_options(parser, given)
    check_target(given.out, "the name")
    if given.out.exists() and not given.overwrite:
        raise Refusal(f"{given.out}: a file lies there already; replace it with --overwrite, or"
                      " change the name")
    before = load(given.checkpoint)
    test = labelled.read(given, before) if given.data or given.images else None
    try:
        after = quantise(before, bits=given.bits, odd=given.odd,
                         fraction_bits=given.fraction_bits)
    except Refusal as refusal:
        raise Refusal(f"{given.checkpoint}: {refusal}") from None
    if test is not None:
        measure(before, after, test, device=given.device)
    save(after, given.out)
    print(f"{given.out}: {told(after)}")
    if test is not None:
        print(_measured(after, len(test.images)))
    return 0


def _parser() -> Parser:
    parser = Parser(prog="python -m model.quantise", description=__doc__)
    parser.add_argument("checkpoint", type=options.path("net.pt"), metavar="net.pt")
    parser.add_argument("out", type=options.path("out.pt"), metavar="out.pt")
    parser.add_argument("--bits", type=options.whole("--bits", 2, 8), default=BITS, metavar="B",
                        help="bits of an integer in place of a real weight (default %(default)s)")
    parser.add_argument("--odd", action="store_true",
                        help="odd integers alone, of which hardware makes B - 1 binary weights in"
                        " place of B + 1")
    parser.add_argument("--fraction-bits", type=options.whole("--fraction-bits", 0, 15),
                        default=FRACTION, metavar="F",
                        help="most bits behind the point of a residual stream's numbers, which have"
                        " 17 in all (default %(default)s)")
    labelled.add_options(parser, required=False)
    parser.add_argument("--overwrite", action="store_true",
                        help="replace a file that lies at out.pt already")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    return parser


def told(after: Checkpoint) -> str:
    """What was done to a network, for a person."""
    done, parts = after.training["quantised"], []
    if weights := done.get("weights"):
        parts.append(f"weights of {done['weight_bits']} bits in {', '.join(weights)}")
    if affines := done.get("affines"):
        parts.append(f"{len(affines)} batch norms in fixed point with {done['fraction_bits']} bits"
                     " behind the point")
    return "; ".join(parts)


def _measured(after: Checkpoint, count: int) -> str:
    metrics = after.metrics
    other = f"{metrics['differing']:,} of {count:,} images have another class than before"
    if "accuracy" not in metrics:
        return other
    return (f"right: {metrics['before_quantising']['correct']:,} of {count:,} before, "
            f"{metrics['correct']:,} ({metrics['accuracy']:.2%}) now; {other}")


if __name__ == "__main__":
    raise SystemExit(main())
