"""Trials of a simulated board with thousands of faults on its line, and checks of its replies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from random import Random

from boards.protocol import BITS_OF_A_BYTE, Answer, Fault, Frame, Info, Kind, Parser
from hw.design.top import BoardLogic
from hw.plan.plan import Slots
from sim.line_faults import KINDS, SILENT
from sim.reference_board import ReferenceBoard, replies
from sim.serial_wave import Run, decoded, encoded, session, waved
from sim.sums import Sums, expected
from sim.verilate import Model

SHAPE, CLASSES = (3, 3, 4), 5
INFO = Info(slots=2, shape=SHAPE, classes=CLASSES, score_bytes=2, digest=bytes(range(50, 66)))
KEPT = {"two": Slots(count=2), "one": Slots(count=1, exact=True), "none": Slots(count=0)}
"""Image slots of the boards to try, by name."""
UNSURE = 24
"""Cycles after `silence` in which it is uncertain if a byte comes before the frame's end."""
EACH = 6
"""Number of sequence numbers of a trial."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One fault, and the frames after it.

    Parameters
    ----------
    kind : kind of the fault
    quiet : True if a silence follows; else two sound frames follow at once, and then a silence
    truth : images by the sequence numbers that the host used
    first : first of the trial's sequence numbers
    runs : levels of the line
    """

    kind: str
    quiet: bool
    first: int
    truth: dict[int, bytes]
    runs: list[Run]


@dataclass(kw_only=True)
class Outcome:
    """Results of the trials with faults of one kind."""

    trials: int = 0
    answered: int = 0
    """Trials in which the faulty frame still got its right answer."""
    faults: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    """Trials in which the faulty frame got no reply."""
    at_once: int = 0
    """Trials in which an image followed at once."""
    lost: int = 0
    """Trials of these in which that image got no answer."""


@dataclass(kw_only=True)
class Report:
    """Results of all trials; ``faults`` lists every broken rule."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    replies: int = 0
    open: int = 0
    faults: list[str] = field(default_factory=list)


def gap(divisor: int) -> int:
    """Cycles of silence that always end a frame."""
    return SILENT * BITS_OF_A_BYTE * divisor


def silence(divisor: int) -> int:
    """Cycles of silence after which the board drops a frame: a power of two, by
    `hw.cores.link.timeout`."""
    return 1 << gap(divisor).bit_length() - 1


@cache
def board(kept: str, divisor: int) -> Model:
    """Compile the board to try."""
    slots = KEPT[kept]
    info = replace(INFO, slots=slots.window)
    return waved(BoardLogic(
        Sums(SHAPE, CLASSES), info=info, divisor=divisor, gap=gap(divisor), slots=slots,
    ))  # fmt: skip


def trials(count: int, seed: int, divisor: int) -> list[Trial]:
    """Make ``count`` trials with all kinds of faults in turn; half are followed by a silence."""
    numbers = Random(f"line {seed}")
    listed: list[Trial] = []
    while len(listed) < count:
        turn, kind = divmod(len(listed), len(KINDS))
        first = EACH * len(listed) % 252
        tried = _trial(numbers, list(KINDS)[kind], first, turn % 2 == 0, divisor)
        _, times = decoded(tried.runs, divisor)
        # Not one whose outcome depends on a few cycles.
        unsure = range(silence(divisor), silence(divisor) + UNSURE)
        if not any(after - before in unsure for before, after in pairwise(times)):
            listed.append(tried)
    return listed


def _trial(numbers: Random, kind: str, first: int, quiet: bool, divisor: int) -> Trial:
    images = [numbers.randbytes(INFO.image_bytes) for _ in range(3)]
    asked = _asked(Kind.CLASSIFY, first, images[0])
    if not numbers.randrange(5):
        asked = _asked(Kind.INFO, first)
    truth = {first: images[0], first + 2: images[1], first + 4: images[2]}
    runs = [(1, numbers.randrange(divisor)), *KINDS[kind](numbers, asked, divisor)]
    if not quiet:
        after = _asked(Kind.INFO, first + 1) + _asked(Kind.CLASSIFY, first + 2, images[1])
        runs += encoded(after, divisor)
    runs.append((1, silence(divisor) + 2 * UNSURE + 10 * divisor))
    probes = _asked(Kind.INFO, first + 3) + _asked(Kind.CLASSIFY, first + 4, images[2])
    runs += encoded(probes, divisor)
    # Time for all answers.
    runs.append((1, 100 * 10 * divisor))
    return Trial(kind=kind, quiet=quiet, first=first, truth=truth, runs=runs)


def _asked(kind: Kind, sequence: int, payload: bytes = b"") -> bytes:
    return Frame(kind=kind, sequence=sequence, payload=payload).encode()


def answer(image: bytes) -> Answer:
    """The right answer to an image by the board's network."""
    return expected(image, CLASSES, SHAPE[0])


def judge(kept: str, divisor: int, tried: Sequence[Trial], report: Report) -> None:
    """Play trials on the board, and check its replies by docs/protocol.md and the host's rules."""
    slots = KEPT[kept]
    info = replace(INFO, slots=slots.window)
    runs = [run for trial in tried for run in trial.runs]
    heard, _ = decoded(session(board(kept, divisor), runs), divisor)
    parser = Parser()
    received = parser.feed(heard)
    if parser.broken or b"".join(frame.encode() for frame in received) != heard:
        report.faults.append(f"{kept}, divisor {divisor}: the board sent what is no frame")
    at = 0
    for trial in tried:
        at = _judge(trial, info, slots, divisor, received, at, report)
    if at != len(received):
        report.faults.append(f"{kept}, divisor {divisor}: {len(received) - at} replies too many")
    report.replies += len(received)


def _judge(
    trial: Trial, info: Info, slots: Slots, divisor: int, received: list[Frame], at: int,
    report: Report,
) -> int:
    """Check a trial, whose replies begin at index ``at``; returns the index of their end."""
    unit = BITS_OF_A_BYTE * divisor
    sent, times = decoded(trial.runs, divisor)

    def busy(number: int) -> bool:
        here = received[at + number : at + number + 1]
        replied = [(frame.kind, frame.payload) for frame in here]
        return replied == [(Kind.ERROR, bytes([Fault.BUSY]))]

    model = ReferenceBoard(
        info, answer, silence=(silence(divisor) + UNSURE / 2) / unit, kept=slots.count, busy=busy
    )
    wanted = replies(model, sent, [time / unit for time in times])
    got = received[at : at + len(wanted)]
    report.open += model.open
    after = "silence" if trial.quiet else "at once"
    here = f"{trial.kind}, {after}, {slots}, line {sent.hex()}"
    if got != wanted:
        report.faults.append(f"{here}: {got}, the page says {wanted}")
    right = {
        sequence: Frame(
            kind=Kind.CLASSIFY_REPLY, sequence=sequence,
            payload=answer(image).encode(info.score_bytes),
        )
        for sequence, image in trial.truth.items()
    }  # fmt: skip
    for frame in got:
        if frame.kind == Kind.CLASSIFY_REPLY and right.get(frame.sequence) != frame:
            report.faults.append(f"{here}: a wrong class, {frame}")
    probes = [
        Frame(kind=Kind.INFO_REPLY, sequence=trial.first + 3, payload=info.encode()),
        right[trial.first + 4],
    ]
    if got[-2:] != probes:
        report.faults.append(f"{here}: not in step after the silence, {got}")
    _count(trial, got[:-2], right, report.outcomes.setdefault(trial.kind, Outcome()))
    return at + len(wanted)


def _count(
    trial: Trial, got: Sequence[Frame], right: dict[int, Frame], outcome: Outcome
) -> None:
    outcome.trials += 1
    outcome.answered += any(
        frame.sequence == trial.first and frame.kind != Kind.ERROR for frame in got
    )
    outcome.silent += not got
    outcome.faults.update(
        Fault(frame.payload[0]).name for frame in got if frame.kind == Kind.ERROR
    )
    if not trial.quiet:
        outcome.at_once += 1
        outcome.lost += right[trial.first + 2] not in got
